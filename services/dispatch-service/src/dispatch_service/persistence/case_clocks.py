"""The clocks of cases that are locked already."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from dispatch_service.domain.clock_moves import Course, Move, reckon
from dispatch_service.domain.clocks import Clock, Clockwork
from dispatch_service.domain.limits import Grade, Unit
from dispatch_service.domain.stage_times import StageTimes
from dispatch_service.persistence.stage_columns import (
    LEVELS,
    STAGES,
    STAGES_GIVEN,
    STAGES_NAMED,
    STAGES_SET,
    TIMES,
)
from dispatch_service.persistence.tables import dispatch_case

_COLUMNS = (
    "category",
    "grade",
    "clock_unit",
    "clock_budget",
    "begun_at",
    "assigned_at",
    *TIMES,
    *LEVELS,
    "suspended_at",
    "extensions",
    "suspensions",
    "waits",
    "order_deadline",
)
_KEPT = tuple(field.name for field in fields(StageTimes))
CLOCK_COLUMNS = ", ".join(_COLUMNS)
_READ = sa.select(*(dispatch_case.c[name] for name in _COLUMNS)).where(
    dispatch_case.c.complaint_id == sa.bindparam("id"), dispatch_case.c.tenant == sa.bindparam("tenant")
)
_SAVE = sa.text(f"""
    UPDATE dispatch_case AS c
    SET clock_version = least(c.clock_version, f.version), clock_unit = f.clock_unit, clock_budget = f.clock_budget,
        {STAGES_SET}
    FROM unnest(CAST(:ids AS uuid[]), CAST(:versions AS bigint[]), CAST(:clock_unit AS text[]),
                CAST(:clock_budget AS interval[]), {STAGES_GIVEN})
        AS f (complaint_id, version, clock_unit, clock_budget, {STAGES_NAMED})
    WHERE c.complaint_id = f.complaint_id
""")


@dataclass(frozen=True, slots=True)
class CaseClock:
    """What decisions about time need to know of a case; `clock` is None until it was started."""

    category: str | None
    grade: Grade
    clock: Clock | None
    begun_at: datetime
    assigned_at: datetime
    suspended_at: datetime | None
    extensions: int
    suspensions: int
    waits: int
    """How often it has waited for the reporter in this round, or does."""
    deadline: datetime | None
    """Of a superior's order."""

    @property
    def was_moved(self) -> bool:
        """Whether somebody has given the unit another time than the limits do."""
        return self.extensions + self.suspensions + self.waits > 0

    def course(self, assigned_at: datetime, moves: Sequence[Move] = (), *, grade: Grade | None = None) -> Course:
        """Return what its clock goes by where its team has it since `assigned_at`, by another `grade` where given."""
        return Course(
            category=self.category,
            grade=grade or self.grade,
            begun_at=self.begun_at,
            assigned_at=assigned_at,
            deadline=self.deadline,
            moves=moves,
        )

    def started(self, work: Clockwork) -> Clock:
        """Return the clock; a case that has none yet gets one by what is known of it."""
        return self.clock or reckon(work, self.course(self.begun_at))


async def read(connection: AsyncConnection, tenant: str, complaint_id: UUID) -> CaseClock:
    """Return the clock of a case that is there."""
    row = (await connection.execute(_READ, {"id": complaint_id, "tenant": tenant})).one()
    return clock_of(row._mapping)


async def save(connection: AsyncConnection, clocks: Mapping[UUID, tuple[Clock, int]]) -> None:
    """Write the clocks of locked cases, each with the version of the settings that have moved it, in one statement.

    Where these are older than those that it went by, it is renewed.
    """
    columns = [columns_of(clock) for clock, _ in clocks.values()]
    values = {name: [each[name] for each in columns] for name in columns[0]}
    versions = [version for _, version in clocks.values()]
    await connection.execute(_SAVE, {"ids": list(clocks), "versions": versions, **values})


def clock_of(row: Mapping[Any, Any]) -> CaseClock:
    """Read the columns of CLOCK_COLUMNS."""
    clock = None
    if row["promised_at"] is not None:
        accept, on_site, resolve = (
            StageTimes(**{field: row[getattr(columns, field)] for field in _KEPT}) for columns in STAGES.values()
        )
        clock = Clock(
            unit=Unit(row["clock_unit"]),
            budget=row["clock_budget"],
            accept=accept,
            on_site=on_site,
            resolve=resolve,
        )
    return CaseClock(
        category=row["category"],
        grade=Grade(row["grade"]),
        clock=clock,
        begun_at=row["begun_at"] or row["assigned_at"],
        assigned_at=row["assigned_at"],
        suspended_at=row["suspended_at"],
        extensions=row["extensions"],
        suspensions=row["suspensions"],
        waits=row["waits"],
        deadline=row["order_deadline"],
    )


def moved(clock: Clock, version: int) -> dict[str, object]:
    """Return the columns of a clock that was moved by the settings of `version`, for `cases.save`.

    Where these are older than those that it went by, it is renewed.
    """
    return {**columns_of(clock), "clock_version": sa.func.least(dispatch_case.c.clock_version, version)}


def columns_of(clock: Clock) -> dict[str, object]:
    """Return what a case's columns say of its clock, for `cases.save`."""
    return {
        "clock_unit": clock.unit.value,
        "clock_budget": clock.budget,
        **{
            name: getattr(clock.of(stage), field)
            for stage, columns in STAGES.items()
            for field, name in columns._asdict().items()
        },
    }
