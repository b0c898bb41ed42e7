"""A ticket opens the stream in place of a token: once, soon, for whoever it was given to, and leaves no trace."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
import pytest_asyncio
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from contracts.roles import Role
from histories import TENANT, History
from ledger.conftest import SECRET, As, Enter
from ledger.hearing import hearing, serving
from runtime.auth import issue_token
from runtime.lifecycle import Service

TICKETS = "/stream/tickets"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def url(service: Service) -> AsyncIterator[str]:
    async with serving(service) as api:
        yield f"{api}/stream"


async def ticket(client: httpx.AsyncClient, headers: dict[str, str]) -> str:
    answer = await client.post(TICKETS, headers=headers)
    assert answer.status_code == 201
    assert answer.headers["cache-control"] == "no-store"
    return str(answer.json()["ticket"])


def refused(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["type"].rpartition(":")[2]


def complaint(**changes: Any) -> History:
    history = History(**changes)
    history.received()
    return history


async def test_it_opens_the_stream_of_its_tenant_once(
    client: httpx.AsyncClient, url: str, enter: Enter, as_: As
) -> None:
    ours, theirs = complaint(), complaint(tenant="600099")
    given = await ticket(client, as_(Role.ANALYST))
    async with hearing(f"{url}?ticket={given}") as stream:
        await enter(theirs, ours)
        heard = await stream.next()
        assert heard is not None
        assert heard.complaint == str(ours.id)
    again = await client.get("/stream", params={"ticket": given})
    assert refused(again) == (401, "ticket-invalid")
    assert again.headers["www-authenticate"].startswith("Bearer")


async def test_two_at_once_get_one_stream(client: httpx.AsyncClient, url: str, as_: As) -> None:
    given = await ticket(client, as_(Role.ANALYST))

    async def opened() -> int:
        async with httpx.AsyncClient() as caller, caller.stream("GET", f"{url}?ticket={given}") as answer:
            return answer.status_code

    assert sorted(await asyncio.gather(*(opened() for _ in range(5)))) == [200, 401, 401, 401, 401]


async def test_with_it_a_page_reads_on_from_where_it_was(
    client: httpx.AsyncClient, url: str, enter: Enter, as_: As
) -> None:
    first, missed = complaint(), complaint()
    async with hearing(f"{url}?ticket={await ticket(client, as_(Role.ANALYST))}") as stream:
        await enter(first)
        last = await stream.next()
    assert last is not None
    await enter(missed)
    given = await ticket(client, as_(Role.ANALYST))
    async with hearing(f"{url}?ticket={given}&last_event_id={last.id}") as stream:
        assert await stream.of(missed) == ["complaint.received"]


async def test_the_stream_ends_with_the_token_that_it_was_asked_for_with(client: httpx.AsyncClient, url: str) -> None:
    token = issue_token(SECRET, "analyst-1", TENANT, [Role.ANALYST], timedelta(seconds=4))
    given = await ticket(client, {"Authorization": f"Bearer {token}"})
    async with hearing(f"{url}?ticket={given}") as stream:
        assert await stream.why_ended(within=9.0) == "token-expired"


async def test_it_is_too_old_after_half_a_minute_and_then_forgotten(
    client: httpx.AsyncClient, engine: AsyncEngine, as_: As
) -> None:
    old = await ticket(client, as_(Role.ANALYST))
    async with engine.begin() as connection:
        await connection.execute(sa.text("UPDATE stream_ticket SET valid_until = valid_until - interval '31 seconds'"))
    assert refused(await client.get("/stream", params={"ticket": old})) == (401, "ticket-invalid")

    await ticket(client, as_(Role.ANALYST))
    async with engine.begin() as connection:
        await connection.execute(sa.text("UPDATE stream_ticket SET valid_until = valid_until - interval '31 seconds'"))
    await ticket(client, as_(Role.ANALYST))
    async with engine.connect() as connection:
        assert await connection.scalar(sa.text("SELECT count(*) FROM stream_ticket")) == 1


@pytest.mark.parametrize("given", ["", "x", "票", "%00", "a" * 100])
async def test_what_is_none_is_refused(client: httpx.AsyncClient, given: str) -> None:
    assert refused(await client.get("/stream", params={"ticket": given})) == (401, "ticket-invalid")


async def test_who_gets_none_and_where_it_opens_nothing(client: httpx.AsyncClient, as_: As) -> None:
    for role in (Role.CITIZEN, Role.PARTNER):
        assert (await client.post(TICKETS, headers=as_(role))).status_code == 403
    assert (await client.post(TICKETS)).status_code == 401
    given = await ticket(client, as_(Role.ADMIN))
    assert (await client.get("/complaints", params={"ticket": given})).status_code == 401
    by_token = await client.get("/stream", params={"ticket": given}, headers={"Authorization": "Bearer x"})
    assert refused(by_token) == (401, "token-invalid")


async def test_it_is_neither_logged_nor_kept(
    client: httpx.AsyncClient, url: str, engine: AsyncEngine, as_: As, capfd: pytest.CaptureFixture[str]
) -> None:
    given = await ticket(client, as_(Role.ANALYST))
    async with engine.connect() as connection:
        kept = str((await connection.execute(sa.text("SELECT * FROM stream_ticket"))).all())
    async with hearing(f"{url}?ticket={given}"):
        pass
    assert (await client.get("/stream", params={"ticket": given})).status_code == 401
    written = "".join(capfd.readouterr())
    assert "/ledger/v1/stream" in written
    assert given not in written + kept
