"""By when a superior has ordered a case to be resolved."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "dispatch_case",
        sa.Column("order_deadline", sa.DateTime(timezone=True), nullable=True, comment="of a superior's order"),
    )


def downgrade() -> None:
    op.drop_column("dispatch_case", "order_deadline")
