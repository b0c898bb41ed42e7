"""Finds what is not settled: by one partial index over open complaints, among the supervision orders that nobody has
answered, and among what was found between services.

A reason costs a walk along the index as far as the page reaches: it depends on what is unsettled, not on what is there.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.lifecycle import ENDED
from ledger_service.domain.unsettled import BY_STATE, Reason
from ledger_service.persistence.orders import ORDER_WAITS
from ledger_service.persistence.unsettled_index import IS_OPEN, LACKS, SINCE

_FITS = """
    (CAST(:community AS text) IS NULL OR complaint.community = :community)
    AND (CAST(:grid AS text) IS NULL OR complaint.grid = :grid)
    AND (CAST(:team AS text) IS NULL OR complaint.team = :team)
    AND (CAST(:category AS text) IS NULL OR complaint.category = :category
         OR starts_with(complaint.category, :category || '.'))
"""
_STANDS = "waiting_since IS NOT NULL AND wanted.reason = 'overdue'"
"""Its clock waits for the reporter: no promised time is over meanwhile."""
_WANTED = "unnest(CAST(:reasons AS text[]), CAST(:befores AS timestamptz[])) AS wanted (reason, before)"
_ENDED = ", ".join(f"'{each}'" for each in sorted(ENDED))
_ORDERS = f"""
    SELECT min(deadline) AS since, complaint_id FROM supervision_order JOIN ledger_complaint AS complaint
           USING (tenant, complaint_id)
    WHERE tenant = {{tenant}} AND {ORDER_WAITS} AND deadline <= CAST(:order_before AS timestamptz)
      AND status NOT IN ({_ENDED}) AND {_FITS}
    GROUP BY complaint_id
"""
"""Complaints with orders whose deadlines are over, each since the first of these."""
_PAGE = sa.text(f"""
    WITH line AS (
        SELECT found.* FROM {_WANTED} CROSS JOIN LATERAL (
            SELECT ({SINCE}) AS since, complaint_id, wanted.reason AS mark, wanted.reason,
                   CAST(NULL AS text) AS service, CAST(NULL AS text) AS why, CAST(NULL AS uuid) AS event_id,
                   CAST(NULL AS int) AS events
            FROM ledger_complaint AS complaint
            WHERE tenant = :tenant AND {IS_OPEN} AND ({LACKS}) = wanted.reason AND ({SINCE}) <= wanted.before
              AND NOT ({_STANDS})
              AND ({SINCE}) >= :since
              AND (({SINCE}), complaint_id, wanted.reason) > (:since, CAST(:id AS uuid), CAST(:mark AS text))
              AND {_FITS}
            ORDER BY ({SINCE}), complaint_id LIMIT :size) AS found
        UNION ALL (
            SELECT since, complaint_id, '{Reason.ORDER_OVERDUE}', '{Reason.ORDER_OVERDUE}', NULL, NULL, NULL, NULL
            FROM ({_ORDERS.format(tenant=":tenant")}) AS missed
            WHERE (since, complaint_id, '{Reason.ORDER_OVERDUE}') > (:since, CAST(:id AS uuid), CAST(:mark AS text))
            ORDER BY since, complaint_id LIMIT :size)
        UNION ALL (
            SELECT since, complaint_id, concat_ws('/', reason, service, stated_by) AS mark, reason, service, why,
                   event_id, events
            FROM loose_end LEFT JOIN ledger_complaint AS complaint USING (tenant, complaint_id)
            WHERE tenant = :tenant AND reason = ANY(CAST(:elsewhere AS text[])) AND since >= :since
              AND (since, complaint_id, concat_ws('/', reason, service, stated_by))
                  > (:since, CAST(:id AS uuid), CAST(:mark AS text))
              AND {_FITS}
            ORDER BY since, complaint_id, mark LIMIT :size))
    SELECT line.*, number, status, received_at, promised_at, category, community, grid, team, team_name
    FROM line LEFT JOIN ledger_complaint AS complaint
         ON complaint.tenant = :tenant AND complaint.complaint_id = line.complaint_id
    ORDER BY line.since, line.complaint_id, mark LIMIT :size
""")
_COUNT = sa.text(f"""
    SELECT wanted.reason, CAST(sum(found.complaints) AS bigint) AS complaints, min(found.since) AS since
    FROM unnest(CAST(:tenants AS text[])) AS t (tenant) CROSS JOIN {_WANTED} CROSS JOIN LATERAL (
        SELECT count(*) AS complaints, min(({SINCE})) AS since FROM ledger_complaint AS complaint
        WHERE complaint.tenant = t.tenant AND {IS_OPEN} AND ({LACKS}) = wanted.reason AND ({SINCE}) <= wanted.before
          AND NOT ({_STANDS}) AND {_FITS}) AS found
    WHERE found.complaints > 0 GROUP BY wanted.reason
    UNION ALL
    SELECT '{Reason.ORDER_OVERDUE}', count(*), min(missed.since)
    FROM unnest(CAST(:tenants AS text[])) AS t (tenant)
         CROSS JOIN LATERAL ({_ORDERS.format(tenant="t.tenant")}) AS missed
    HAVING count(*) > 0
    UNION ALL
    SELECT reason, count(DISTINCT complaint_id) AS complaints, min(since) AS since
    FROM loose_end LEFT JOIN ledger_complaint AS complaint USING (tenant, complaint_id)
    WHERE tenant = ANY(CAST(:tenants AS text[])) AND {_FITS} GROUP BY reason
""")
_LOOSE_TENANTS = sa.text("SELECT DISTINCT tenant FROM loose_end")
Row = Mapping[str, Any]


@dataclass(frozen=True)
class UnsettledFilter:
    """What a list is narrowed down to; None for anything."""

    community: str | None = None
    grid: str | None = None
    team: str | None = None
    category: str | None = None
    """With all levels below it."""

    def parameters(self) -> dict[str, str | None]:
        """Return the parameters of the statements."""
        return {"community": self.community, "grid": self.grid, "team": self.team, "category": self.category}


class Mark(NamedTuple):
    """Where a page ended."""

    since: datetime
    complaint_id: UUID
    mark: str


START = Mark(datetime(1900, 1, 1, tzinfo=UTC), UUID(int=0), "")


async def page(
    connection: AsyncConnection,
    tenant: str,
    befores: Mapping[Reason, datetime],
    wanted: UnsettledFilter,
    *,
    reasons: Collection[Reason],
    after: Mark,
    size: int,
) -> Sequence[Row]:
    """Return up to `size` lines behind `after`: one for each complaint and reason, the longest unsettled first.

    Of the reasons that a complaint shows itself, those count that were there at or before the moment in `befores`.
    """
    by_state = [each for each in BY_STATE if each in reasons]
    parameters = {
        "tenant": tenant,
        "reasons": by_state,
        "befores": [befores[each] for each in by_state],
        "elsewhere": sorted(set(reasons) - set(befores)),
        "order_before": befores[Reason.ORDER_OVERDUE] if Reason.ORDER_OVERDUE in reasons else None,
        "since": after.since,
        "id": after.complaint_id,
        "mark": after.mark,
        "size": size,
        **wanted.parameters(),
    }
    return [dict(row) for row in (await connection.execute(_PAGE, parameters)).mappings()]


async def counts(
    connection: AsyncConnection, tenants: Collection[str], befores: Mapping[Reason, datetime], wanted: UnsettledFilter
) -> dict[Reason, tuple[int, datetime]]:
    """Return how many complaints are unsettled for each reason that there is, and since when the first of them is."""
    parameters = {
        "tenants": list(tenants),
        "reasons": BY_STATE,
        "befores": [befores[each] for each in BY_STATE],
        "order_before": befores[Reason.ORDER_OVERDUE],
        **wanted.parameters(),
    }
    rows = await connection.execute(_COUNT, parameters)
    return {Reason(row.reason): (row.complaints, row.since) for row in rows}


async def tenants_elsewhere(connection: AsyncConnection) -> set[str]:
    """Return the tenants of what was found between services: of some the ledger may have no entry yet."""
    return set((await connection.execute(_LOOSE_TENANTS)).scalars())
