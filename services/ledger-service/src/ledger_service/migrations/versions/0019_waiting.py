"""Since when clocks wait for a reporter's answer."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "ledger_complaint",
        sa.Column("waiting_since", sa.DateTime(timezone=True), nullable=True, comment="for the reporter's answer"),
    )


def downgrade() -> None:
    op.drop_column("ledger_complaint", "waiting_since")
