"""Merged complaints are counted in the roll-ups of one thing or two as well."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("statistics_figure", sa.Column("merged", sa.Integer(), nullable=True, comment="null for 0"))


def downgrade() -> None:
    op.drop_column("statistics_figure", "merged")
