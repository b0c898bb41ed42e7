"""Asking a reporter something, and answering it."""

from datetime import timedelta
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.lifecycle import TRANSITIONS, EventType
from contracts.roles import STAFF, Role
from intake_service.api.attachments import Store
from intake_service.api.deps import seen_by
from intake_service.api.reporter_schemas import AnswerIn, AnswerTaken, CodedAnswerIn, QuestionIn, QuestionOut
from intake_service.api.speaking import Speaker, created, voice_of_code
from intake_service.api.tracking import Number, guess_of
from intake_service.domain.reporting import Words
from intake_service.service import questioning
from intake_service.service.tracking import tracked
from intake_service.service.voices import Voice
from operations.once import Once, Work
from operations.pages import Page
from runtime.auth import Caller, public, require
from runtime.etag import IfMatch
from runtime.idempotency import StoredAnswer
from runtime.problems import PROBLEM_RESPONSES

router = APIRouter(tags=["reporters"], responses=PROBLEM_RESPONSES)
Asking = Annotated[Caller, Depends(require(*TRANSITIONS[EventType.QUESTION_ASKED].roles))]
Reader = Annotated[Caller, Depends(require(*STAFF, Role.CITIZEN))]
_ASKED = {"model": QuestionOut, "description": "Asked; the clock waits"}
_TAKEN = {"model": AnswerTaken, "description": "Answered; the clock goes on"}


@router.post("/complaints/{complaint_id}/questions", status_code=201, responses={201: _ASKED})
async def ask_reporter(
    complaint_id: UUID, body: QuestionIn, request: Request, caller: Asking, once: Once, version: IfMatch
) -> Response:
    """Ask the reporter something: the clock waits for the answer, and goes on without it after some days.

    Operators, dispatchers and supervisors ask about any complaint, officers about those they work on
    (403 `not-in-charge`). 409 `question-open` while another question waits, `question-not-now` unless somebody works on
    the complaint, `no-reporter` where nobody could answer, `too-many-questions` after ten.
    """
    keep = timedelta(days=request.app.state.settings.question_days)

    async def ask(connection: AsyncConnection) -> StoredAnswer:
        asked = await questioning.ask(connection, complaint_id, caller, body.text, keep, version)
        return created(_shown(asked.row), asked.version)

    return await once.run(caller, ask)


@router.post("/complaints/{complaint_id}/questions/{question_id}/answer", status_code=201, responses={201: _TAKEN})
async def answer_question(
    complaint_id: UUID, question_id: UUID, body: AnswerIn, voice: Speaker, store: Store, once: Once
) -> Response:
    """Answer as the reporter, or as an operator who has it from the phone. 409 `question-over` once it is over."""
    work = _answering(complaint_id, question_id, voice, body.words(), store.limits.per_complaint)
    return await once.run(voice.caller, work)


@router.post(
    "/track/{number}/questions/{question_id}/answer",
    status_code=201,
    dependencies=[Depends(public)],
    responses={201: _TAKEN},
)
async def answer_question_by_code(
    number: Number, question_id: UUID, body: CodedAnswerIn, request: Request, store: Store, once: Once
) -> Response:
    """Answer with the query code of the receipt; no token needed. 409 `question-over` once it is over."""
    row = await tracked(request.app.state.engine, guess_of(request, number), body.query_code)
    voice = voice_of_code(row)
    return await once.run(
        voice.caller, _answering(row.id, question_id, voice, body.words(), store.limits.per_complaint)
    )


@router.get("/complaints/{complaint_id}/questions")
async def list_questions(complaint_id: UUID, request: Request, caller: Reader, store: Store) -> Page[QuestionOut]:
    """List what the reporter of a complaint was asked, in order; one page, because they are few."""
    await seen_by(caller, complaint_id, request)
    async with store.engine.connect() as connection:
        rows = await questioning.of_complaint(connection, complaint_id)
    is_staff = caller.has(*STAFF)
    return Page(items=[_shown(row, is_staff=is_staff) for row in rows])


def _answering(complaint_id: UUID, question_id: UUID, voice: Voice, words: Words, most: int) -> Work:
    async def answer(connection: AsyncConnection) -> StoredAnswer:
        taken = await questioning.answer(connection, complaint_id, question_id, voice, words, most)
        body = AnswerTaken(question=question_id, answered_at=taken.row.ended_at, version=taken.version)
        return created(body, taken.version)

    return answer


def _shown(row: Any, *, is_staff: bool = True) -> QuestionOut:
    return QuestionOut(
        id=row.id,
        complaint=row.complaint_id,
        state=row.state,
        text=row.text,
        asked_by=row.asked_by if is_staff else None,
        asked_at=row.asked_at,
        lapses_at=row.lapses_at,
        answer=row.answer,
        attachments=row.attachments,
        ended_at=row.ended_at,
    )
