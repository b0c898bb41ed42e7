"""The reporter's word without an account: by the query code of the receipt, or by a link."""

import hmac
from datetime import timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Request, Response
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from contracts.events import FeedbackReceived, query_code_digest
from contracts.lifecycle import EventType, IllegalTransition, Status, next_status
from contracts.roles import Role
from ledger_service.api.deps import Engine, ReadEngine
from ledger_service.api.feedback_problems import code_unknown, link_expired, link_unknown, no_links, not_closed
from ledger_service.api.feedback_schemas import AskedView, CodeBody, HeardView, LinkBody, LinkView, WordBody
from ledger_service.api.schemas import LabelView
from ledger_service.api.views import parse_data
from ledger_service.api.wholeness import whole
from ledger_service.domain.closing import Occasion
from ledger_service.domain.errors import FeedbackExists
from ledger_service.domain.feedback_links import FeedbackLink, LinkUnknown
from ledger_service.domain.labels import STATUS_LABELS
from ledger_service.domain.words import REPORTER_ACTOR
from ledger_service.persistence import stories
from ledger_service.persistence.stories import Row
from ledger_service.service.words import RoundOver, Word, hear
from operations.problems import not_found
from operations.wrong_codes import Guess
from runtime.auth import Caller, public, require
from runtime.clock import now
from runtime.ids import uuid7
from runtime.problems import PROBLEM_RESPONSES, Problem
from runtime.tracing import current_traceparent

router = APIRouter(tags=["feedback"], responses=PROBLEM_RESPONSES)
Sender = Annotated[Caller, Depends(require(Role.OPERATOR, Role.SUPERVISOR, Role.ADMIN))]
Token = Annotated[str, Path(max_length=200, pattern=r"^[\w-]+$")]
_NOBODY = UUID(int=0)


@router.post("/feedback", dependencies=[Depends(public), Depends(whole)])
async def rate_by_code(body: CodeBody, request: Request, response: Response, engine: Engine) -> HeardView:
    """Give the reporter's word with the number and the query code of the receipt; no token needed.

    404 `query-code-unknown` for an unknown number and for a wrong code alike; 429 after ten wrong codes for a number
    within a quarter of an hour, or a hundred from one address within a minute. 409 `feedback-too-early` unless the
    complaint is closed, `feedback-impossible` where it was withdrawn, rejected or voided, `feedback-at-master` where it
    was merged, `feedback-exists` for a second word.
    """
    response.headers["Cache-Control"] = "no-store"
    tenant = request.app.state.settings.tenant
    guess = Guess(tenant, body.number, request.client.host if request.client else "")
    async with engine.connect() as connection:
        await guess.check(connection)
        row = await stories.by_number(connection, tenant, body.number)
    if not _is_code(row, body.query_code) or row is None:
        await guess.note_wrong(engine)
        raise code_unknown()
    return await _hear(request, engine, row, body, None)


@router.post("/complaints/{complaint_id}/feedback-links")
async def make_feedback_link(
    complaint_id: UUID, body: LinkBody, request: Request, caller: Sender, engine: ReadEngine
) -> LinkView:
    """Make a link by which the reporter of a closed complaint gives their word without an account.

    It is signed, not stored: a repeat makes another one, and each is good for this round until it expires.
    """
    key = _key(request)
    async with engine.connect() as connection:
        row = await stories.complaint(connection, caller.tenant, complaint_id, owner=None)
    if row is None:
        raise not_found()
    _check_closed(row)
    expires_at = (now() + timedelta(days=body.valid_days)).replace(microsecond=0)
    token = FeedbackLink(caller.tenant, complaint_id, row["round"], expires_at).sign(key)
    return LinkView(token=token, path=f"/ledger/v1/feedback/{token}", round=row["round"], expires_at=expires_at)


@router.get("/feedback/{token}", dependencies=[Depends(public)])
async def show_asked(token: Token, request: Request, response: Response, engine: ReadEngine) -> AskedView:
    """Show what the holder of a link is asked about. 404 `feedback-link-unknown`, 410 `feedback-link-expired`."""
    response.headers["Cache-Control"] = "no-store"
    link = _read(request, token)
    async with engine.connect() as connection:
        row = await _linked(connection, link)
        said = await stories.result(connection, link.tenant, link.complaint_id)
    result = {} if said is None else parse_data(said)
    return AskedView(
        number=row["number"],
        category=row["category"],
        status=row["status"],
        status_label=LabelView.model_validate(STATUS_LABELS[Status(row["status"])]),
        closed_at=row["closed_at"],
        handling_mode=result.get("handling_mode"),
        result=result.get("result"),
        rated=row["satisfaction"] is not None,
        expires_at=link.expires_at,
    )


@router.post("/feedback/{token}", dependencies=[Depends(public), Depends(whole)])
async def rate_by_link(token: Token, body: WordBody, request: Request, response: Response, engine: Engine) -> HeardView:
    """Give the reporter's word by a link. 404 `feedback-link-unknown`, 410 `feedback-link-expired` once it is over.

    409 `feedback-too-early` unless the complaint is closed, `feedback-impossible` where it was withdrawn, rejected or
    voided, `feedback-at-master` where it was merged, `feedback-exists` for a second word.
    """
    response.headers["Cache-Control"] = "no-store"
    link = _read(request, token)
    async with engine.connect() as connection:
        row = await _linked(connection, link)
    return await _hear(request, engine, row, body, link)


async def _hear(
    request: Request, engine: AsyncEngine, row: Row, body: WordBody, link: FeedbackLink | None
) -> HeardView:
    _check_closed(row)
    data = FeedbackReceived(
        actor=REPORTER_ACTOR,
        satisfaction=body.satisfaction,
        solved=body.solved,
        comment=body.comment,
        channel="code" if link is None else "link",
    )
    word = Word(row["tenant"], row["complaint_id"], data, None if link is None else link.round)
    occasion = Occasion(now(), current_traceparent(), uuid7)
    try:
        await hear(engine, word, occasion, request.app.state.reopening_window)
    except FeedbackExists as error:
        raise Problem(409, "feedback-exists") from error
    except IllegalTransition as error:
        raise not_closed(str(error.status)) from error
    except RoundOver as error:
        raise link_expired() from error
    return HeardView(number=row["number"], satisfaction=body.satisfaction, solved=body.solved)


def _check_closed(row: Row) -> None:
    try:
        next_status(Status(row["status"]), EventType.FEEDBACK_RECEIVED)
    except IllegalTransition as error:
        raise not_closed(row["status"]) from error


def _is_code(row: Row | None, code: str) -> bool:
    """Compare in constant time, also where there is no such complaint."""
    wanted = "-" * 64 if row is None else row["query_code_digest"]
    given = query_code_digest(_NOBODY if row is None else row["complaint_id"], code)
    return hmac.compare_digest(wanted.encode(), given.encode())


def _key(request: Request) -> bytes:
    key: bytes | None = request.app.state.feedback_key
    if key is None:
        raise no_links()
    return key


def _read(request: Request, token: str) -> FeedbackLink:
    try:
        link = FeedbackLink.read(token, _key(request))
    except LinkUnknown as error:
        raise link_unknown() from error
    if link.expires_at <= now():
        raise link_expired()
    return link


async def _linked(connection: AsyncConnection, link: FeedbackLink) -> Row:
    row = await stories.complaint(connection, link.tenant, link.complaint_id, owner=None)
    if row is None or row["round"] != link.round:
        raise link_expired()
    return row
