"""Closing rules know the gates that intake's categories say."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    gates = sa.Column("gates", sa.ARRAY(sa.Text), comment="that closings of a category need; null: it does not say")
    op.add_column("directory", gates)
    said = sa.Column("gates", JSONB(), comment="what categories said then, by code; null: nothing")
    op.add_column("closing_rules", said)


def downgrade() -> None:
    op.drop_column("closing_rules", "gates")
    op.drop_column("directory", "gates")
