"""Closing rules, follow-up tasks, and what a complaint has of its closing."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from runtime.online_indexes import create_index_online, drop_index_online

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

LIVE = "state IN ('open', 'supervisor')"


def _moment(name: str, *, nullable: bool = False, comment: str | None = None) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable, comment=comment)


def upgrade() -> None:
    op.create_table(
        "closing_rules",
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False, autoincrement=False, comment="from 1 without gaps"),
        sa.Column(
            "content", postgresql.JSONB(), nullable=False, comment="a list of rules, the first that fits decides"
        ),
        _moment("in_force_from"),
        _moment("changed_at"),
        sa.Column("changed_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "version"),
        if_not_exists=True,
    )
    op.create_table(
        "follow_up",
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False, comment="made from the event that asks for it"),
        sa.Column("complaint_id", sa.Uuid(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False, server_default="open"),
        sa.Column("version", sa.Integer(), nullable=False, server_default="1", comment="counts its changes"),
        _moment("created_at"),
        _moment("due_at"),
        sa.Column("attempts", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("most_attempts", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=True, comment="of the newest call"),
        _moment("next_at", nullable=True, comment="when to try again"),
        sa.Column("claimed_by", sa.Text(), nullable=True, comment="subject of whoever is at it"),
        _moment("claimed_until", nullable=True),
        sa.Column("asked_by", sa.Text(), nullable=True, comment="subject of whoever wants it; null: a rule"),
        sa.Column("note", sa.Text(), nullable=True, comment="what it is about, where somebody wants it"),
        _moment("done_at", nullable=True),
        sa.Column("decision", sa.Text(), nullable=True, comment="of a supervisor"),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("tenant", "id"),
        sa.CheckConstraint(f"(done_at IS NULL) = ({LIVE})", name="follow_up_done"),
        if_not_exists=True,
    )
    op.create_index(
        "follow_up_queue",
        "follow_up",
        ["tenant", "due_at", "id"],
        postgresql_where=sa.text(LIVE),
        if_not_exists=True,
    )
    op.create_index("follow_up_by_complaint", "follow_up", ["tenant", "complaint_id", "id"], if_not_exists=True)
    op.add_column(
        "ledger_complaint",
        sa.Column(
            "closing_version",
            sa.Integer(),
            nullable=False,
            server_default="0",
            comment="of the closing rules that its round goes by; 0: of those that are shipped",
        ),
        if_not_exists=True,
    )
    op.add_column(
        "ledger_complaint",
        sa.Column(
            "query_code_digest", sa.Text(), nullable=True, comment="SHA-256 of complaint and query code, hexadecimal"
        ),
        if_not_exists=True,
    )
    create_index_online(
        "ledger_complaint_by_number",
        "ledger_complaint",
        ["tenant", "number"],
        postgresql_where=sa.text("query_code_digest IS NOT NULL"),
    )


def downgrade() -> None:
    drop_index_online("ledger_complaint_by_number", "ledger_complaint")
    op.drop_column("ledger_complaint", "query_code_digest")
    op.drop_column("ledger_complaint", "closing_version")
    op.drop_table("follow_up")
    op.drop_table("closing_rules")
