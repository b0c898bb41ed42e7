"""New entries as they come, as server-sent events."""

import asyncio
import json
import time
from collections.abc import AsyncGenerator
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Query, Request
from fastapi.responses import StreamingResponse
from fastapi.sse import KEEPALIVE_COMMENT, format_sse_event

from contracts.lifecycle import EventType, Status
from ledger_service.api.deps import sight_of
from ledger_service.api.parameters import Categories, Codes
from ledger_service.api.schemas import LiveEntry
from ledger_service.api.tickets import listening
from ledger_service.api.views import live_entry
from ledger_service.domain.disclosure import Sight
from ledger_service.service.listeners import Ending, Row, Wanted
from ledger_service.service.live import LiveFeed
from runtime.auth import Caller
from runtime.problems import PROBLEM_RESPONSES, Problem

router = APIRouter(tags=["entries"], responses=PROBLEM_RESPONSES)

EVERY = timedelta(milliseconds=250)
"""The pause between two looks for new entries."""
_QUIET_SECONDS = 15.0
_GREETING = format_sse_event(comment="jieban", retry=2_000)
_LARGEST = 2**63 - 1
_DIGITS = len(str(_LARGEST))


class _EventStream(StreamingResponse):
    """Events that are written already: FastAPI's own class would write each of them for each listener."""

    media_type = "text/event-stream"


def encode(row: Row, position: int, sight: Sight) -> bytes:
    """Write an entry as an event, as a reader sees it, with the position as its id."""
    data = live_entry(row, sight).model_dump_json(by_alias=True)
    return format_sse_event(data_str=data, event=row["type"], id=str(position))


async def _wanted(
    caller: Annotated[Caller, Depends(listening)],
    event_type: Annotated[
        list[EventType] | None, Query(alias="type", max_length=len(EventType), description="May be repeated.")
    ] = None,
    source: Codes = None,
    category: Categories = None,
    community: Codes = None,
    grid: Codes = None,
    team: Codes = None,
    status: Annotated[
        list[Status] | None,
        Query(max_length=len(Status), description="That the complaint comes to by it. May be repeated."),
    ] = None,
) -> Wanted:
    return Wanted(
        types=frozenset(event_type or ()),
        sources=frozenset(source or ()),
        categories=frozenset(category or ()),
        communities=frozenset(community or ()),
        grids=frozenset(grid or ()),
        teams=frozenset(team or ()),
        statuses=frozenset(status or ()),
        sight=sight_of(caller),
    )


async def _last_event_id(
    in_header: Annotated[
        str | None,
        Header(
            alias="Last-Event-ID",
            description="The id of the last event that arrived; what was missed since comes first.",
        ),
    ] = None,
    in_query: Annotated[
        str | None,
        Query(alias="last_event_id", max_length=100, description="The same where no header can be sent, which counts."),
    ] = None,
    of_polyfill: Annotated[
        str | None,
        Query(alias="lastEventId", max_length=100, description="The same, as polyfills of EventSource name it."),
    ] = None,
) -> int | None:
    last_event_id = next((each for each in (in_header, in_query, of_polyfill) if each is not None), None)
    if last_event_id is None:
        return None
    is_number = last_event_id.isascii() and last_event_id.isdecimal() and len(last_event_id) <= _DIGITS
    if not (is_number and int(last_event_id) <= _LARGEST):
        raise Problem(
            400,
            "header-invalid",
            header="Last-Event-ID",
            reason_zh="应为先前事件的 id",
            reason_en="the id of an earlier event",
        )
    return int(last_event_id)


@router.get(
    "/stream",
    response_class=_EventStream,
    responses={200: {"model": LiveEntry, "description": "The data of each event."}},
    openapi_extra={"responses": {"200": {"content": {"text/event-stream": {"schema": {"type": "object"}}}}}},
)
async def stream_entries(
    request: Request,
    caller: Annotated[Caller, Depends(listening)],
    wanted: Annotated[Wanted, Depends(_wanted)],
    after: Annotated[int | None, Depends(_last_event_id)],
) -> _EventStream:
    """Send new entries as they are recorded, as server-sent events, until the client leaves or its token expires.

    The caller shows a token or, where no header can be sent, a `ticket`.

    Only entries of complaints are sent, not those of activities and exports; to analysts and administrators without
    what people wrote. An event's name is the entry's type, its data a LiveEntry as JSON. Entries of one complaint come
    in order. After a reconnection with `Last-Event-ID` nothing is missing and a few entries may come again: `position`
    tells. 410 `stream-position-too-old` where more than 100,000 entries have come since; so every 15 seconds in which
    there is nothing to hear an event `stream.position` says up to where that is so, or a comment where it has said so.
    Before the server ends a stream it sends an event `stream.ended` whose data says why: `too-slow` (the client did not
    keep up) or `server-stops`, after which it should come back, or `token-expired`. 503 where the node has as many
    listeners as it takes.
    """
    feed: LiveFeed = request.app.state.feed
    if feed.is_full:
        raise Problem(503, "stream-full", headers={"Retry-After": "5"})
    await feed.open(caller.tenant)
    if after is not None and feed.is_too_far(caller.tenant, after):
        raise Problem(410, "stream-position-too-old")
    return _EventStream(listened(feed, caller, wanted, after), headers={"X-Accel-Buffering": "no"})


async def listened(feed: LiveFeed, caller: Caller, wanted: Wanted, after: int | None) -> AsyncGenerator[bytes, None]:
    """Yield what a listener hears, and in the end why it is to go."""
    with feed.listening(caller.tenant, wanted) as listener:
        await feed.open(caller.tenant)  # again, where the last listener had left before this one was there
        yield _GREETING
        known = after or 0
        if after is not None:
            async for chunk in feed.missed(caller.tenant, wanted, after):
                yield chunk
        while (left := caller.expires_at - time.time()) > 0:
            try:
                async with asyncio.timeout(min(left, _QUIET_SECONDS)):
                    news = await listener.next()
            except TimeoutError:
                if listener.is_behind:
                    continue  # it came in this moment, and no position beyond it may be told before
                past, known = known, max(known, feed.horizon(caller.tenant, known))
                news = _position(known) if known > past else KEEPALIVE_COMMENT
            if isinstance(news, str):
                yield _ended(news)
                return
            yield news
        yield _ended("token-expired")


def _position(known: int) -> bytes:
    return format_sse_event(data_str=json.dumps({"position": known}), event="stream.position", id=str(known))


def _ended(why: Ending) -> bytes:
    return format_sse_event(data_str=json.dumps({"reason": why}), event="stream.ended")
