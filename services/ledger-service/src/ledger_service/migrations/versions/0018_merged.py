"""Merged complaints are counted."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("statistics_cell", sa.Column("merged", sa.Integer(), nullable=False, server_default="0"))


def downgrade() -> None:
    op.drop_column("statistics_cell", "merged")
