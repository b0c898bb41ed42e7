"""What officers ask about their duties: leave, handover, swap; dispatchers decide."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response

from contracts.roles import Role
from dispatch_service.api.deps import Engine, ReadEngine, Staff
from dispatch_service.api.roster_problems import problem_of
from dispatch_service.api.roster_schemas import DecisionBody, RequestBody, RequestState, RequestView
from dispatch_service.api.rosters import Planner
from dispatch_service.domain.roster_errors import RosterError
from dispatch_service.persistence import duty_requests
from dispatch_service.service import rostering
from operations.pages import Page, Pages
from runtime.auth import Caller, require
from runtime.clock import now
from runtime.paging import DEFAULT_LIMIT, CursorText, Limit
from runtime.problems import PROBLEM_RESPONSES

router = APIRouter(tags=["rosters"], responses=PROBLEM_RESPONSES)
Officer = Annotated[Caller, Depends(require(Role.OFFICER))]


@router.post("/duties/{duty_id}/requests", status_code=201)
async def ask(duty_id: UUID, body: RequestBody, caller: Officer, engine: Engine) -> RequestView:
    """Ask for leave 请假, for somebody to take over 替班, or for a swap 换班, before your own duty begins.

    One thing at a time: 409 `request-pending` while nobody has decided the last. Who takes over has to be a member of
    the team and free at that time; that is looked at when it is approved.
    """
    request = {"duty": duty_id, "to_subject": body.to, **body.model_dump(include={"kind", "other_duty", "reason"})}
    try:
        async with engine.begin() as connection:
            row = await rostering.ask(connection, caller.tenant, caller.subject, request, now())
    except RosterError as error:
        raise problem_of(error) from error
    return RequestView.model_validate(row)


@router.get("/duty-requests")
async def list_requests(
    request: Request,
    response: Response,
    caller: Staff,
    engine: ReadEngine,
    state: RequestState | None = None,
    cursor: CursorText = None,
    limit: Limit = DEFAULT_LIMIT,
) -> Page[RequestView]:
    """List what was asked, the newest first: officers see their own, everybody else all."""
    is_planner = caller.has(Role.DISPATCHER, Role.SUPERVISOR, Role.ADMIN)
    asked_by = None if is_planner else caller.subject
    pages = Pages(request, caller, "duty-requests", {"state": state, "asked_by": asked_by})
    last = pages.after(cursor)
    before = None if last is None else UUID(str(last[0]))
    async with engine.connect() as connection:
        rows = await duty_requests.page(
            connection, caller.tenant, state=state, asked_by=asked_by, before=before, size=limit + 1
        )
    if len(rows) > limit:
        pages.link_next(response, str(rows[limit - 1]["id"]))
    return Page(items=[RequestView.model_validate(row) for row in rows[:limit]])


@router.post("/duty-requests/{request_id}/decision")
async def decide(request_id: UUID, body: DecisionBody, caller: Planner, engine: Engine) -> RequestView:
    """Approve or refuse what was asked, once, and not what you asked yourself (403 `own-request`).

    409 `in-two-places` where whoever takes over is on duty elsewhere at that time; 422 `not-a-member`.
    """
    state = "approved" if body.approved else "refused"
    decision = {"state": state, "decided_by": caller.subject, "note": body.note}
    try:
        async with engine.begin() as connection:
            row = await rostering.decide(connection, caller.tenant, request_id, decision, now())
    except RosterError as error:
        raise problem_of(error) from error
    return RequestView.model_validate(row)
