"""Supervision orders that wait for an answer, for what is not settled.

Orders of before are not filled in: whether they were answered was published nowhere.
"""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "supervision_order",
        sa.Column("tenant", sa.Text, primary_key=True),
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("complaint_id", sa.Uuid, nullable=False),
        sa.Column("deadline", moment, nullable=False),
        sa.Column("settled_at", moment, comment="answered or withdrawn"),
    )
    waits = sa.text("settled_at IS NULL")
    op.create_index("supervision_order_waiting", "supervision_order", ["tenant", "deadline"], postgresql_where=waits)


def downgrade() -> None:
    op.drop_table("supervision_order")
