"""Who hears nothing of what comes is told up to where there was nothing to hear, and comes back from there."""

import asyncio
import json
import time
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from contracts.roles import Role
from histories import History
from ledger.conftest import Enter
from ledger_service.api import stream
from ledger_service.persistence import newest
from ledger_service.service import live
from ledger_service.service.listeners import Wanted
from ledger_service.service.live import LiveFeed
from ledger_service.service.recording import record_slice
from runtime.auth import Caller

ELSEWHERE = Wanted(communities=frozenset({"xingui"}))
"""What nothing here is about."""
Events = AsyncGenerator[bytes, None]


@pytest.fixture(autouse=True)
def _soon_quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "_QUIET_SECONDS", 0.05)


@pytest.fixture
def county() -> str:
    return f"t-{uuid4()}"


@pytest.fixture
def feed(engine: AsyncEngine) -> LiveFeed:
    return LiveFeed(engine, stream.encode)


def complaint(county: str) -> History:
    history = History(tenant=county)
    history.received()
    history.assigned()
    return history


@asynccontextmanager
async def listening(
    feed: LiveFeed, county: str, wanted: Wanted = ELSEWHERE, after: int | None = None
) -> AsyncIterator[Events]:
    """Listen; the stream has begun then."""
    caller = Caller(subject="d", tenant=county, roles=frozenset({Role.DISPATCHER}), expires_at=time.time() + 60)
    await feed.open(county)
    events = stream.listened(feed, caller, wanted, after)
    assert b"jieban" in await anext(events)
    yield events
    await events.aclose()


async def told(feed: LiveFeed, county: str, position: int) -> None:
    """Look for news until nothing can appear up to a position; any transaction in the database may hold that up."""
    async with asyncio.timeout(30):
        while feed.horizon(county, 0) < position:
            await feed.tell()


async def last_id(events: Events, looks: int = 3) -> int:
    """Return the id that the client has after so many quiet times; 0 where it has none."""
    chunks = [await anext(events) for _ in range(looks)]
    ids = [line.removeprefix(b"id: ") for each in chunks for line in each.splitlines() if line.startswith(b"id: ")]
    assert len(ids) <= 1, "a position that the client knows is not told again"
    return int(ids[0]) if ids else 0


async def positions(engine: AsyncEngine, *histories: History) -> list[int]:
    async with engine.connect() as connection:
        found = await newest.since(connection, histories[0].tenant, 0, (), size=1_000)
    ids = {history.id for history in histories}
    return [row["position"] for row in found.rows if row["complaint_id"] in ids]


async def test_who_hears_nothing_for_long_can_come_back_all_the_same(
    feed: LiveFeed, county: str, engine: AsyncEngine, enter: Enter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "MOST_MISSED", 3)
    async with listening(feed, county, after=0) as events:
        await anext(events)  # what was missed: nothing
        await enter(*(passed_over := [complaint(county) for _ in range(3)]))
        first, *_, last = await positions(engine, *passed_over)
        await told(feed, county, last)
        assert feed.is_too_far(county, first)
        known = await last_id(events)
    await feed.open(county)
    assert not feed.is_too_far(county, known)
    await enter(later := complaint(county))
    async with listening(feed, county, Wanted(), known) as events:
        heard = await anext(events)
    assert heard.count(b"event: ") == heard.count(str(later.id).encode()) == 2


async def test_it_is_an_event_of_its_own_with_the_position(
    feed: LiveFeed, county: str, engine: AsyncEngine, enter: Enter
) -> None:
    async with listening(feed, county) as events:
        await enter(history := complaint(county))
        await told(feed, county, max(await positions(engine, history)))
        lines = (await anext(events)).decode().splitlines()
        fields = dict(line.split(": ", 1) for line in lines if line)
        assert fields["event"] == "stream.position"
        assert json.loads(fields["data"]) == {"position": int(fields["id"])}
        assert (await anext(events)).startswith(b":")


async def test_no_position_is_told_beyond_what_is_committed_late(
    feed: LiveFeed, county: str, engine: AsyncEngine, enter: Enter
) -> None:
    late, between = complaint(county), complaint(county)
    async with listening(feed, county) as events:
        async with engine.connect() as connection:
            await record_slice(connection, late.events)
            await enter(between)
            for _ in range(3):
                await feed.tell()
            assert await last_id(events) == 0
            await connection.commit()
        last = max(await positions(engine, late, between))
        await told(feed, county, last)
        assert await last_id(events) == last


async def test_no_position_is_told_before_what_comes_in_the_same_moment(feed: LiveFeed, county: str) -> None:
    """The time of waiting is over, and before the listener knows of it, there is something to hear."""
    async with listening(feed, county) as events:
        [[listener]] = feed._listeners[county].values()
        heard = asyncio.ensure_future(anext(events))
        await asyncio.sleep(0)
        feed._tails[county].horizon = 1_000
        asyncio.get_running_loop().call_later(0.051, listener.tell, b"news")
        time.sleep(0.1)  # noqa: ASYNC251 - so that both happen in one turn of the loop
        assert await heard == b"news"
        assert await last_id(events) == 1_000


async def test_who_comes_while_news_are_looked_for_hears_of_them(
    feed: LiveFeed, county: str, enter: Enter, monkeypatch: pytest.MonkeyPatch
) -> None:
    since, history = newest.since, complaint(county)
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(listening(feed, county))
        came: list[Events] = []

        async def read(*args: Any, **options: Any) -> newest.Newest:
            came.append(await stack.enter_async_context(listening(feed, county, Wanted())))
            await enter(history)
            return await since(*args, **options)

        with monkeypatch.context() as patched:
            patched.setattr(newest, "since", read)
            await feed.tell()
        assert str(history.id).encode() in await anext(came[0])
