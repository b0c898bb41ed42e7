"""Taking a complaint back 撤回: signed in, or with the query code of its receipt."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from sqlalchemy.ext.asyncio import AsyncEngine

from contracts.lifecycle import TRANSITIONS, EventType
from contracts.roles import Role
from intake_service.api.schemas import CodedWithdrawalIn, WithdrawalIn, WithdrawalResult
from intake_service.api.speaking import voice_of_code
from intake_service.api.tracking import Number, guess_of
from intake_service.service.tracking import tracked
from intake_service.service.voices import Voice
from intake_service.service.withdrawing import withdraw
from runtime import etag
from runtime.auth import Caller, public, require
from runtime.etag import IfMatch
from runtime.problems import PROBLEM_RESPONSES

router = APIRouter(tags=["complaints"], responses=PROBLEM_RESPONSES)
Withdrawing = Annotated[Caller, Depends(require(*TRANSITIONS[EventType.WITHDRAWN].roles))]
_ASKED = {"model": WithdrawalResult, "description": "Asked for; dispatch has not decided yet"}


@router.post("/complaints/{complaint_id}/withdrawal", responses={202: _ASKED})
async def withdraw_complaint(
    complaint_id: UUID, body: WithdrawalIn, request: Request, response: Response, caller: Withdrawing, version: IfMatch
) -> WithdrawalResult:
    """Take a complaint back, until its result waits for verification.

    Dispatch decides, so that a withdrawal and an officer's action never both win: 200 once it is withdrawn, 409 with
    the present state where the work was quicker (`withdrawal-too-late`, `withdrawal-elsewhere`), where it has ended
    (`withdrawal-of-ended`) or was withdrawn before (`withdrawn-already`), 202 where the decision takes longer than
    five seconds (ask again). What was merged is withdrawn at once; its master goes on.
    """
    voice = Voice(caller, "operator" if caller.has(Role.OPERATOR) else "reporter")
    return await _withdrawn(request, response, complaint_id, voice, body, version)


@router.post("/track/{number}/withdrawal", dependencies=[Depends(public)], responses={202: _ASKED})
async def withdraw_by_code(
    number: Number, body: CodedWithdrawalIn, request: Request, response: Response, version: IfMatch
) -> WithdrawalResult:
    """Take a complaint back with the query code of its receipt; no token needed. Rules and refusals as with one.

    404 for an unknown number and for a wrong code alike; 429 `too-many-tries` after too many wrong codes.
    """
    row = await tracked(request.app.state.engine, guess_of(request, number), body.query_code)
    return await _withdrawn(request, response, row.id, voice_of_code(row), body, version)


async def _withdrawn(
    request: Request, response: Response, complaint_id: UUID, voice: Voice, body: WithdrawalIn, version: int | None
) -> WithdrawalResult:
    engine: AsyncEngine = request.app.state.engine
    result = await withdraw(engine, complaint_id, voice, body.reason, version)
    response.status_code = 200 if result.state == "done" else 202
    response.headers["ETag"] = etag.etag(result.version)
    outcome = "withdrawn" if result.state == "done" else "requested"
    return WithdrawalResult(id=complaint_id, status=result.status, withdrawal=outcome, version=result.version)
