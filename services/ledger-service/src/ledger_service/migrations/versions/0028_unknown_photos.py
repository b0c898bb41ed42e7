"""Complaints show which photos that were named in the work on them are not there, and wait for them."""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    comment = "that events name and intake does not have"
    column = sa.Column("unknown_photos", sa.ARRAY(sa.Uuid), nullable=False, server_default="{}", comment=comment)
    op.add_column("ledger_complaint", column, if_not_exists=True)
    comment = "event that asked for a result's photos, until it is answered"
    op.add_column("ledger_complaint", sa.Column("photos_asked", sa.Uuid, comment=comment), if_not_exists=True)


def downgrade() -> None:
    op.drop_column("ledger_complaint", "photos_asked")
    op.drop_column("ledger_complaint", "unknown_photos")
