"""Classified ledgers: their definitions, exports, and the lines of a period in their order."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from runtime.online_indexes import create_index_online, drop_index_online

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_ORDERS = ("resolved_at", "closed_at")


def upgrade() -> None:
    op.create_table(
        "named_ledger",
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False, autoincrement=False, comment="from 1"),
        sa.Column("content", postgresql.JSONB(), nullable=True, comment="null where it was taken away"),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "name", "version"),
        if_not_exists=True,
    )
    op.create_table(
        "export",
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column(
            "request", postgresql.JSONB(), nullable=False, comment="what was asked for, with the definition as it was"
        ),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("lines_done", sa.BigInteger(), nullable=False, server_default="0"),
        sa.Column("lines_about", sa.BigInteger(), nullable=True, comment="how many there are, or were expected"),
        sa.Column("bytes", sa.BigInteger(), nullable=True),
        sa.Column("failure", sa.Text(), nullable=True, comment="a code"),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "expires_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="when the file goes, and what is left of the row later",
        ),
        sa.Column("fetches", sa.Integer(), nullable=False, server_default="0"),
        sa.PrimaryKeyConstraint("tenant", "id"),
        if_not_exists=True,
    )
    op.create_index("export_by_asker", "export", ["tenant", "asked_by", "id"], if_not_exists=True)
    op.create_index(
        "export_open",
        "export",
        ["tenant", "id"],
        postgresql_where=sa.text("state IN ('waiting', 'working')"),
        if_not_exists=True,
    )
    for column in _ORDERS:
        create_index_online(
            f"ledger_complaint_by_{column}",
            "ledger_complaint",
            ["tenant", column, "complaint_id"],
            postgresql_where=sa.text(f"{column} IS NOT NULL"),
        )


def downgrade() -> None:
    for column in _ORDERS:
        drop_index_online(f"ledger_complaint_by_{column}", "ledger_complaint")
    op.drop_table("export")
    op.drop_table("named_ledger")
