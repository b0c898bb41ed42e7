"""Rectification within a time limit 限期整改: ordered by the officer on site, and inspected again."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.events import ComplaintReinspected, RectificationOrdered
from contracts.lifecycle import EventType
from dispatch_service.domain.case import Case
from dispatch_service.domain.photos import Photo
from dispatch_service.domain.rectification import Reinspection, check_order, inspected
from dispatch_service.domain.requests import check_end
from dispatch_service.persistence import case_records, case_work, cases
from dispatch_service.persistence.tables import case_rectification
from dispatch_service.service.acting import Action, announce_action, lock_own


@dataclass(frozen=True, slots=True)
class Inspection:
    """What an officer found who has looked again."""

    passed: bool
    note: str | None
    photos: Sequence[Photo]


async def order(
    connection: AsyncConnection, action: Action, *, notice: str, until: datetime, photos: Sequence[Photo]
) -> None:
    """Give whoever caused it time to set it right, a year at most; the unit is told when it is over.

    Raises CaseNotFound, NotYourTeam, ActionConflict, EndOutOfRange, RectificationOpen, TooManyRectifications.
    """
    case = await lock_own(connection, action)
    case.act(EventType.RECTIFICATION_ORDERED)
    check_end("until", action.moment, until)
    ordered = await case_records.count(connection, case_rectification, case)
    check_order((await case_work.read(connection, case)).reinspection, ordered)
    await case_records.add(
        connection,
        case_rectification,
        case,
        number=ordered + 1,
        team=case.team,
        notice=notice,
        until=until,
        photos=[photo.row() for photo in photos],
        ordered_by=action.actor,
        ordered_at=action.moment,
    )
    await cases.save(
        connection,
        case,
        action.now,
        officer=action.actor,
        reinspection=Reinspection.ORDERED.value,
        rectify_until=until,
    )
    data = RectificationOrdered(
        actor=action.actor,
        team=case.team,
        note=action.note,
        notice=notice,
        until=until,
        photos=tuple(photo.id for photo in photos) or None,
    )
    await announce_action(connection, case, EventType.RECTIFICATION_ORDERED, data, action)


async def inspect(connection: AsyncConnection, action: Action, inspection: Inspection) -> None:
    """Tell that somebody has looked again, which may be before the time is over; the case stays in progress.

    Raises CaseNotFound, NotYourTeam, ActionConflict, NoRectification.
    """
    case = await lock_own(connection, action)
    state = await record(connection, action, case, inspection)
    case.version += 1
    facts = {"officer": action.actor, "reinspection": state.value, "rectify_until": None}
    await cases.save(connection, case, action.now, **facts)


async def record(connection: AsyncConnection, action: Action, case: Case, inspection: Inspection) -> Reinspection:
    """Write an inspection down with its order, tell of it, and return where that stands then.

    Raises ActionConflict, NoRectification.
    """
    case.tell(EventType.REINSPECTED)
    state = inspected((await case_work.read(connection, case)).reinspection, passed=inspection.passed)
    going = await case_records.newest(connection, case_rectification, case)
    await case_records.change(
        connection,
        case_rectification,
        going["id"],
        inspected_by=action.actor,
        inspected_at=action.moment,
        passed=inspection.passed,
        note=inspection.note,
        inspection_photos=[photo.row() for photo in inspection.photos],
    )
    data = ComplaintReinspected(
        actor=action.actor,
        team=case.team,
        note=inspection.note,
        passed=inspection.passed,
        photos=tuple(photo.id for photo in inspection.photos) or None,
        inspected_at=action.done_at,
    )
    await announce_action(connection, case, EventType.REINSPECTED, data, action)
    return state
