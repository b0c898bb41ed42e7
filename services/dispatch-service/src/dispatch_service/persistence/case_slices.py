"""Cases by the hundred: a constant number of statements for a slice of events, whatever its size."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.lifecycle import Status
from dispatch_service.domain.case import Case
from dispatch_service.persistence.stage_columns import TIMES
from eventbus.driver import Statement

CaseKey = tuple[str, UUID]
"""Tenant and complaint id."""

_TIMES = ", ".join(TIMES)
_INSERT = Statement(f"""
    WITH opened AS (
        INSERT INTO dispatch_case (
            complaint_id, number, category, source, proactive, description, lon, lat, address, occurred_at, received_at,
            attributes, category_confidence, order_deadline,
            tenant, team, grid, grid_version, community, explanation, assignee, expected_from, grade,
            clock_version, clock_unit, clock_budget, {_TIMES},
            timer_at, accept_timer_at, on_site_timer_at,
            status, round, clock_round, version, sequence, intake_heard, intake_uncounted, assigned_at, begun_at,
            updated_at)
        SELECT incoming.complaint_id, number, category, source, proactive, description, lon, lat, address, occurred_at,
               received_at, attributes, category_confidence, order_deadline,
               tenant, team, grid, grid_version, community, explanation || choice, assignee, expected_from, grade,
               clock_version, clock_unit, clock_budget, {_TIMES},
               warn_at, accept_warn_at, on_site_warn_at,
               'assigned', 1, 1, 1, 1, 1, 0, CAST(:now AS timestamptz), CAST(:now AS timestamptz),
               CAST(:now AS timestamptz)
        FROM unnest(
                CAST(:complaint_id AS uuid[]), CAST(:placement AS int[]), CAST(:assignee AS text[]),
                CAST(:choice AS jsonb[]), CAST(:number AS text[]), CAST(:category AS text[]),
                CAST(:source AS text[]), CAST(:proactive AS bool[]), CAST(:description AS text[]),
                CAST(:lon AS float8[]), CAST(:lat AS float8[]), CAST(:address AS text[]),
                CAST(:occurred_at AS timestamptz[]), CAST(:received_at AS timestamptz[]),
                CAST(:attributes AS jsonb[]), CAST(:category_confidence AS float8[]),
                CAST(:order_deadline AS timestamptz[]))
            AS incoming (complaint_id, place, assignee, choice, number, category, source, proactive, description, lon,
                         lat, address, occurred_at, received_at, attributes, category_confidence, order_deadline)
        JOIN unnest(
                CAST(:tenant AS text[]), CAST(:team AS text[]), CAST(:grid AS text[]), CAST(:grid_version AS int[]),
                CAST(:community AS text[]), CAST(:explanation AS jsonb[]),
                CAST(:expected_from AS timestamptz[]), CAST(:grade AS text[]),
                CAST(:clock_version AS bigint[]), CAST(:clock_unit AS text[]), CAST(:clock_budget AS interval[]),
                {", ".join(f"CAST(:{name} AS timestamptz[])" for name in TIMES)})
            WITH ORDINALITY AS placement (
                tenant, team, grid, grid_version, community, explanation, expected_from, grade,
                clock_version, clock_unit, clock_budget, {_TIMES}, place)
            USING (place)
        ON CONFLICT (complaint_id) DO NOTHING
        RETURNING complaint_id)
    SELECT id FROM unnest(CAST(:complaint_id AS uuid[])) AS id WHERE id NOT IN (SELECT complaint_id FROM opened)
""")
_LOCK = sa.text("""
    SELECT complaint_id, tenant, status, version, sequence, round, team, grid, community, received_at, ledger_sequence,
           greatest(intake_sequence, intake_heard) AS intake_sequence, intake_uncounted, waiting_since
    FROM dispatch_case JOIN unnest(CAST(:tenants AS text[]), CAST(:ids AS uuid[])) AS wanted (tenant, complaint_id)
         USING (tenant, complaint_id)
    ORDER BY complaint_id FOR UPDATE OF dispatch_case
""")
_SUPPORT = Statement("""
    INSERT INTO case_support (complaint_id, team, tenant, "by", at)
    SELECT complaint_id, team, tenant, named_by, CAST(:now AS timestamptz)
    FROM unnest(CAST(:complaint_id AS uuid[]), CAST(:team AS text[]), CAST(:tenant AS text[]),
                CAST(:named_by AS text[])) AS named (complaint_id, team, tenant, named_by)
    ON CONFLICT DO NOTHING
""")
_SAVE = sa.text("""
    UPDATE dispatch_case
    SET status = saved.status, version = saved.version, sequence = saved.sequence, round = saved.round,
        ledger_sequence = saved.ledger_sequence, intake_heard = saved.intake_heard,
        intake_uncounted = saved.intake_uncounted, updated_at = :now
    FROM unnest(CAST(:tenants AS text[]), CAST(:ids AS uuid[]), CAST(:statuses AS text[]), CAST(:versions AS int[]),
                CAST(:sequences AS int[]), CAST(:rounds AS int[]), CAST(:ledger_sequences AS int[]),
                CAST(:intake_heard AS int[]), CAST(:intake_uncounted AS int[]))
        AS saved (tenant, complaint_id, status, version, sequence, round, ledger_sequence, intake_heard,
                  intake_uncounted)
    WHERE dispatch_case.complaint_id = saved.complaint_id AND dispatch_case.tenant = saved.tenant
""")
_COUNT_NO_FURTHER = sa.text("""
    UPDATE dispatch_case SET intake_uncounted = NULL WHERE tenant = :tenant AND complaint_id = :id
        AND EXISTS (SELECT FROM parked_message WHERE state = 'discarded' AND key = :key)
    RETURNING complaint_id
""")


@dataclass(frozen=True, slots=True)
class Placements:
    """The few different answers to "who gets it, and by when" of a slice, column by column."""

    tenant: list[str]
    team: list[str]
    grid: list[str | None]
    grid_version: list[int | None]
    community: list[str | None]
    explanation: list[str]
    """JSON, an object."""
    expected_from: list[datetime | None]
    grade: list[str]
    clock_version: list[int]
    clock_unit: list[str]
    clock_budget: list[timedelta]
    accept_warn_at: list[datetime | None]
    accept_by: list[datetime]
    accept_twice_at: list[datetime | None]
    on_site_warn_at: list[datetime | None]
    on_site_by: list[datetime]
    on_site_twice_at: list[datetime | None]
    warn_at: list[datetime | None]
    promised_at: list[datetime]
    twice_at: list[datetime | None]


@dataclass(frozen=True, slots=True)
class NewCases:
    """Rows to insert, column by column; `placement` counts the placements from 1."""

    complaint_id: list[UUID]
    placement: list[int]
    assignee: list[str | None]
    choice: list[str]
    """JSON, an object: what is told beside the explanation of the placement."""
    number: list[str]
    category: list[str | None]
    source: list[str]
    proactive: list[bool]
    description: list[str]
    lon: list[float | None]
    lat: list[float | None]
    address: list[str | None]
    occurred_at: list[datetime | None]
    received_at: list[datetime]
    attributes: list[str | None]
    """JSON; None where there are none."""
    category_confidence: list[float | None]
    order_deadline: list[datetime | None]


class Support(NamedTuple):
    """A team that helps with a case, and who has named it."""

    complaint_id: UUID
    team: str
    tenant: str
    named_by: str


async def insert(connection: AsyncConnection, cases: NewCases, placements: Placements, now: datetime) -> set[UUID]:
    """Insert assigned cases in one statement; return the ids that had a case before, which stays as it is."""
    rows = await _INSERT.fetch(connection, {**_columns(cases), **_columns(placements), "now": now})
    return {row[0] for row in rows}


async def add_support(connection: AsyncConnection, supports: Sequence[Support], now: datetime) -> None:
    """Name supporting teams of cases, in one statement."""
    columns = zip(("complaint_id", "team", "tenant", "named_by"), zip(*supports, strict=True), strict=True)
    await _SUPPORT.fetch(connection, {**{name: list(values) for name, values in columns}, "now": now})


def _columns(table: NewCases | Placements) -> dict[str, Any]:
    return {field.name: getattr(table, field.name) for field in fields(table)}


async def lock(connection: AsyncConnection, keys: Iterable[CaseKey]) -> dict[CaseKey, Case]:
    """Return the cases of `keys` that exist, locked until the transaction ends, always in the same order."""
    wanted = list(keys)
    values = {"tenants": [tenant for tenant, _ in wanted], "ids": [complaint_id for _, complaint_id in wanted]}
    rows = await connection.execute(_LOCK, values)
    return {(row.tenant, row.complaint_id): Case(**{**row._mapping, "status": Status(row.status)}) for row in rows}


async def save(connection: AsyncConnection, cases: Sequence[Case], now: datetime) -> None:
    """Write status, version, sequences and round of locked `cases` in one statement."""
    values = {
        "tenants": [case.tenant for case in cases],
        "ids": [case.complaint_id for case in cases],
        "statuses": [case.status.value for case in cases],
        "versions": [case.version for case in cases],
        "sequences": [case.sequence for case in cases],
        "rounds": [case.round for case in cases],
        "ledger_sequences": [case.ledger_sequence for case in cases],
        "intake_heard": [case.intake_sequence for case in cases],
        "intake_uncounted": [case.intake_uncounted for case in cases],
        "now": now,
    }
    await connection.execute(_SAVE, values)


async def count_no_further(connection: AsyncConnection, key: CaseKey) -> bool:
    """Count intake's events about a case no further if one about it was discarded; return whether that is so."""
    tenant, complaint_id = key
    values = {"tenant": tenant, "id": complaint_id, "key": str(complaint_id).encode()}
    return (await connection.execute(_COUNT_NO_FURTHER, values)).first() is not None
