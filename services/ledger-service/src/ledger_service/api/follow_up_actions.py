"""What is done about a complaint with its follow-up tasks 回访: wanting one, calling, deciding."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.envelope import Event
from contracts.lifecycle import TRANSITIONS, EventType
from contracts.roles import Role
from ledger_service.api.acting import Action
from ledger_service.api.closing_problems import task_not_found
from ledger_service.api.follow_up_schemas import AttemptBody, DecisionBody, TaskView, WishBody
from ledger_service.api.schemas import ComplaintView
from ledger_service.domain.closing import Occasion
from ledger_service.domain.complaint import Complaint
from ledger_service.persistence import follow_ups
from ledger_service.service import following_up
from ledger_service.service.following_up import Ruling, Wish
from operations.problems import invalid
from runtime.auth import Caller, require
from runtime.clock import now
from runtime.etag import etag
from runtime.idempotency import StoredAnswer
from runtime.ids import uuid7
from runtime.problems import PROBLEM_RESPONSES

router = APIRouter(prefix="/complaints/{complaint_id}/follow-ups", tags=["follow-ups"], responses=PROBLEM_RESPONSES)
Phoning = Annotated[Caller, Depends(require(*TRANSITIONS[EventType.FOLLOWED_UP].roles))]
Wisher = Annotated[Caller, Depends(require(*TRANSITIONS[EventType.FOLLOWED_UP].roles, Role.SUPERVISOR))]
Decider = Annotated[Caller, Depends(require(Role.SUPERVISOR))]


@router.post("", status_code=201, response_model=TaskView)
async def want_follow_up(body: WishBody, caller: Wisher, action: Action) -> Response:
    """Have the reporter of a closed complaint called, besides those that the rules want called.

    409 with the present state unless it is closed, 409 `follow-up-exists` where they are to be called already.
    """
    if body.due_at is not None and body.due_at <= now():
        raise invalid("/due_at", "moment-past")
    wanted = Wish(uuid7(), caller.subject, body.note, body.due_at)

    async def work(connection: AsyncConnection, complaint: Complaint, occasion: Occasion) -> Sequence[Event]:
        await following_up.wish(connection, complaint, wanted, occasion)
        return []

    async def answer(connection: AsyncConnection) -> StoredAnswer:
        row = await follow_ups.one(connection, caller.tenant, wanted.id)
        if row is None:
            raise task_not_found()
        headers = {"Location": f"/ledger/v1/follow-ups/{wanted.id}", "ETag": etag(row["version"])}
        return StoredAnswer(201, TaskView.of(row, now()).model_dump_json(), headers)

    return await action.carry_out(caller, work, answer=answer)


@router.post("/{task_id}/attempts", response_model=ComplaintView)
async def report_call(task_id: UUID, body: AttemptBody, caller: Phoning, action: Action, request: Request) -> Response:
    """Report a call 登记回访, and see what becomes of the complaint.

    Before the closing: solved closes it, not solved gives the unit another round with `note` as the reason, and where
    nobody is reached in the end, the rules let it pass or ask a supervisor. Afterwards, `satisfaction` and `solved` are
    the reporter's word, which is given once a round (409 `feedback-exists`). After `refused` and `wrong_number` nobody
    calls again. 409 `follow-up-over`, 409 `follow-up-claimed` while a colleague has the task, 422 for answers that do
    not fit the script. `If-Match` names the complaint.
    """
    window: timedelta = request.app.state.reopening_window

    async def work(connection: AsyncConnection, complaint: Complaint, occasion: Occasion) -> Sequence[Event]:
        return await following_up.call(connection, complaint, task_id, body.call(caller.subject), occasion, window)

    return await action.carry_out(caller, work)


@router.post("/{task_id}/decision", response_model=ComplaintView)
async def decide_follow_up(
    task_id: UUID, body: DecisionBody, caller: Decider, action: Action, request: Request
) -> Response:
    """Decide on a bad word 复核, or on a gate where nobody was reached.

    A review: `reopen` gives the unit another round (409 `reopening-too-late` after the window), `leave` keeps it
    closed, with the reason as an entry. A gate: `close`, or `rework`. 409 `follow-up-over` once the task or its round
    is over. `If-Match` names the complaint.
    """
    window: timedelta = request.app.state.reopening_window
    ruling = Ruling(body.decision, caller.subject, body.reason)

    async def work(connection: AsyncConnection, complaint: Complaint, occasion: Occasion) -> Sequence[Event]:
        return await following_up.decide(connection, complaint, task_id, ruling, occasion, window)

    return await action.carry_out(caller, work)
