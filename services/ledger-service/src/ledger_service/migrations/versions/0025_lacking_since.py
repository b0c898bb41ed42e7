"""Since when a complaint lacks what it lacks, and the index of what is not settled by it.

Rows that are there have no moment until something is entered of them: the last change stands in. Replicas of the
release before find what is unsettled by looking at all open complaints meanwhile.
"""

import sqlalchemy as sa
from alembic import op

from runtime.online_indexes import create_index_online, drop_index_online

revision = "0025"
down_revision = "0024"
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
    WHEN status = 'received' THEN COALESCE(lacking_since, updated_at)
    WHEN status = 'resolved' THEN COALESCE(lacking_since, updated_at)
    WHEN status = 'verified' THEN COALESCE(lacking_since, updated_at)
    ELSE COALESCE(promised_at, lacking_since, updated_at)
END"""
SINCE_BEFORE = """CASE
    WHEN status = 'received' THEN updated_at
    WHEN status = 'resolved' THEN COALESCE(resolved_at, updated_at)
    WHEN status = 'verified' THEN COALESCE(verified_at, updated_at)
    ELSE COALESCE(promised_at, updated_at)
END"""


def _index(name: str, since: str) -> None:
    columns = ["tenant", sa.text(f"({LACKS})"), sa.text(f"({since})"), "complaint_id"]
    create_index_online(name, "ledger_complaint", columns, postgresql_where=sa.text(OPEN))


def upgrade() -> None:
    op.add_column(
        "ledger_complaint",
        sa.Column(
            "lacking_since",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="when the ledger entered what it lacks, or lacks no more; null: older than the column",
        ),
        if_not_exists=True,
    )
    op.alter_column("ledger_complaint", "lacking_since", server_default=sa.func.clock_timestamp())
    _index("ledger_complaint_lacking", SINCE)
    drop_index_online("ledger_complaint_unsettled", "ledger_complaint")


def downgrade() -> None:
    _index("ledger_complaint_unsettled", SINCE_BEFORE)
    drop_index_online("ledger_complaint_lacking", "ledger_complaint")
    op.drop_column("ledger_complaint", "lacking_since")
