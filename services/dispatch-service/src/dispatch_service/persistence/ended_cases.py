"""What is left of cases whose complaints are withdrawn, rejected, merged, voided or closed by force."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from dispatch_service.domain.case import Case

_END = sa.text("""
    WITH ended AS (
        UPDATE dispatch_case AS c SET reinspection = NULL, rectify_until = NULL, responsible_team = NULL
        FROM unnest(CAST(:tenants AS text[]), CAST(:ids AS uuid[])) AS e (tenant, complaint_id)
        WHERE c.tenant = e.tenant AND c.complaint_id = e.complaint_id
        RETURNING c.tenant, c.complaint_id),
    taken_back AS (
        UPDATE case_transfer SET state = 'recalled', ended_at = :now
        FROM ended
        WHERE case_transfer.complaint_id = ended.complaint_id AND case_transfer.tenant = ended.tenant
              AND state = 'open')
    UPDATE case_request SET state = 'dropped', decided_at = :now
    FROM ended
    WHERE case_request.complaint_id = ended.complaint_id AND case_request.tenant = ended.tenant AND state = 'open'
""")


async def end(connection: AsyncConnection, cases: Sequence[Case], now: datetime) -> None:
    """Let nobody decide about locked cases any more, look at them again or answer for them, in one statement.

    Requests are dropped, and transfers recalled, by nobody: who has ended the complaint is not the unit's business.
    """
    values = {"tenants": [case.tenant for case in cases], "ids": [case.complaint_id for case in cases], "now": now}
    await connection.execute(_END, values)
