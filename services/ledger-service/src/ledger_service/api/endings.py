"""Voiding 作废 and forced closing 强制结案: asking, deciding, and what waits for a decision."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.closing_events import Ending, EndingRequested
from contracts.envelope import Event
from contracts.lifecycle import TRANSITIONS, EventType
from ledger_service.api.acting import Acting, Action
from ledger_service.api.deps import ReadEngine, Staff, sight_of
from ledger_service.api.ruling_schemas import DecisionBody, EndingRequestView, ReasonBody
from ledger_service.api.schemas import ComplaintView
from ledger_service.api.views import seen
from ledger_service.domain.closing import Occasion
from ledger_service.domain.complaint import Complaint
from ledger_service.domain.endings import EndingState, ask, decide
from ledger_service.persistence import matters
from ledger_service.persistence.tables import ending_request
from operations.pages import Page, Pages
from operations.problems import invalid
from runtime.auth import Caller, require
from runtime.etag import etag
from runtime.idempotency import StoredAnswer
from runtime.paging import DEFAULT_LIMIT, CursorText, Limit
from runtime.problems import PROBLEM_RESPONSES

router = APIRouter(tags=["endings"], responses=PROBLEM_RESPONSES)
Asker = Annotated[Caller, Depends(require(*TRANSITIONS[EventType.ENDING_REQUESTED].roles))]
Decider = Annotated[Caller, Depends(require(*TRANSITIONS[EventType.ENDING_DECIDED].roles))]


@router.post("/complaints/{complaint_id}/voiding", status_code=201, response_model=EndingRequestView)
async def ask_for_voiding(body: ReasonBody, caller: Asker, action: Action) -> Response:
    """Ask that a complaint filed in error be voided 作废; it stays in the ledger.

    409 with the present state where it has ended, 409 `ending-pending` while another request is not settled.
    """
    return await _ask(caller, action, "voided", body.reason)


@router.post("/complaints/{complaint_id}/forced-closing", status_code=201, response_model=EndingRequestView)
async def ask_for_forced_closing(body: ReasonBody, caller: Asker, action: Action) -> Response:
    """Ask that a complaint be closed 强制结案 although not every gate is passed; figures count these apart.

    409 with the present state where it has ended, 409 `ending-pending` while another request is not settled.
    """
    return await _ask(caller, action, "closed", body.reason)


@router.post("/complaints/{complaint_id}/endings/{request_id}/decision", response_model=ComplaintView)
async def decide_on_ending(request_id: UUID, body: DecisionBody, caller: Decider, action: Action) -> Response:
    """Approve a request for an ending, or refuse it with a reason. Whoever asked cannot decide (403 `decider-asked`).

    What is handled ends at once. Before that dispatch has the work and is asked to let go of it: the answer shows the
    complaint as it was, and it ends a moment later, or lapses where the reporter's withdrawal was first. 409
    `ending-not-pending` unless the request waits, 409 with the present state where the complaint has ended, with which
    the request has lapsed.
    """
    if not body.approved and body.reason is None:
        raise invalid("/reason", "decision-reason-missing")

    async def ruling(connection: AsyncConnection, complaint: Complaint, occasion: Occasion) -> Sequence[Event]:
        request = (await matters.unsettled(connection, [caller.tenant], [complaint.id])).get(complaint.id)
        wanted = request if request is not None and request.id == request_id else None
        reason = body.reason or ""
        return decide(complaint, wanted, occasion, actor=caller.subject, approved=body.approved, reason=reason)

    return await action.carry_out(caller, ruling)


@router.get("/ending-requests")
async def list_ending_requests(
    request: Request,
    response: Response,
    caller: Staff,
    engine: ReadEngine,
    state: Annotated[
        list[EndingState] | None, Query(max_length=len(EndingState), description="May be repeated; else `pending`.")
    ] = None,
    cursor: CursorText = None,
    limit: Limit = DEFAULT_LIMIT,
) -> Page[EndingRequestView]:
    """List requests for endings, the longest asked first: those that wait for a decision, unless others are named."""
    states = sorted(set(state or [EndingState.PENDING]))
    pages = Pages(request, caller, "ending-requests", {"states": states})
    after = pages.after_id(cursor)
    async with engine.connect() as connection:
        rows = await matters.requests_page(connection, caller.tenant, states, after=after, size=limit + 1)
    shown, sight = pages.cut(response, rows, limit, lambda row: row["id"]), sight_of(caller)
    return Page(items=[seen(EndingRequestView.of(row), sight) for row in shown])


async def _ask(caller: Caller, action: Acting, ending: Ending, reason: str) -> Response:
    data = EndingRequested(actor=caller.subject, ending=ending, reason=reason)
    made: list[Event] = []

    async def ruling(connection: AsyncConnection, complaint: Complaint, occasion: Occasion) -> Sequence[Event]:
        unsettled = (await matters.unsettled(connection, [caller.tenant], [complaint.id])).get(complaint.id)
        made.append(ask(complaint, data, occasion, unsettled))
        return made[-1:]

    async def answer(connection: AsyncConnection) -> StoredAnswer:
        row = await matters.one(connection, ending_request, caller.tenant, made[-1].id)
        return StoredAnswer(201, EndingRequestView.of(row).model_dump_json(), {"ETag": etag(row["version"])})

    return await action.carry_out(caller, ruling, answer=answer)
