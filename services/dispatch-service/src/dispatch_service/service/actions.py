"""What officers and dispatchers do with a case: each action one decision under the case's row lock."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.events import ComplaintAccepted, ComplaintStarted, HandlingMode, Place
from contracts.lifecycle import EventType
from dispatch_service.domain.case import check_start
from dispatch_service.domain.life_errors import PositionRequired
from dispatch_service.domain.limits import Grade
from dispatch_service.domain.photos import Photo
from dispatch_service.domain.rectification import check_resolution
from dispatch_service.persistence import case_work, cases
from dispatch_service.service import assigning, field_work, rectifications
from dispatch_service.service.acting import Action, announce_action, earliest, lock, lock_own
from dispatch_service.service.clockworks import Clockworks
from dispatch_service.service.rectifications import Inspection
from dispatch_service.service.results import conclude
from dispatch_service.service.starting import distance_of


async def assign(
    connection: AsyncConnection, action: Action, team_code: str, *, grade: Grade | None, clockworks: Clockworks
) -> None:
    """Send a case to a team: from the duty desk, on from another team that has not accepted it, or after a return.

    The promised time stands, unless the case gets another `grade`. Raises UnknownTeam, CaseNotFound, ActionConflict,
    SupervisorDecides, UnitHasReturned.
    """
    case = await lock(connection, action)
    await assigning.choose(connection, action, case, team_code, clockworks=clockworks, grade=grade)


async def accept(connection: AsyncConnection, action: Action) -> None:
    """Take the case on for the officer's team (首接负责). Raises NotYourTeam, CaseNotFound, ActionConflict."""
    case = await lock_own(connection, action)
    case.act(EventType.ACCEPTED)
    facts = {"accepted_at": action.moment, "expected_from": None, "responsible_team": None}
    await cases.save(connection, case, action.now, officer=action.actor, assignee=action.actor, **facts)
    accepted = ComplaintAccepted(actor=action.actor, team=case.team, note=action.note, accepted_at=action.done_at)
    await announce_action(connection, case, EventType.ACCEPTED, accepted, action)


async def start(
    connection: AsyncConnection, action: Action, *, position: Place | None, started_at: datetime | None
) -> None:
    """Begin the work on site.

    A position far from the complaint is believed, since work may begin at the office, and marked. Raises NotYourTeam,
    StartOutOfRange, StartFarAway, PositionRequired, CaseNotFound, ActionConflict.
    """
    case = await lock_own(connection, action)
    moment = started_at or action.moment
    check_start(moment, await earliest(connection, case), action.now)
    case.act(EventType.STARTED)
    settings = await field_work.of_tenant(connection, case.tenant)
    if position is None and settings.start_needs_position:
        raise PositionRequired
    metres = await distance_of(connection, case, position)
    far = metres is not None and metres > settings.far_start_metres
    facts = {"started_at": moment, "start_distance_metres": metres, "far_start": far}
    await cases.save(connection, case, action.now, officer=action.actor, **facts)
    started = ComplaintStarted(
        actor=action.actor, team=case.team, note=action.note, position=position, started_at=moment
    )
    await announce_action(connection, case, EventType.STARTED, started, action)


async def resolve(
    connection: AsyncConnection,
    action: Action,
    *,
    handling_mode: HandlingMode,
    result: str,
    photos: Sequence[Photo] = (),
    inspection: Inspection | None = None,
) -> None:
    """Report the work as done, to be verified; with the `inspection` that an order of rectification waits for.

    Raises NotYourTeam, CaseNotFound, ActionConflict, PhotoRequired, NoRectification, ReinspectionMissing,
    ReinspectionFailed.
    """
    case = await lock_own(connection, action)
    case.check_with_unit(EventType.RESOLVED)
    case.check(EventType.RESOLVED)
    work = await case_work.read(connection, case)
    last = work.reinspection
    if inspection is not None:
        last = await rectifications.record(connection, action, case, inspection)
    case.act(EventType.RESOLVED)
    check_resolution(handling_mode, last)
    settings = await field_work.of_tenant(connection, case.tenant)
    needed = settings.photos.check(work.category, handling_mode, photos)
    await conclude(
        connection,
        action,
        case,
        handling_mode=handling_mode,
        result=result,
        photos=photos,
        photos_needed=needed,
        officer=action.actor,
    )
