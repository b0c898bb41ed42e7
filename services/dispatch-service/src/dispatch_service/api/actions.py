"""Acting on cases."""

from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Response

from contracts.lifecycle import TRANSITIONS, EventType
from contracts.roles import Role
from dispatch_service.api.acting import Acting
from dispatch_service.api.case_schemas import AcceptBody, AssignBody, CaseDetail, ResolveBody, StartBody
from dispatch_service.api.deps import TenantClockworks
from dispatch_service.api.photo_schemas import photos_of
from dispatch_service.service import actions
from runtime.auth import Caller, require
from runtime.problems import PROBLEM_RESPONSES

router = APIRouter(prefix="/cases/{complaint_id}", tags=["work"], responses=PROBLEM_RESPONSES)


def _who_may(event_type: EventType) -> object:
    """Return the dependency that lets through whom the state table names."""
    return Depends(require(*TRANSITIONS[event_type].roles))


@router.post("/assign", response_model=CaseDetail)
async def assign_case(
    complaint_id: UUID,
    body: AssignBody,
    caller: Annotated[Caller, _who_may(EventType.ASSIGNED)],
    acting: Acting,
    clockworks: TenantClockworks,
) -> Response:
    """Send a case to a team: from the duty desk, on from a team that has not accepted it yet, or after a return.

    The times to accept it and to be on site begin anew; the promised time stands, unless the case gets another grade.
    422 for an unknown team; 409 with the present state where the case is beyond that, `unit-has-returned` for a team
    that has given it back in this round. After three returns 403 `supervisor-decides` for all but supervisors.
    """
    work = partial(actions.assign, team_code=body.team, grade=body.grade, clockworks=clockworks)
    return await acting.run(caller, complaint_id, body.note, work)


@router.post("/accept", response_model=CaseDetail)
async def accept_case(
    complaint_id: UUID,
    caller: Annotated[Caller, _who_may(EventType.ACCEPTED)],
    acting: Acting,
    body: AcceptBody | None = None,
) -> Response:
    """Take a case on for one's team (首接负责).

    403 `not-your-team` names the team it belongs to; of two officers at once one gets 200, the other 409.
    """
    return await acting.run(caller, complaint_id, body.note if body else None, actions.accept)


@router.post("/start", response_model=CaseDetail)
async def start_case(
    complaint_id: UUID,
    caller: Annotated[Caller, _who_may(EventType.STARTED)],
    acting: Acting,
    body: StartBody | None = None,
) -> Response:
    """Begin the work on site, with position and time; `started_at` may be past, for devices that were offline.

    422 `position-far-away` for a position more than 50 km from the complaint and every grid, `position-required`
    without one where the tenant wants it.
    """
    body = body or StartBody()
    position = body.position.to_place() if body.position else None
    work = partial(actions.start, position=position, started_at=body.started_at)
    return await acting.run(caller, complaint_id, body.note, work)


@router.post("/resolve", response_model=CaseDetail)
async def resolve_case(
    complaint_id: UUID,
    body: ResolveBody,
    caller: Annotated[Caller, Depends(require(Role.OFFICER))],
    acting: Acting,
) -> Response:
    """Report the work as done, with how it was handled and the result; verification follows.

    422 `photo-required` without the photos that the category needs. 409 `no-rectification`, `reinspection-missing` or
    `reinspection-failed` where an order of rectification does not allow it.
    """
    work = partial(
        actions.resolve,
        handling_mode=body.handling_mode,
        result=body.result,
        photos=photos_of(body.photos),
        inspection=body.reinspection.inspection() if body.reinspection else None,
    )
    return await acting.run(caller, complaint_id, body.note, work)
