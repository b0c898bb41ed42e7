"""Asking for more time, suspension, resumption and return; deciding on it; supervision orders."""

from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response

from contracts.lifecycle import TRANSITIONS, EventType
from contracts.roles import Role
from dispatch_service.api.acting import Acting
from dispatch_service.api.case_schemas import CaseDetail
from dispatch_service.api.deps import ReadEngine, Staff, TenantClockworks
from dispatch_service.api.request_schemas import (
    ApprovalBody,
    ExtensionBody,
    OrderBody,
    ReasonBody,
    ReplyBody,
    RequestState,
    RequestView,
    ReturnBody,
    SuspensionBody,
)
from dispatch_service.domain.requests import EVENT_OF, RequestKind
from dispatch_service.persistence import requests as stored
from dispatch_service.service import requests, supervision
from operations.pages import Page, Pages
from operations.problems import invalid
from runtime.auth import Caller, require
from runtime.paging import DEFAULT_LIMIT, CursorText, Limit
from runtime.problems import PROBLEM_RESPONSES

router = APIRouter(tags=["time and supervision"], responses=PROBLEM_RESPONSES)

Unit = Annotated[Caller, Depends(require(Role.OFFICER))]
Approver = Annotated[Caller, Depends(require(*TRANSITIONS[EVENT_OF[RequestKind.EXTENSION]].roles))]
Supervisor = Annotated[Caller, Depends(require(*TRANSITIONS[EventType.ESCALATED].roles))]


@router.get("/requests")
async def list_requests(
    request: Request,
    response: Response,
    caller: Staff,
    engine: ReadEngine,
    state: RequestState | None = None,
    kind: RequestKind | None = None,
    cursor: CursorText = None,
    limit: Limit = DEFAULT_LIMIT,
) -> Page[RequestView]:
    """List what units have asked for, the oldest first; `state=open` is what dispatchers have to decide."""
    wanted = {"state": state, "kind": None if kind is None else kind.value}
    pages = Pages(request, caller, "requests", wanted)
    last = pages.after(cursor)
    async with engine.connect() as connection:
        after = None if last is None else UUID(str(last[0]))
        rows = await stored.page(connection, caller.tenant, wanted, after=after, size=limit + 1)
    if len(rows) > limit:
        pages.link_next(response, str(rows[limit - 1]["id"]))
    return Page(items=[RequestView.model_validate(row) for row in rows[:limit]])


@router.post("/cases/{complaint_id}/extension", response_model=CaseDetail)
async def ask_for_extension(
    complaint_id: UUID, body: ExtensionBody, caller: Unit, acting: Acting, clockworks: TenantClockworks
) -> Response:
    """Ask for more time 延时, before the promised time, as often and for as long as `/extension-rule` says.

    409 `deadline-passed`, `too-many-requests-for-case` or `request-open` otherwise; 422 `extension-too-long` says until
    when it might last (`latest`).
    """
    kind = RequestKind.EXTENSION
    work = partial(requests.ask, kind=kind, reason=body.reason, until=body.until, clockworks=clockworks)
    return await acting.run(caller, complaint_id, None, work)


@router.post("/cases/{complaint_id}/suspension", response_model=CaseDetail)
async def ask_for_suspension(
    complaint_id: UUID, body: SuspensionBody, caller: Unit, acting: Acting, clockworks: TenantClockworks
) -> Response:
    """Ask to lay the case aside 挂账, twice at the most; its clock stands still once that is approved.

    It comes back by itself `until` then or, where none is given, after as long as `/suspension-rule` allows; 422
    `suspension-too-long` says until when it might last (`latest`).
    """
    kind = RequestKind.SUSPENSION
    work = partial(requests.ask, kind=kind, reason=body.reason, until=body.until, clockworks=clockworks)
    return await acting.run(caller, complaint_id, None, work)


@router.post("/cases/{complaint_id}/resumption", response_model=CaseDetail)
async def ask_for_resumption(
    complaint_id: UUID, body: ReasonBody, caller: Unit, acting: Acting, clockworks: TenantClockworks
) -> Response:
    """Ask to go on with a suspended case 恢复; the time that was left runs on once that is approved."""
    kind = RequestKind.RESUMPTION
    work = partial(requests.ask, kind=kind, reason=body.reason, until=None, clockworks=clockworks)
    return await acting.run(caller, complaint_id, None, work)


@router.post("/cases/{complaint_id}/return", response_model=CaseDetail)
async def ask_for_return(
    complaint_id: UUID, body: ReturnBody, caller: Unit, acting: Acting, clockworks: TenantClockworks
) -> Response:
    """Ask to give the case back 退单, within the limit `return`, because another unit should have it.

    409 `return-limit-passed`, `returned-too-often` after three returns in a round, `decided-in-conference`.
    """
    work = partial(
        requests.ask,
        kind=RequestKind.RETURN,
        reason=body.reason,
        until=None,
        clockworks=clockworks,
        proposed_team=body.proposed_team,
    )
    return await acting.run(caller, complaint_id, None, work)


@router.post("/cases/{complaint_id}/{kind}/{request_id}/approval", response_model=CaseDetail)
async def decide_on_request(
    complaint_id: UUID,
    kind: RequestKind,
    request_id: UUID,
    body: ApprovalBody,
    caller: Approver,
    acting: Acting,
    clockworks: TenantClockworks,
) -> Response:
    """Approve or refuse what a unit has asked for; 403 `own-request` for whoever has asked for it.

    A case whose return is approved goes to `team`, or waits until somebody has assigned it.
    """
    if body.team is not None and not (body.approved and kind is RequestKind.RETURN):
        raise invalid("/team", "extra_forbidden")
    work = partial(
        requests.decide,
        kind=kind,
        request_id=request_id,
        approved=body.approved,
        clockworks=clockworks,
        next_team=body.team,
    )
    return await acting.run(caller, complaint_id, body.note, work)


@router.post("/cases/{complaint_id}/supervision", response_model=CaseDetail)
async def give_order(complaint_id: UUID, body: OrderBody, caller: Supervisor, acting: Acting) -> Response:
    """Give the unit a supervision order 督办 with a deadline of its own; its reply is expected by then.

    Where none comes, `complaint.order_missed` names whoever has given it.
    """
    work = partial(supervision.order, text=body.text, deadline=body.deadline)
    return await acting.run(caller, complaint_id, None, work)


@router.post("/cases/{complaint_id}/supervision/{order_id}/reply", response_model=CaseDetail)
async def reply_to_order(complaint_id: UUID, order_id: UUID, body: ReplyBody, caller: Unit, acting: Acting) -> Response:
    """Answer a supervision order for the unit, once; after the deadline the answer counts as late.

    409 `request-settled` where it was answered or withdrawn before.
    """
    work = partial(supervision.reply, order_id=order_id, text=body.text)
    return await acting.run(caller, complaint_id, None, work)


@router.post("/cases/{complaint_id}/supervision/{order_id}/withdrawal", response_model=CaseDetail)
async def withdraw_order(
    complaint_id: UUID, order_id: UUID, body: ReasonBody, caller: Supervisor, acting: Acting
) -> Response:
    """Withdraw a supervision order that nobody has answered: nobody is told of its deadline any more."""
    work = partial(supervision.withdraw, order_id=order_id, reason=body.reason)
    return await acting.run(caller, complaint_id, None, work)
