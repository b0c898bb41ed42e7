"""Appeals 申诉 against ratings: appealing, deciding, and what waits for a decision."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.envelope import Event
from contracts.lifecycle import TRANSITIONS, EventType
from contracts.roles import Role
from ledger_service.api.acting import Action
from ledger_service.api.deps import ReadEngine, Staff, sight_of
from ledger_service.api.ruling_schemas import AppealDecisionBody, AppealView, ReasonBody
from ledger_service.api.schemas import ComplaintView
from ledger_service.api.views import seen
from ledger_service.domain.appeals import AppealState, appeal, decide
from ledger_service.domain.closing import Occasion
from ledger_service.domain.complaint import Complaint
from ledger_service.persistence import matters
from ledger_service.persistence.tables import rating_appeal
from operations.pages import Page, Pages
from runtime.auth import Caller, require
from runtime.etag import etag
from runtime.idempotency import StoredAnswer
from runtime.paging import DEFAULT_LIMIT, CursorText, Limit
from runtime.problems import PROBLEM_RESPONSES

router = APIRouter(tags=["appeals"], responses=PROBLEM_RESPONSES)
Appellant = Annotated[Caller, Depends(require(*TRANSITIONS[EventType.RATING_APPEALED].roles))]
Decider = Annotated[Caller, Depends(require(*TRANSITIONS[EventType.APPEAL_DECIDED].roles))]


@router.post("/complaints/{complaint_id}/appeals", status_code=201, response_model=AppealView)
async def appeal_against_rating(body: ReasonBody, caller: Appellant, action: Action, request: Request) -> Response:
    """Appeal against the reporter's last rating, once: whoever resolved the complaint, or a dispatcher.

    409 with the present state unless it is closed, 409 `rating-missing` where it is not rated, `appeal-exists` for a
    second appeal, and `appeal-too-late` once the window (7 days from the rating, `JIEBAN_APPEAL_DAYS`) is over. 403
    `appeal-not-yours` for an officer who has not resolved it.
    """
    window: timedelta = request.app.state.appeal_window
    made: list[Event] = []
    is_worker_only = not caller.has(Role.DISPATCHER)

    async def ruling(_: AsyncConnection, complaint: Complaint, occasion: Occasion) -> Sequence[Event]:
        facts = {"actor": caller.subject, "reason": body.reason}
        made.append(appeal(complaint, occasion, **facts, only_worker=is_worker_only, window=window))
        return made[-1:]

    async def answer(connection: AsyncConnection) -> StoredAnswer:
        row = await matters.one(connection, rating_appeal, caller.tenant, made[-1].id)
        return StoredAnswer(201, AppealView.of(row).model_dump_json(), {"ETag": etag(row["version"])})

    return await action.carry_out(caller, ruling, answer=answer)


@router.post("/complaints/{complaint_id}/appeals/{appeal_id}/decision", response_model=ComplaintView)
async def decide_on_appeal(appeal_id: UUID, body: AppealDecisionBody, caller: Decider, action: Action) -> Response:
    """Uphold an appeal or reject it. An upheld one takes the rating out of the figures; its entry stays.

    Whoever appealed cannot decide (403 `decider-asked`). 409 `appeal-not-pending` unless it waits for a decision.
    """

    async def ruling(connection: AsyncConnection, complaint: Complaint, occasion: Occasion) -> Sequence[Event]:
        pending = (await matters.pending_appeals(connection, [caller.tenant], [complaint.id])).get(appeal_id)
        upheld, reason = body.upheld, body.reason
        return [decide(complaint, pending, occasion, actor=caller.subject, upheld=upheld, reason=reason)]

    return await action.carry_out(caller, ruling)


@router.get("/appeals")
async def list_appeals(
    request: Request,
    response: Response,
    caller: Staff,
    engine: ReadEngine,
    state: Annotated[
        list[AppealState] | None, Query(max_length=len(AppealState), description="May be repeated; else `pending`.")
    ] = None,
    cursor: CursorText = None,
    limit: Limit = DEFAULT_LIMIT,
) -> Page[AppealView]:
    """List appeals, the longest made first: those that wait for a decision, unless others are named."""
    states = sorted(set(state or [AppealState.PENDING]))
    pages = Pages(request, caller, "appeals", {"states": states})
    after = pages.after_id(cursor)
    async with engine.connect() as connection:
        rows = await matters.appeals_page(connection, caller.tenant, states, after=after, size=limit + 1)
    shown, sight = pages.cut(response, rows, limit, lambda row: row["id"]), sight_of(caller)
    return Page(items=[seen(AppealView.of(row), sight) for row in shown])
