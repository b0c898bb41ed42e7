"""Note the others' last events of each case: with further rounds, its state alone does not tell what was followed."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_COLUMNS = {"ledger_sequence": "the last one followed", "intake_sequence": "the last one decided"}


def upgrade() -> None:
    for name, comment in _COLUMNS.items():
        op.add_column(
            "dispatch_case", sa.Column(name, sa.Integer(), server_default="0", nullable=False, comment=comment)
        )


def downgrade() -> None:
    for name in _COLUMNS:
        op.drop_column("dispatch_case", name)
