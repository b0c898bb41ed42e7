"""What has moved the clocks of cases in their present rounds, read from what was decided and asked."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from dispatch_service.domain.case import Case
from dispatch_service.domain.clock_moves import Extension, Move, Pause

_OF_THE_ROUND = "(case_request.round = wanted.round OR case_request.round IS NULL AND decided_at >= begun_at)"
_READ = sa.text(f"""
    WITH wanted AS (
        SELECT c.complaint_id, c.tenant, c.round, c.begun_at, c.suspended_at, c.waiting_since
        FROM dispatch_case AS c JOIN unnest(CAST(:tenants AS text[]), CAST(:ids AS uuid[])) AS w (tenant, complaint_id)
             USING (tenant, complaint_id))
    SELECT complaint_id, kind, decided_at AS since, until, suspended_at
    FROM case_request JOIN wanted USING (tenant, complaint_id)
    WHERE state = 'approved' AND kind IN ('extension', 'suspension', 'resumption')
      AND (lapsed_at IS NULL OR kind = 'suspension') AND {_OF_THE_ROUND}
    UNION ALL
    SELECT complaint_id, 'resumption', lapsed_at, NULL, suspended_at
    FROM case_request JOIN wanted USING (tenant, complaint_id)
    WHERE state = 'approved' AND kind = 'suspension' AND lapsed_at IS NOT NULL AND {_OF_THE_ROUND}
    UNION ALL
    SELECT complaint_id, 'wait', waited_from, coalesce(waited_until, waiting_since), suspended_at
    FROM case_question JOIN wanted USING (tenant, complaint_id)
    WHERE case_question.round = wanted.round AND coalesce(waited_until, waiting_since) > waited_from
    ORDER BY since
""")


async def of(connection: AsyncConnection, cases: Iterable[Case]) -> dict[UUID, list[Move]]:
    """Return the moves of locked cases that have any, in one statement.

    A pause that goes on is none yet, with the wait that it has taken the place of: the clock stands since then. Of a
    wait in which more time was agreed, what was before is one.
    """
    keys = [(case.tenant, case.complaint_id) for case in cases]
    values = {"tenants": [tenant for tenant, _ in keys], "ids": [complaint_id for _, complaint_id in keys]}
    rows: dict[UUID, list[Any]] = defaultdict(list)
    for row in await connection.execute(_READ, values):
        rows[row.complaint_id].append(row)
    return {complaint_id: _moves(its) for complaint_id, its in rows.items()}


def _moves(rows: Sequence[Any]) -> list[Move]:
    suspended, resumed = ([row.since for row in rows if row.kind == kind] for kind in ("suspension", "resumption"))
    pauses = [Pause(begin, end) for begin, end in zip(suspended, resumed, strict=False)]  # the last one may go on
    pauses += [Pause(row.since, row.until) for row in rows if row.kind == "wait"]
    stands_since: datetime | None = rows[0].suspended_at
    if stands_since is not None:
        pauses = [Pause(each.begin, min(each.end, stands_since)) for each in pauses if each.begin < stands_since]
    extensions = [Extension(row.since, row.until) for row in rows if row.kind == "extension"]
    return [*pauses, *extensions]
