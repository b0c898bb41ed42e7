"""What is not settled: an index over open complaints, and the accounts of the other services."""

import sqlalchemy as sa
from alembic import op

from runtime.online_indexes import create_index_online, drop_index_online

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

OPEN = "status IN ('received', 'assigned', 'accepted', 'in_progress', 'transferred', 'resolved', 'verified')"
LACKS = """CASE
    WHEN status = 'received' THEN 'no_unit'
    WHEN status = 'resolved' THEN 'unverified'
    WHEN status = 'verified' THEN 'gate_waiting'
    WHEN promised_at IS NOT NULL THEN 'overdue'
    WHEN facts_version = version THEN 'no_promise'
    ELSE NULL
END"""
SINCE = """CASE
    WHEN status = 'received' THEN updated_at
    WHEN status = 'resolved' THEN COALESCE(resolved_at, updated_at)
    WHEN status = 'verified' THEN COALESCE(verified_at, updated_at)
    ELSE COALESCE(promised_at, updated_at)
END"""


def _moment(name: str, *, nullable: bool = False, comment: str | None = None) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable, comment=comment)


def _count(name: str, *, comment: str | None = None) -> sa.Column[object]:
    return sa.Column(name, sa.BigInteger(), nullable=False, comment=comment)


def upgrade() -> None:
    op.create_table(
        "reconciliation",
        sa.Column("id", sa.Uuid(), nullable=False),
        _moment("asked_at"),
        sa.Column("asked_by", sa.Text(), nullable=True, comment="subject of whoever asked; null for the hourly ones"),
        _moment("until"),
        sa.Column("hours", sa.ARRAY(sa.DateTime(timezone=True)), nullable=False),
        _count("entered", comment="entries of the ledger in these hours"),
        sa.PrimaryKeyConstraint("id"),
        if_not_exists=True,
    )
    op.create_table(
        "reconciliation_statement",
        sa.Column("reconciliation", sa.Uuid(), nullable=False),
        sa.Column("service", sa.Text(), nullable=False),
        _moment("stated_at"),
        _count("published"),
        _count("applied"),
        sa.Column("hours_differing", sa.Integer(), nullable=False),
        sa.Column("hours_unlisted", sa.Integer(), nullable=False, comment="of which the statement could not list all"),
        sa.Column("stuck", sa.Integer(), nullable=False, comment="complaints that were found so"),
        _count("parked_messages"),
        sa.ForeignKeyConstraint(["reconciliation"], ["reconciliation.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("reconciliation", "service"),
        if_not_exists=True,
    )
    op.create_table(
        "loose_end",
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("complaint_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("service", sa.Text(), nullable=False, comment="where it lies or is missing"),
        sa.Column("stated_by", sa.Text(), nullable=False, comment="whose accounts showed it"),
        _moment("since", comment="when the first was parked, or made"),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=True, comment="the first"),
        sa.Column("events", sa.Integer(), nullable=False),
        sa.CheckConstraint("reason IN ('parked', 'stuck')", name="loose_end_reason"),
        sa.PrimaryKeyConstraint("tenant", "complaint_id", "reason", "service", "stated_by", "since", "why"),
        if_not_exists=True,
    )
    op.create_index("loose_end_by_time", "loose_end", ["tenant", "since", "complaint_id"], if_not_exists=True)
    create_index_online(
        "ledger_complaint_unsettled",
        "ledger_complaint",
        ["tenant", sa.text(f"({LACKS})"), sa.text(f"({SINCE})"), "complaint_id"],
        postgresql_where=sa.text(OPEN),
    )


def downgrade() -> None:
    drop_index_online("ledger_complaint_unsettled", "ledger_complaint")
    for table in ("loose_end", "reconciliation_statement", "reconciliation"):
        op.drop_table(table)
