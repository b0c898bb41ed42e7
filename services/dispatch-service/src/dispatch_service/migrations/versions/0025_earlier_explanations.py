"""Why a case was with each unit before the present one."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0025"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "dispatch_case",
        sa.Column(
            "earlier_explanations",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default="[]",
            nullable=False,
            comment="those before, oldest first, with ended_at",
        ),
    )


def downgrade() -> None:
    op.drop_column("dispatch_case", "earlier_explanations")
