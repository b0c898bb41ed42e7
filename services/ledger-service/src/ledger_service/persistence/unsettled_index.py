"""The index by which unsettled complaints are found: what an open complaint lacks, and since when.

The planner recognises the index only by the same expressions, so statements take them from here. They are laid out as
PostgreSQL shows them, so that migrations can be compared with them.
"""

import sqlalchemy as sa

IS_OPEN = "status IN ('received', 'assigned', 'accepted', 'in_progress', 'transferred', 'resolved', 'verified')"
LACKS = """CASE
    WHEN status = 'received' THEN 'no_unit'
    WHEN status = 'resolved' THEN 'unverified'
    WHEN status = 'verified' THEN 'gate_waiting'
    WHEN promised_at IS NOT NULL THEN 'overdue'
    WHEN facts_version = version THEN 'no_promise'
    ELSE NULL
END"""
"""As `domain.unsettled.reason_of`. What a release that knew no promised times has entered says nothing about them."""
SINCE = """CASE
    WHEN status = 'received' THEN COALESCE(lacking_since, updated_at)
    WHEN status = 'resolved' THEN COALESCE(lacking_since, updated_at)
    WHEN status = 'verified' THEN COALESCE(lacking_since, updated_at)
    ELSE COALESCE(promised_at, lacking_since, updated_at)
END"""
"""The promised time, where there is one to keep; or else when the ledger entered what took its place from it."""


def add_unsettled_index(complaint: sa.Table) -> None:
    """Add the index to the table of complaints."""
    columns = complaint.c
    sa.Index(
        "ledger_complaint_lacking",
        columns.tenant,
        sa.text(f"(\n{LACKS})"),
        sa.text(f"(\n{SINCE})"),
        columns.complaint_id,
        postgresql_where=sa.text(IS_OPEN),
    )
