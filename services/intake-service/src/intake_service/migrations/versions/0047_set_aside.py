"""What was set aside in the outbox is counted without reading all of it."""

import sqlalchemy as sa

from runtime.online_indexes import create_index_online, drop_index_online

revision = "0047"
down_revision = "0046"
branch_labels = None
depends_on = None


def upgrade() -> None:
    create_index_online("outbox_set_aside", "outbox", ["position"], postgresql_where=sa.text("error IS NOT NULL"))


def downgrade() -> None:
    drop_index_online("outbox_set_aside", "outbox")
