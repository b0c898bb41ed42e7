"""Timers: the moment at which each stage of a case reaches its next level is a column of the case itself.

An index has the earliest of them, of stages that are not over: a case has one timer, however many levels are before it.
So whoever fires a timer holds the case's row, which decides every race: a case is escalated once for each level of a
stage, and never after that has ended.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from dispatch_service.domain.case import Case
from dispatch_service.domain.clocks import Clock
from dispatch_service.domain.limits import Stage
from dispatch_service.domain.standing import running
from dispatch_service.persistence.case_clocks import CLOCK_COLUMNS, clock_of, columns_of
from dispatch_service.persistence.clock_tables import AT_WORK
from dispatch_service.persistence.stage_columns import LEVELS, NEXT_TIMER, STAGES, TYPES
from dispatch_service.persistence.timed_cases import CASE_COLUMNS, case_of
from eventbus.driver import Statement

DUE_CASES = sa.text(f"""
    SELECT {CASE_COLUMNS}, {CLOCK_COLUMNS}, statement_timestamp() AS now,
           CASE status WHEN 'transferred' THEN (
               SELECT department FROM case_transfer
               WHERE case_transfer.complaint_id = dispatch_case.complaint_id AND state = 'open') END AS department
    FROM dispatch_case
    WHERE ({NEXT_TIMER}) <= statement_timestamp() AND {AT_WORK} AND waiting_since IS NULL
    ORDER BY ({NEXT_TIMER}) LIMIT :size FOR UPDATE OF dispatch_case SKIP LOCKED
""")
_LEVELS_GIVEN = ", ".join(f"CAST(:{name} AS {TYPES[name]}[])" for name in LEVELS)
_SAVE = Statement(f"""
    UPDATE dispatch_case AS c
    SET sequence = f.sequence, updated_at = f.at,
        {", ".join(f"{name} = f.{name}" for name in LEVELS)}
    FROM unnest(CAST(:ids AS uuid[]), CAST(:sequences AS int[]), CAST(:times AS timestamptz[]),
                {_LEVELS_GIVEN})
        AS f (complaint_id, sequence, at, {", ".join(LEVELS)})
    WHERE c.complaint_id = f.complaint_id
""")
_OLDEST = sa.text(f"""
    SELECT coalesce(extract(epoch FROM statement_timestamp() - min({NEXT_TIMER})), 0) FROM dispatch_case
    WHERE ({NEXT_TIMER}) <= statement_timestamp() AND {AT_WORK} AND waiting_since IS NULL
""")


@dataclass(frozen=True, slots=True)
class DueTimer:
    """A case whose time has come, at `now`: by the database's clock, which is the same for all replicas.

    Where that was set back since the case last changed, `now` is when it did.
    """

    case: Case
    clock: Clock
    timers: Mapping[Stage, datetime | None]
    """Of the stages that run, when the next level of each is reached."""
    department: str | None
    """That has the case at present."""
    now: datetime


async def lock_due(connection: AsyncConnection, size: int) -> Sequence[DueTimer]:
    """Return up to `size` cases whose timers are due, the longest due first, locked; others' are left to them."""
    due = []
    for row in await connection.execute(DUE_CASES, {"size": size}):
        clock = clock_of(row._mapping).clock
        assert clock is not None  # noqa: S101 - a timer is set with a clock, in one statement
        case = case_of(row._mapping)
        timers = {stage: row._mapping[STAGES[stage].timer_at] for stage in running(case.status)}
        due.append(DueTimer(case, clock, timers, row.department, case.no_earlier(row.now)))
    return due


async def save(connection: AsyncConnection, fired: Sequence[DueTimer]) -> None:
    """Write locked cases back with their clocks, in one statement."""
    columns = [columns_of(each.clock) for each in fired]
    await _SAVE.fetch(
        connection,
        {
            "ids": [each.case.complaint_id for each in fired],
            "sequences": [each.case.sequence for each in fired],
            "times": [each.now for each in fired],
            **{name: [each[name] for each in columns] for name in LEVELS},
        },
    )


async def oldest_due_seconds(connection: AsyncConnection) -> float:
    """Return for how long the oldest timer has been due, 0 where none is."""
    return float((await connection.execute(_OLDEST)).scalar_one())
