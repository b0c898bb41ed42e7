"""New entries reach whoever may listen, once each, also after a pause."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from typing import Any

import httpx
import pytest
import pytest_asyncio
from sqlalchemy.ext.asyncio import AsyncEngine

from contracts.roles import Role
from histories import OWNER, TENANT, History
from jieban.embedded.postgres import Postgres
from ledger.conftest import SECRET, As, Enter
from ledger.hearing import Stream, hearing, serving
from ledger_service.api import stream
from ledger_service.domain.disclosure import Sight
from ledger_service.persistence import newest
from ledger_service.service import live
from ledger_service.service.listeners import Row, Wanted
from ledger_service.service.live import LiveFeed
from ledger_service.service.missed import MissedPages
from ledger_service.service.recording import record_slice
from runtime.auth import Caller, issue_token
from runtime.lifecycle import Service

Listen = Callable[..., AbstractAsyncContextManager[Stream]]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def url(service: Service) -> AsyncIterator[str]:
    async with serving(service) as api:
        yield f"{api}/stream"


@pytest.fixture
def listen(url: str, as_: As) -> Listen:
    def listening(query: str = "", after: str | None = None, headers: Any = None) -> Any:
        known = {} if after is None else {"Last-Event-ID": after}
        return hearing(url + query, {**(headers or as_(Role.DISPATCHER)), **known})

    return listening


def complaint(**changes: Any) -> History:
    history = History(**changes)
    history.received()
    history.assigned()
    return history


async def test_an_entry_comes_with_what_its_complaint_is_about(listen: Listen, enter: Enter) -> None:
    history = complaint()
    async with listen() as stream:
        await enter(history)
        first = await stream.next()
        assert first is not None
        assert (first.name, first.complaint) == ("complaint.received", str(history.id))
        assert first.data["to"] == "received"
        assert OWNER not in str(first.data)
        second = await stream.next()
    assert second is not None
    about = second.data["complaint"]
    assert (about["community"], about["team"], about["category"]) == ("fulai", "team-01", "street_order.vendors")
    assert about["location"]["lon"] == 107.2357


async def test_nobody_hears_of_another_tenants_complaints(listen: Listen, enter: Enter, as_: As) -> None:
    ours = complaint()
    async with listen() as here, listen(headers=as_(Role.DISPATCHER, tenant="600099")) as there:
        await enter(complaint(tenant="600099"), ours)
        first = await here.next()
        assert first is not None
        assert first.complaint == str(ours.id)
        other = await there.next()
        assert other is not None
        assert other.complaint != str(ours.id)


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("?type=complaint.assigned", ["complaint.assigned"]),
        ("?grid=grid-07&type=complaint.received", []),
        ("?community=fulai&category=street_order.vendors", ["complaint.received", "complaint.assigned"]),
        ("?category=noise&category=street_order", ["complaint.received", "complaint.assigned"]),
        ("?category=street", []),
        ("?source=hotline&source=resident_app", ["complaint.received", "complaint.assigned"]),
        ("?source=hotline", []),
        ("?status=assigned&status=closed", ["complaint.assigned"]),
        ("?team=team-02", []),
    ],
)
async def test_only_what_was_asked_for(listen: Listen, enter: Enter, query: str, wanted: list[str]) -> None:
    history = complaint()
    async with listen(query) as filtered, listen() as all_:
        await enter(history)
        assert await all_.of(history) == ["complaint.received", "complaint.assigned"]
        for name in wanted:
            heard = await filtered.next()
            assert heard is not None
            assert heard.name == name
        with pytest.raises(TimeoutError):
            await filtered.next(within=0.6)


async def test_who_comes_back_hears_what_was_missed(listen: Listen, enter: Enter) -> None:
    first, missed, later = complaint(), complaint(), complaint()
    async with listen() as stream:
        await enter(first)
        await stream.next()
        last = await stream.next()
    assert last is not None
    await enter(missed)
    async with listen(after=last.id) as stream:
        assert await stream.of(missed) == ["complaint.received", "complaint.assigned"]
        await enter(later)
        assert await stream.of(later) == ["complaint.received", "complaint.assigned"]


async def test_what_is_committed_late_is_heard_late(listen: Listen, enter: Enter, engine: AsyncEngine) -> None:
    late, between = complaint(), complaint()
    async with listen() as stream:
        async with engine.connect() as connection:
            await record_slice(connection, late.events)
            await enter(between)
            assert await stream.of(between) == ["complaint.received", "complaint.assigned"]
            await asyncio.sleep(0.6)
            await connection.commit()
        assert await stream.of(late) == ["complaint.received", "complaint.assigned"]


async def test_who_left_before_a_late_commit_hears_of_it_too(listen: Listen, enter: Enter, engine: AsyncEngine) -> None:
    late, between = complaint(), complaint()
    async with engine.connect() as connection:
        async with listen() as stream:
            await record_slice(connection, late.events)
            await enter(between)
            await stream.next()
            last = await stream.next()
        await connection.commit()
    assert last is not None
    async with listen(after=last.id) as stream:
        assert await stream.of(late) == ["complaint.received", "complaint.assigned"]


async def test_who_is_alone_and_comes_back_misses_nothing_while_the_stream_begins(
    engine: AsyncEngine, enter: Enter
) -> None:
    """The tail of a county that nobody listens to is let go just before the listener is there."""
    known, later = complaint(), complaint()
    await enter(known)
    feed = LiveFeed(engine, stream.encode)
    caller = Caller(subject="d", tenant=TENANT, roles=frozenset({Role.DISPATCHER}), expires_at=time.time() + 60)
    await feed.open(TENANT)
    await feed.tell()
    events = stream.listened(feed, caller, Wanted(), 0)
    await anext(events)
    while str(known.id).encode() not in await anext(events):
        pass
    await enter(later)
    await feed.tell()
    async with asyncio.timeout(2):
        while str(later.id).encode() not in await anext(events):
            pass
    await events.aclose()


async def test_who_come_back_at_once_share_what_they_missed(engine: AsyncEngine, enter: Enter) -> None:
    history = complaint(tenant="t-back-at-once")
    await enter(history)
    written: list[int] = []

    def write(row: Row, position: int, sight: Sight) -> bytes:
        written.append(row["position"])
        return stream.encode(row, position, sight)

    feed = LiveFeed(engine, write)
    await feed.open(history.tenant)

    async def missed() -> bytes:
        return b"".join([chunk async for chunk in feed.missed(history.tenant, Wanted(), 0)])

    heard = await asyncio.gather(*(missed() for _ in range(60)))
    assert len(set(heard)) == 1
    assert heard[0].count(str(history.id).encode()) >= len(history.events)
    assert len(written) == len(history.events)
    late = asyncio.create_task(missed())
    await enter(another := complaint(tenant=history.tenant))
    assert str(another.id).encode() in await missed()
    await late


async def test_ids_of_what_was_missed_go_no_further_than_was_safe_when_it_was_read(
    engine: AsyncEngine, enter: Enter, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is committed after the read is not among what was missed: an id behind it would leave it out for good."""
    history = complaint(tenant="t-safe-ids")
    await enter(history)
    safe, since = 0, newest.since

    async def read(*args: Any, **options: Any) -> newest.Newest:
        nonlocal safe
        found = await since(*args, **options)
        safe = found.rows[-1]["position"]
        return found

    monkeypatch.setattr(newest, "since", read)
    ids: list[int] = []

    def write(row: Row, position: int, sight: Sight) -> bytes:
        ids.append(position)
        return stream.encode(row, position, sight)

    page = await MissedPages(engine, write, lambda _tenant, _after: safe).behind(history.tenant, 0)
    await page.events(Sight.ALL)
    assert ids == [0] * len(history.events)


@pytest.mark.parametrize("name", ["last_event_id", "lastEventId"])
async def test_who_was_away_for_too_long_is_told_so(
    url: str, as_: As, enter: Enter, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    await enter(complaint(), complaint())
    monkeypatch.setattr(live, "MOST_MISSED", 3)
    async with httpx.AsyncClient() as client:
        answer = await client.get(f"{url}?{name}=0", headers=as_(Role.DISPATCHER))
    assert (answer.status_code, answer.json()["type"]) == (410, "urn:jieban:problem:stream-position-too-old")


async def test_it_goes_on_after_the_database_was_away(listen: Listen, enter: Enter, pg: Postgres) -> None:
    before, after = complaint(), complaint()
    async with listen() as stream:
        await enter(before)
        assert await stream.of(before) == ["complaint.received", "complaint.assigned"]
        await pg.restart()
        await enter(after)
        assert await stream.of(after) == ["complaint.received", "complaint.assigned"]


async def test_it_ends_with_the_token(listen: Listen) -> None:
    token = issue_token(SECRET, "dispatcher-1", TENANT, [Role.DISPATCHER], timedelta(seconds=2))
    async with listen(headers={"Authorization": f"Bearer {token}"}) as stream:
        assert await stream.why_ended(within=6.0) == "token-expired"


async def test_it_ends_when_the_process_is_about_to_end(listen: Listen, service: Service) -> None:
    async with listen() as stream:
        service.app.state.readiness.draining = True
        try:
            assert await stream.why_ended(within=2.0) == "server-stops"
        finally:
            service.app.state.readiness.draining = False


@pytest.mark.parametrize("known", ["", "-1", "x", "1.5", "9" * 30, "²", str(2**63), "0" * 30 + "9" * 20, "0" * 5_000])
async def test_an_id_that_is_none_is_refused(url: str, as_: As, known: str) -> None:
    async with httpx.AsyncClient() as client:
        headers = httpx.Headers([*httpx.Headers(as_(Role.DISPATCHER)).raw, (b"Last-Event-ID", known.encode())])
        answers = [await client.get(url, headers=headers)]
        if len(known) <= 100:
            answers.append(await client.get(url, params={"last_event_id": known}, headers=as_(Role.DISPATCHER)))
    for answer in answers:
        assert (answer.status_code, answer.json()["type"]) == (400, "urn:jieban:problem:header-invalid")


async def test_who_may_not_listen(url: str, as_: As) -> None:
    async with httpx.AsyncClient() as client:
        assert (await client.get(url)).status_code == 401
        for role in (Role.CITIZEN, Role.PARTNER):
            assert (await client.get(url, headers=as_(role))).status_code == 403
