"""What actions do to the clock of a locked case."""

from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from dispatch_service.domain.case import Case
from dispatch_service.domain.clocks import Clock, Clockwork
from dispatch_service.domain.limits import Grade
from dispatch_service.persistence import case_clocks, requests, waits
from dispatch_service.persistence.case_clocks import CaseClock
from dispatch_service.service.clockworks import Clockworks


async def reassign(
    connection: AsyncConnection, clockworks: Clockworks, case: Case, grade: Grade | None, now: datetime
) -> dict[str, Any]:
    """Return the columns of a case that another team gets; all its times go by a new `grade`, where one is given.

    The time that it was suspended for, or waited for the reporter, counts for no grade. A promise that stands still
    goes by the settings that it went by: where these are old, renewal sets it right.
    """
    work = await clockworks.of_one(connection, case.tenant)
    known = await case_clocks.read(connection, case.tenant, case.complaint_id)
    if known.clock is not None and grade in {None, known.grade}:
        return case_clocks.columns_of(work.reassign(known.clock, known.category, known.grade, now))
    new_grade = grade or known.grade
    clock = work.start(known.category, new_grade, begun_at=known.begun_at, assigned_at=now, deadline=known.deadline)
    if known.suspensions or known.waits:
        stood = [*await requests.pauses(connection, case, since=known.begun_at), *await waits.over(connection, case)]
        for stopped_at, went_on_at in sorted(stood):
            clock = work.resume(clock, known.category, new_grade, stopped_at, went_on_at, assigned_at=known.begun_at)
        clock = work.reassign(clock, known.category, new_grade, now)
    return {
        **case_clocks.columns_of(clock.after(known.clock, is_same_unit=False)),
        "grade": new_grade.value,
        "begun_at": known.begun_at,
        "clock_version": work.version,
        "clock_round": case.round,
    }


async def started(
    connection: AsyncConnection, clockworks: Clockworks, case: Case
) -> tuple[CaseClock, Clock, Clockwork]:
    """Return the clock of a locked case, and what sets it; a case that has none yet gets one by what is known of it."""
    work = await clockworks.of_one(connection, case.tenant)
    known = await case_clocks.read(connection, case.tenant, case.complaint_id)
    clock = known.clock or work.start(
        known.category,
        known.grade,
        begun_at=known.begun_at,
        assigned_at=known.begun_at,
        deadline=known.deadline,
    )
    return known, clock, work
