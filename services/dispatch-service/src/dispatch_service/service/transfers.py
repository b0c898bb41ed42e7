"""Transfers 转办: another department or an external system takes a case on, and answers or does not want it."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.events import ComplaintTransferred, HandlingMode
from contracts.lifecycle import EventType
from dispatch_service.domain.case import check_moment
from dispatch_service.domain.life_errors import DepartmentMissing, UnknownDepartment
from dispatch_service.domain.photos import Photo
from dispatch_service.persistence import case_records, cases, components, requests
from dispatch_service.persistence.tables import case_transfer
from dispatch_service.service import assigning
from dispatch_service.service.acting import Action, announce_action, lock
from dispatch_service.service.clockworks import Clockworks
from dispatch_service.service.results import conclude
from dispatch_service.service.returns import give_back


async def transfer(
    connection: AsyncConnection, action: Action, *, department: str | None, external_ref: str, reason: str
) -> None:
    """Hand a case over to a department, which has given it the number `external_ref`.

    None stands for the owner of the component that the case is about. Raises CaseNotFound, ActionConflict,
    DepartmentMissing, UnknownDepartment.
    """
    case = await lock(connection, action)
    case.act(EventType.TRANSFERRED)
    department = department or await components.owner_of(connection, case)
    if department is None:
        raise DepartmentMissing
    known = await cases.find_department(connection, case.tenant, department)
    if known is None:
        raise UnknownDepartment
    given = {"department": department, "external_ref": external_ref, "reason": reason}
    by = {"transferred_by": action.actor, "transferred_at": action.now}
    await case_records.end_left(connection, case_transfer, case, state="recalled", ended_at=action.now)
    await case_records.add(connection, case_transfer, case, **given, **by, state="open")
    await requests.drop_open(connection, case, action.actor, action.now)
    await cases.save(connection, case, action.now)
    transferred = ComplaintTransferred(
        actor=action.actor, team=case.team, note=action.note, department_name=known.name, **given
    )
    await announce_action(connection, case, EventType.TRANSFERRED, transferred, action)


async def answer(
    connection: AsyncConnection,
    action: Action,
    *,
    handling_mode: HandlingMode,
    result: str,
    answered_at: datetime,
    photos: Sequence[Photo],
) -> None:
    """Take the department's answer as the result, to be verified like any other; it counts from `answered_at`.

    Raises CaseNotFound, ActionConflict, MomentOutOfRange.
    """
    case = await lock(connection, action)
    case.check_transferred(EventType.RESOLVED)
    case.act(EventType.RESOLVED)
    going = await case_records.newest(connection, case_transfer, case)
    check_moment("answered_at", answered_at, going["transferred_at"], action.now)
    action.done_at = min(max(answered_at, going["transferred_at"]), action.now)
    await case_records.change(
        connection,
        case_transfer,
        going["id"],
        state="answered",
        ended_by=action.actor,
        ended_at=action.now,
        answered_at=answered_at,
        handling_mode=handling_mode,
        result=result,
        photos=[photo.row() for photo in photos],
    )
    await conclude(connection, action, case, handling_mode=handling_mode, result=result, photos=photos)


async def recall(
    connection: AsyncConnection, action: Action, *, reason: str, team: str | None, clockworks: Clockworks
) -> None:
    """Take a case back from a department, for the unit `team` or for one that is named later.

    Raises CaseNotFound, ActionConflict, UnknownTeam, SupervisorDecides, UnitHasReturned.
    """
    case = await lock(connection, action)
    case.check_transferred(EventType.RETURNED)
    going = await case_records.newest(connection, case_transfer, case)
    await case_records.change(
        connection,
        case_transfer,
        going["id"],
        state="recalled",
        ended_by=action.actor,
        ended_at=action.now,
        recall_reason=reason,
    )
    await give_back(connection, action, case, reason=reason, asked_by=action.actor, is_units=False)
    if team is not None:
        await assigning.choose(connection, action, case, team, clockworks=clockworks)
