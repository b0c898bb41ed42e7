"""New entries reach whoever may listen, once each, also after a pause."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import timedelta
from typing import Any, NamedTuple

import httpx
import pytest
import pytest_asyncio
from sqlalchemy.ext.asyncio import AsyncEngine

from contracts.roles import Role
from histories import TENANT, History
from jieban.embedded.postgres import Postgres
from ledger.conftest import SECRET, As, Enter
from ledger_service.service.recording import record_slice
from runtime.auth import issue_token
from runtime.http import CompositeApp
from runtime.lifecycle import Service
from runtime.server import EmbeddedServer, bind
from runtime.supervision import keep_running

pytestmark = pytest.mark.timeout(60)


class Heard(NamedTuple):
    name: str
    id: str
    data: dict[str, Any]

    @property
    def complaint(self) -> str:
        return str(self.data["complaint_id"])


class Stream:
    """What a client hears."""

    def __init__(self, response: httpx.Response) -> None:
        self.lines = response.aiter_lines()

    async def next(self, within: float = 5.0) -> Heard | None:
        """Return the next event; None where the server has ended the stream."""
        fields: dict[str, str] = {}
        async with asyncio.timeout(within):
            async for line in self.lines:
                if not line and "data" in fields:
                    return Heard(fields["event"], fields["id"], json.loads(fields["data"]))
                name, _, value = line.partition(": ")
                fields[name] = value
        return None

    async def of(self, history: History) -> list[str]:
        """Return the types of the complaint's next events, as many as it has, passing over those of others."""
        types: list[str] = []
        while len(types) < len(history.events):
            heard = await self.next()
            assert heard is not None
            if heard.complaint == str(history.id):
                types.append(heard.name)
        return types


Listen = Callable[..., AbstractAsyncContextManager[Stream]]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def url(service: Service) -> AsyncIterator[str]:
    """The ledger on a port, with what runs beside its API."""
    listener, stop = bind("127.0.0.1", 0), asyncio.Event()
    server = EmbeddedServer(CompositeApp({"ledger": service.app}, operations_only=False), drain_seconds=1)
    tasks = [asyncio.create_task(keep_running(worker, stop)) for worker in service.workers["api"]]
    tasks.append(asyncio.create_task(server.serve(sockets=[listener])))
    await server.is_up.wait()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}/ledger/v1/stream"
    stop.set()
    server.should_exit = True
    await asyncio.gather(*tasks)


@pytest.fixture
def listen(url: str, as_: As) -> Listen:
    @asynccontextmanager
    async def listening(query: str = "", after: str | None = None, headers: Any = None) -> AsyncIterator[Stream]:
        known = {} if after is None else {"Last-Event-ID": after}
        async with (
            httpx.AsyncClient(timeout=20) as client,
            client.stream("GET", url + query, headers={**(headers or as_(Role.DISPATCHER)), **known}) as response,
        ):
            assert response.status_code == 200
            assert response.headers["content-type"].startswith("text/event-stream")
            yield Stream(response)

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
        ("?source=hotline&source=resident_app", ["complaint.received", "complaint.assigned"]),
        ("?source=hotline", []),
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
        assert await stream.next(within=6.0) is None


async def test_it_ends_when_the_process_is_about_to_end(listen: Listen, service: Service) -> None:
    async with listen() as stream:
        service.app.state.readiness.draining = True
        try:
            assert await stream.next(within=2.0) is None
        finally:
            service.app.state.readiness.draining = False


@pytest.mark.parametrize("known", ["-1", "x", "1.5", "9" * 30, "²"])
async def test_an_id_that_is_none_is_refused(url: str, as_: As, known: str) -> None:
    async with httpx.AsyncClient() as client:
        headers = httpx.Headers([*httpx.Headers(as_(Role.DISPATCHER)).raw, (b"Last-Event-ID", known.encode())])
        answer = await client.get(url, headers=headers)
    assert (answer.status_code, answer.json()["type"]) == (400, "urn:jieban:problem:header-invalid")


async def test_who_may_not_listen(url: str, as_: As) -> None:
    async with httpx.AsyncClient() as client:
        assert (await client.get(url)).status_code == 401
        for role in (Role.CITIZEN, Role.PARTNER):
            assert (await client.get(url, headers=as_(role))).status_code == 403
