"""Open cases whose clocks do not go by the present settings, or by the present round."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from dispatch_service.domain.case import Case
from dispatch_service.domain.clocks import Clock
from dispatch_service.persistence.case_clocks import CLOCK_COLUMNS, CaseClock, clock_of, columns_of
from dispatch_service.persistence.clock_tables import AT_WORK, WITH_A_CLOCK
from dispatch_service.persistence.stage_columns import STAGES_GIVEN, STAGES_NAMED, STAGES_SET
from dispatch_service.persistence.timed_cases import CASE_COLUMNS, case_of

_TENANTS = sa.text(f"""
    WITH RECURSIVE known AS (
        SELECT min(tenant) AS tenant FROM dispatch_case WHERE {WITH_A_CLOCK}
        UNION ALL
        SELECT (SELECT min(tenant) FROM dispatch_case WHERE tenant > known.tenant AND {WITH_A_CLOCK})
        FROM known WHERE known.tenant IS NOT NULL)
    SELECT tenant FROM known WHERE tenant IS NOT NULL
""")
_LOCK = sa.text(f"""
    SELECT {CASE_COLUMNS}, clock_round, {CLOCK_COLUMNS} FROM dispatch_case
    WHERE complaint_id IN (
        SELECT complaint_id FROM dispatch_case WHERE clock_round < round AND {AT_WORK}
        UNION
        SELECT old.complaint_id
        FROM unnest(CAST(:tenants AS text[]), CAST(:versions AS bigint[])) AS present (tenant, version)
        CROSS JOIN LATERAL (
            SELECT complaint_id FROM dispatch_case
            WHERE tenant = present.tenant AND clock_version < present.version AND {WITH_A_CLOCK}
            LIMIT :size) AS old)
      AND tenant = ANY(CAST(:tenants AS text[])) AND {WITH_A_CLOCK}
    ORDER BY complaint_id LIMIT :size FOR UPDATE SKIP LOCKED
""")
_SAVE = sa.text(f"""
    UPDATE dispatch_case AS c
    SET sequence = f.sequence, clock_version = f.clock_version, clock_round = c.round, begun_at = f.begun_at,
        clock_unit = f.clock_unit, clock_budget = f.clock_budget, {STAGES_SET},
        updated_at = CASE WHEN (c.accept_by, c.on_site_by, c.promised_at)
                               IS DISTINCT FROM (f.accept_by, f.on_site_by, f.promised_at)
                          THEN greatest(c.updated_at, statement_timestamp()) ELSE c.updated_at END,
        extensions = CASE WHEN f.is_new_round THEN 0 ELSE c.extensions END,
        suspensions = CASE WHEN f.is_new_round THEN 0 ELSE c.suspensions END,
        waits = CASE WHEN f.is_new_round THEN 0 ELSE c.waits END
    FROM unnest(
        CAST(:ids AS uuid[]), CAST(:sequences AS int[]), CAST(:clock_version AS bigint[]),
        CAST(:is_new_round AS bool[]), CAST(:begun_at AS timestamptz[]), CAST(:clock_unit AS text[]),
        CAST(:clock_budget AS interval[]), {STAGES_GIVEN}
    ) AS f (complaint_id, sequence, clock_version, is_new_round, begun_at, clock_unit, clock_budget, {STAGES_NAMED})
    WHERE c.complaint_id = f.complaint_id
""")


@dataclass(frozen=True, slots=True)
class StaleClock:
    """A case whose clock is to be renewed."""

    case: Case
    assigned_at: datetime
    is_new_round: bool
    """Whether it came back, rather than that its clock was never started or goes by old settings."""
    known: CaseClock


@dataclass(frozen=True, slots=True)
class Renewed:
    """The clock that a case gets."""

    stale: StaleClock
    version: int
    clock: Clock
    begun_at: datetime
    is_new_round: bool

    @property
    def promised_before(self) -> datetime | None:
        """The promised time of the clock that it replaces."""
        former = self.stale.known.clock
        return None if former is None else former.promised_at


async def tenants(connection: AsyncConnection) -> Sequence[str]:
    """Return the tenants that have open cases, by one look into an index for each."""
    return list((await connection.execute(_TENANTS)).scalars())


async def lock(connection: AsyncConnection, versions: Mapping[str, int], *, size: int) -> Sequence[StaleClock]:
    """Return up to `size` cases of the tenants of `versions` that go by an older one, locked; those that others hold
    are left to them.
    """
    values = {"tenants": list(versions), "versions": list(versions.values()), "size": size}
    return [
        StaleClock(
            case_of(row._mapping),
            row.assigned_at,
            is_new_round=row.clock_round < row.round and row.round > 1,
            known=clock_of(row._mapping),
        )
        for row in await connection.execute(_LOCK, values)
    ]


async def save(connection: AsyncConnection, renewed: Sequence[Renewed]) -> None:
    """Write the clocks of locked cases in one statement; what shows other times than before has changed for readers."""
    clocks = [columns_of(each.clock) for each in renewed]
    values = {name: [clock[name] for clock in clocks] for name in clocks[0]}
    await connection.execute(
        _SAVE,
        {
            **values,
            "ids": [each.stale.case.complaint_id for each in renewed],
            "sequences": [each.stale.case.sequence for each in renewed],
            "clock_version": [each.version for each in renewed],
            "begun_at": [each.begun_at for each in renewed],
            "is_new_round": [each.is_new_round for each in renewed],
        },
    )
