"""The index by which unsettled complaints are found: what an open complaint lacks, and since when.

The planner recognises the index only by the same expressions, so statements take them from here.
"""

import sqlalchemy as sa

IS_OPEN = "status IN ('received', 'assigned', 'accepted', 'in_progress', 'transferred', 'resolved', 'verified')"
LACKS = """(CASE status
    WHEN 'received' THEN 'no_unit' WHEN 'resolved' THEN 'unverified' WHEN 'verified' THEN 'gate_waiting'
    ELSE CASE WHEN promised_at IS NOT NULL THEN 'overdue' WHEN facts_version = version THEN 'no_promise' END
    END)"""
"""As `domain.unsettled.reason_of`. What a release that knew no promised times has entered says nothing about them."""
SINCE = """(CASE status
    WHEN 'received' THEN updated_at WHEN 'resolved' THEN coalesce(resolved_at, updated_at)
    WHEN 'verified' THEN coalesce(verified_at, updated_at) ELSE coalesce(promised_at, updated_at)
    END)"""
"""The promised time, where there is one to keep; or else when it came there."""


def add_unsettled_index(complaint: sa.Table) -> None:
    """Add the index to the table of complaints."""
    columns = complaint.c
    sa.Index(
        "ledger_complaint_unsettled",
        columns.tenant,
        sa.text(LACKS),
        sa.text(SINCE),
        columns.complaint_id,
        postgresql_where=sa.text(IS_OPEN),
    )
