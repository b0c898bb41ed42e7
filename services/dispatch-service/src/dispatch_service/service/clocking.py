"""What actions do to the clock of a locked case."""

from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from dispatch_service.domain.case import RUNNING, Case
from dispatch_service.domain.clock_moves import reckon
from dispatch_service.domain.clocks import Clock, Clockwork
from dispatch_service.domain.limits import Grade
from dispatch_service.persistence import case_clocks, clock_moves, requests
from dispatch_service.persistence.case_clocks import CaseClock
from dispatch_service.service.clockworks import Clockworks


async def reassign(
    connection: AsyncConnection, clockworks: Clockworks, case: Case, grade: Grade | None, now: datetime
) -> tuple[Clock, dict[str, Any]]:
    """Return clock and columns of a case that another team gets; all its times go by a new `grade`, where one is given.

    The time that it was suspended for, or waited for the reporter, counts for no grade; what was agreed for the grade
    before holds no more. A promise that stands still goes by the settings that it went by: where these are old, renewal
    sets it right.
    """
    work = await clockworks.of_one(connection, case.tenant)
    known = await case_clocks.read(connection, case.tenant, case.complaint_id)
    if known.clock is not None and grade in {None, known.grade}:
        clock = work.reassign(known.clock, known.category, known.grade, now)
        return clock, case_clocks.moved(clock, work.version)
    new_grade = grade or known.grade
    if known.extensions:
        await requests.lapse_extensions(connection, case, now)
    clock = await anew(connection, work, case, known, grade=new_grade, assigned_at=now)
    return clock, {
        **case_clocks.columns_of(clock),
        "grade": new_grade.value,
        "begun_at": known.begun_at,
        "clock_version": work.version,
        "clock_round": case.round,
    }


async def anew(
    connection: AsyncConnection, work: Clockwork, case: Case, known: CaseClock, *, grade: Grade, assigned_at: datetime
) -> Clock:
    """Return the clock of a locked case that another unit gets, reckoned from the beginning of its round with all that
    has moved it.
    """
    moves = await clock_moves.of(connection, [case]) if known.was_moved else {}
    course = known.course(assigned_at, moves.get(case.complaint_id, ()), grade=grade)
    return reckon(work, course).after(known.clock, is_same_unit=False)


def as_if_it_went_on(
    case: Case, known: CaseClock, clock: Clock, work: Clockwork, at: datetime
) -> tuple[Clock, datetime | None]:
    """Return the clock of a case that waits for its reporter as it would be if it went on `at` a moment, and that
    moment, from which it waits on then; the clock as it is, and None, where it does not wait.
    """
    if case.waiting_since is None or case.status not in RUNNING:
        return clock, None
    since = max(case.waiting_since, known.begun_at)
    until = max(at, since)
    return work.resume(clock, known.category, known.grade, since, until, assigned_at=known.assigned_at), until


def resumed(known: CaseClock, clock: Clock, work: Clockwork, at: datetime) -> Clock:
    """Return the clock of a suspended case that goes on `at` a moment."""
    since = known.suspended_at or at
    return work.resume(clock, known.category, known.grade, since, at, assigned_at=known.assigned_at)


async def started(
    connection: AsyncConnection, clockworks: Clockworks, case: Case
) -> tuple[CaseClock, Clock, Clockwork]:
    """Return the clock of a locked case, and what sets it; a case that has none yet gets one by what is known of it."""
    work = await clockworks.of_one(connection, case.tenant)
    known = await case_clocks.read(connection, case.tenant, case.complaint_id)
    return known, known.started(work), work
