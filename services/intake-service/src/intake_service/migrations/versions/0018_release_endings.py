"""For which ending dispatch was asked to let go of a complaint, and what is said of it then."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0018"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "complaint",
        sa.Column("release_ending", sa.Text(), nullable=True, comment="what the release is for; null: withdrawn"),
    )
    op.add_column(
        "complaint",
        sa.Column(
            "release_data", postgresql.JSONB(), nullable=True, comment="what else its event says, and reporters read"
        ),
    )


def downgrade() -> None:
    op.drop_column("complaint", "release_data")
    op.drop_column("complaint", "release_ending")
