"""When personal data was erased from a case."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "dispatch_case",
        sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True, comment="personal data; null: never"),
    )


def downgrade() -> None:
    op.drop_column("dispatch_case", "erased_at")
