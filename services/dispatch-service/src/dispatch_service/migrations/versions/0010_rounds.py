"""Note the ledger's last event of each case: with further rounds, its state alone does not tell what was followed."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    column = sa.Column(
        "ledger_sequence", sa.Integer(), server_default="0", nullable=False, comment="the last one followed"
    )
    op.add_column("dispatch_case", column)


def downgrade() -> None:
    op.drop_column("dispatch_case", "ledger_sequence")
