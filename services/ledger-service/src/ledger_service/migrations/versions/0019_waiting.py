"""Since when clocks wait for a reporter's answer, and wrong query codes."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "ledger_complaint",
        sa.Column("waiting_since", sa.DateTime(timezone=True), nullable=True, comment="for the reporter's answer"),
    )
    op.create_table(
        "wrong_code",
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False, comment="number or address"),
        sa.Column("key", sa.Text(), nullable=False, comment="a complaint's number, or the hash of an address"),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False, comment="the first of them"),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "kind", "key"),
        comment="wrong query codes of the last quarter of an hour",
    )


def downgrade() -> None:
    op.drop_table("wrong_code")
    op.drop_column("ledger_complaint", "waiting_since")
