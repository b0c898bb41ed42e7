"""Parked messages over REST: list, show, release in order, discard with a reason.

They are raw records of the whole platform, so only administrators of the tenant that operates it may see them.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Request, Response
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from eventbus.release import ParkedMessages
from operations.operators import Operator
from operations.pages import Page, Pages
from runtime.outages import is_outage
from runtime.paging import DEFAULT_LIMIT, CursorText, Limit
from runtime.problems import PROBLEM_RESPONSES, Problem, register_texts
from runtime.types import saying_something

register_texts(
    {
        "parked-message-not-found": (
            "没有该停放消息",
            "Parked message not found",
            "没有编号为 {id} 的停放消息。",
            "There is no parked message {id}.",
        ),
        "parked-message-settled": (
            "停放消息已处理",
            "Parked message settled",
            "该停放消息已处理，当前状态为“{state_zh}”。",
            "The parked message is settled already: it is {state}.",
        ),
        "parked-message-fails-again": (
            "停放消息仍无法处理",
            "Parked message fails again",
            "重新处理时再次出错（{error_class}）：{error}。该消息及其后的同键消息仍停放。",
            "It failed again ({error_class}): {error}. It stays parked, with what is behind it.",
        ),
    }
)


class ParkedMessage(BaseModel):
    """A message that could not be applied, and why."""

    id: int
    consumer: str
    topic: str
    partition: int
    offset: int
    key: str
    event_id: UUID | None
    error_class: str
    error: str
    attempts: int
    state: Literal["parked", "released", "discarded"]
    parked_at: datetime
    settled_at: datetime | None
    settled_by: str | None
    reason: str | None


class ParkedContent(ParkedMessage):
    """A parked message with what it says."""

    headers: dict[str, str]
    value: str | None


class Discard(BaseModel):
    """Why a message is given up for good."""

    model_config = ConfigDict(extra="forbid")

    reason: Annotated[str, Field(min_length=1, max_length=500), AfterValidator(saying_something)]


class Released(BaseModel):
    """How many messages of the key went through, oldest first."""

    released: int


async def _parked(request: Request) -> ParkedMessages:
    parked: ParkedMessages = request.app.state.parked
    return parked


Parked = Annotated[ParkedMessages, Depends(_parked)]
MessageId = Annotated[int, Path(ge=1, le=2**63 - 1)]
State = Literal["parked", "released", "discarded", "all"]
_SETTLED_ZH = {"released": "已重新处理", "discarded": "已放弃"}

router = APIRouter(prefix="/parked", tags=["parked messages"], responses=PROBLEM_RESPONSES)


@router.get("")
async def list_parked(
    request: Request,
    response: Response,
    caller: Operator,
    parked: Parked,
    state: State = "parked",
    cursor: CursorText = None,
    limit: Limit = DEFAULT_LIMIT,
) -> Page[ParkedMessage]:
    """List parked messages, oldest first, without their contents."""
    pages = Pages(request, caller, "parked", {"state": state})
    after = pages.after_number(cursor) or 0
    rows = await parked.list(state=None if state == "all" else state, after=after, size=limit + 1)
    shown = pages.cut(response, rows, limit, lambda row: row["id"])
    return Page(items=[ParkedMessage(**row) for row in shown])


@router.get("/{message_id}")
async def show_parked(message_id: MessageId, _caller: Operator, parked: Parked) -> ParkedContent:
    """Show one message with its headers and value as text."""
    return ParkedContent(**await _find(parked, message_id))


@router.post("/{message_id}/release")
async def release_parked(message_id: MessageId, caller: Operator, parked: Parked) -> Released:
    """Apply the message and all others of its key, oldest first, through the same handler as at first.

    Stops with 409 at the first that still fails; those before it are released.
    """
    await _find_open(parked, message_id)
    try:
        return Released(released=await parked.release(message_id, by=caller.subject))
    except Exception as error:
        if is_outage(error):
            raise
        await _find_open(parked, message_id)
        raise Problem(
            409, "parked-message-fails-again", error_class=type(error).__name__, error=str(error)[:500]
        ) from error


@router.post("/{message_id}/discard")
async def discard_parked(message_id: MessageId, body: Discard, caller: Operator, parked: Parked) -> ParkedContent:
    """Give the message up for good: it counts as applied, and what is behind it can be released."""
    await _find_open(parked, message_id)
    try:
        await parked.discard(message_id, by=caller.subject, reason=body.reason)
    except LookupError:
        await _find_open(parked, message_id)
        raise
    return ParkedContent(**await _find(parked, message_id))


async def _find(parked: ParkedMessages, message_id: int) -> Mapping[str, Any]:
    row = await parked.show(message_id)
    if row is None:
        raise Problem(404, "parked-message-not-found", id=message_id)
    return row


async def _find_open(parked: ParkedMessages, message_id: int) -> None:
    """Raise 404 where there is no such message and 409 where it is settled."""
    state = (await _find(parked, message_id))["state"]
    if state != "parked":
        raise Problem(
            409, "parked-message-settled", extra={"present": {"state": state}}, state=state, state_zh=_SETTLED_ZH[state]
        )
