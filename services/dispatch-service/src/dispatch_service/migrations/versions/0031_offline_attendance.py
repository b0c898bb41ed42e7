"""Clockings that devices send late: actions that are about no case."""

from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.alter_column("offline_action", "complaint_id", nullable=True, comment="null: about no case")


def downgrade() -> None:
    op.execute("DELETE FROM offline_action WHERE complaint_id IS NULL")
    op.alter_column("offline_action", "complaint_id", nullable=False, comment=None)
