"""What a reporter wants, whether only supervisors see who it is, and what the source adds."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0010"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("complaint", sa.Column("kind", sa.Text(), server_default="complaint", nullable=False))
    op.add_column(
        "complaint",
        sa.Column(
            "confidential",
            sa.Boolean(),
            server_default=sa.false(),
            nullable=False,
            comment="who reported it: supervisors only",
        ),
    )
    op.add_column(
        "complaint",
        sa.Column(
            "origin",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=True,
            comment="what its source adds: station, device, order",
        ),
    )


def downgrade() -> None:
    op.drop_column("complaint", "origin")
    op.drop_column("complaint", "confidential")
    op.drop_column("complaint", "kind")
