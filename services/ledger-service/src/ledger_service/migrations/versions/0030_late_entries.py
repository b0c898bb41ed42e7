"""An index of the entries that were recorded long after what they tell of, for lists by when it happened."""

import sqlalchemy as sa

from runtime.online_indexes import create_index_online, drop_index_online

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

IS_LATE = "recorded_at - occurred_at > INTERVAL '1 day'"


def upgrade() -> None:
    create_index_online("entry_late", "entry", ["tenant", "position"], postgresql_where=sa.text(IS_LATE))


def downgrade() -> None:
    drop_index_online("entry_late", "entry")
