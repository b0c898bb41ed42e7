"""The ledger compares itself with itself: it finds what does not fit, and only that."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
import pytest_asyncio
from prometheus_client import REGISTRY
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from contracts.roles import Role
from eventbus.books import Window
from histories import History
from ledger.conftest import As, Enter
from ledger_service.persistence.reconciliation import EntryBook
from ledger_service.service.reconciling import reconcile
from refusals import code_of
from runtime.clock import now


@pytest_asyncio.fixture(loop_scope="session", autouse=True)
async def empty(engine: AsyncEngine) -> AsyncIterator[None]:
    """An empty ledger, and one whose entries may be changed as an accident would."""
    async with engine.begin() as connection:
        await connection.execute(text("ALTER TABLE entry DISABLE TRIGGER entry_append_only"))
        await connection.execute(text("TRUNCATE entry, ledger_complaint, inbox, outbox, parked_message"))
    yield


@pytest.fixture
def closed(client: httpx.AsyncClient, as_: As, enter: Enter) -> Any:
    async def closed() -> History:
        history = History().until_resolved()
        await enter(history)
        path = f"complaints/{history.id}/verification"
        answer = await client.post(path, json={"method": "on_site"}, headers=as_(Role.INSPECTOR))
        assert answer.status_code == 200
        return history

    return closed


async def _reconcile(client: httpx.AsyncClient, as_: As, role: Role = Role.ANALYST, **query: str) -> Any:
    answer = await client.get("reconciliation", headers=as_(role), params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_a_ledger_that_fits_together_has_no_differences(client: httpx.AsyncClient, as_: As, closed: Any) -> None:
    await closed()
    found = await _reconcile(client, as_)
    assert (found["entries"], found["complaints"], found["differences"]) == (7, 1, [])
    assert (found["parked"], found["outbox"]["waiting"]) == (0, 2)


@pytest.mark.parametrize(
    ("kind", "accident"),
    [
        ("gap", "DELETE FROM entry WHERE type = 'complaint.accepted'"),
        ("behind", "DELETE FROM entry WHERE type = 'complaint.closed'"),
        ("status", "UPDATE ledger_complaint SET status = 'resolved'"),
        ("unknown", "DELETE FROM ledger_complaint"),
        ("unentered", "DELETE FROM entry WHERE type = 'complaint.closed'"),
        ("unpublished", "DELETE FROM outbox WHERE type = 'complaint.verified'"),
    ],
)
async def test_an_accident_is_found(
    client: httpx.AsyncClient, as_: As, closed: Any, engine: AsyncEngine, kind: str, accident: str
) -> None:
    history = await closed()
    async with engine.begin() as connection:
        await connection.execute(text(accident))
    found = {each["kind"]: each for each in (await _reconcile(client, as_))["differences"]}
    assert (found[kind]["complaints"], found[kind]["examples"]) == (1, [str(history.id)])


async def test_what_dispatch_does_not_take_up_is_found_after_a_minute(
    client: httpx.AsyncClient, as_: As, enter: Enter, engine: AsyncEngine
) -> None:
    history = History()
    history.received()
    await enter(history)
    assert (await _reconcile(client, as_))["differences"] == []
    async with engine.begin() as connection:
        await connection.execute(text("UPDATE ledger_complaint SET updated_at = now() - interval '61 seconds'"))
    [difference] = (await _reconcile(client, as_))["differences"]
    assert (difference["kind"], difference["examples"]) == ("unassigned", [str(history.id)])


async def test_only_the_callers_tenant_and_the_period_count(client: httpx.AsyncClient, as_: As, enter: Enter) -> None:
    theirs = History(tenant="110101")
    theirs.received()
    await enter(theirs)
    assert (await _reconcile(client, as_))["entries"] == 0
    ours = History()
    ours.received()
    await enter(ours)
    assert (await _reconcile(client, as_, Role.ADMIN))["entries"] == 1
    assert (await _reconcile(client, as_, to="2026-01-01T00:00:00Z"))["entries"] == 0


async def test_a_period_that_ends_before_it_begins_is_refused(client: httpx.AsyncClient, as_: As) -> None:
    begin, end = "2026-03-02T00:00:00Z", "2026-03-01T00:00:00Z"
    for path in ("reconciliation", "reconciliation/published", "reconciliation/applied"):
        answer = await client.get(path, headers=as_(Role.ADMIN), params={"from": begin, "to": end})
        assert code_of(answer) == (422, "period-reversed")
    answer = await client.post("outbox/replay", headers=as_(Role.ADMIN), json={"from": begin, "to": end})
    assert code_of(answer) == (422, "period-reversed")


@pytest.mark.parametrize("role", [Role.CITIZEN, Role.OPERATOR, Role.SUPERVISOR])
async def test_others_may_not_ask(client: httpx.AsyncClient, as_: As, role: Role) -> None:
    assert (await client.get("reconciliation", headers=as_(role))).status_code == 403
    assert (await client.get("reconciliation/published", headers=as_(role))).status_code == 403


async def test_the_metric_follows(closed: Any, engine: AsyncEngine) -> None:
    await closed()
    await reconcile(engine, settle=timedelta())
    assert _gauge("gap") == 0
    async with engine.begin() as connection:
        await connection.execute(text("DELETE FROM entry WHERE type = 'complaint.accepted'"))
    await reconcile(engine, settle=timedelta())
    assert _gauge("gap") == 1


async def test_the_entries_are_counted_by_hour_and_type(
    client: httpx.AsyncClient, as_: As, closed: Any, engine: AsyncEngine
) -> None:
    history = await closed()
    applied = (await client.get("reconciliation/applied", headers=as_(Role.ADMIN))).json()
    counts = {each["type"]: each["events"] for each in applied["buckets"]}
    own = ["complaint.verified", "complaint.closed"]
    assert counts == dict.fromkeys([*(event.type.value for event in history.events), *own], 1)
    ids = (await client.get("reconciliation/applied/events", headers=as_(Role.ADMIN), params={"limit": 3})).json()
    assert ids["items"] == sorted(str(event.id) for event in history.events)[:3]
    [one, *_] = await _buckets(engine)
    assert one.digest == int(sorted(history.events, key=lambda each: each.type)[0].id.hex[-15:], 16)
    published = (await client.get("reconciliation/published", headers=as_(Role.ADMIN))).json()
    assert {(each["type"], each["waiting"]) for each in published["buckets"]} == {
        ("complaint.verified", 1),
        ("complaint.closed", 1),
    }


async def _buckets(engine: AsyncEngine) -> Any:
    moment = now()
    async with engine.connect() as connection:
        return await EntryBook().buckets(connection, Window(moment.replace(year=moment.year - 1), moment))


def _gauge(kind: str) -> float | None:
    return REGISTRY.get_sample_value("jieban_reconciliation_differences", {"kind": kind})
