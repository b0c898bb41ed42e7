"""When personal data was erased from a complaint."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "complaint",
        sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True, comment="personal data; null: never"),
    )


def downgrade() -> None:
    op.drop_column("complaint", "erased_at")
