"""Cases are marked whose work names photos that intake does not have."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

from runtime.online_indexes import create_index_online, drop_index_online

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None

_TABLE, _NAME, _COLUMN = "dispatch_case", "dispatch_case_unknown_photos", "unknown_photos"


def upgrade() -> None:
    comment = "that the work names and intake does not have"
    column = sa.Column(_COLUMN, ARRAY(sa.Uuid), nullable=False, server_default="{}", comment=comment)
    op.add_column(_TABLE, column, if_not_exists=True)
    is_marked = sa.text("unknown_photos <> '{}'")
    create_index_online(_NAME, _TABLE, ["tenant", "complaint_id"], postgresql_where=is_marked)


def downgrade() -> None:
    drop_index_online(_NAME, _TABLE)
    op.drop_column(_TABLE, _COLUMN)
