"""What was suggested for complaints that came without a category."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("complaint", sa.Column("suggested_category", sa.Text(), nullable=True))
    op.add_column(
        "complaint",
        sa.Column("suggested_confidence", sa.Double(), nullable=True, comment="0 to 1, as the model had it"),
    )


def downgrade() -> None:
    op.drop_column("complaint", "suggested_confidence")
    op.drop_column("complaint", "suggested_category")
