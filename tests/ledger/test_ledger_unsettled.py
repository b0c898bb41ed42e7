"""件件有着落: each reason is found and gone when mended, and for any history the list is what a slow look finds."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
import pytest_asyncio
from prometheus_client import REGISTRY
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from contracts.lifecycle import Status
from contracts.roles import Role
from eventbus.isolation import Isolation
from histories import TENANT, History, messages
from ledger.conftest import As, Enter
from ledger.eventful import Eventful
from ledger_service.domain.unsettled import Graces
from ledger_service.events.handler import SUBSCRIPTION
from ledger_service.service.unsettled import watch
from runtime.clock import now
from runtime.database import is_outage

LONG_AGO = timedelta(days=10)


@pytest_asyncio.fixture(loop_scope="session", autouse=True)
async def empty(engine: AsyncEngine) -> AsyncIterator[None]:
    async with engine.begin() as connection:
        await connection.execute(text("TRUNCATE ledger_complaint, parked_message, loose_end, reconciliation CASCADE"))
    yield


@pytest.fixture
def listed(client: httpx.AsyncClient, as_: As) -> Any:
    async def listed(**query: Any) -> list[dict[str, Any]]:
        answer = await client.get("unsettled", headers=as_(Role.SUPERVISOR), params=query)
        assert answer.status_code == 200, answer.text
        items: list[dict[str, Any]] = answer.json()["items"]
        return items

    return listed


@pytest.fixture
def age(engine: AsyncEngine) -> Any:
    """Let time pass for all complaints that the ledger has."""

    async def age(by: timedelta = LONG_AGO) -> None:
        async with engine.begin() as connection:
            moments = ("lacking_since", "updated_at", "resolved_at", "verified_at")
            changes = ", ".join(f"{name} = {name} - CAST(:by AS interval)" for name in moments)
            await connection.execute(text(f"UPDATE ledger_complaint SET {changes}"), {"by": by})

    return age


def _recent(history: Eventful) -> Eventful:
    """Let it happen now: what entered events say counts, not when they were entered."""
    history.events = [event._replace(time=now()) for event in history.events]
    return history


def _until(status: Status, promised_at: datetime | None) -> Eventful:
    """A complaint that has come that far."""
    history = Eventful()
    history.received()
    if status is Status.RECEIVED:
        return history
    history.assigned() if promised_at is None else history.promised(promised_at)
    steps = {
        Status.ACCEPTED: (history.accepted,),
        Status.IN_PROGRESS: (history.accepted, history.started),
        Status.SUSPENDED: (history.accepted, history.suspended),
        Status.TRANSFERRED: (history.transferred,),
        Status.RESOLVED: (history.accepted, history.started, history.resolved),
        Status.VERIFIED: (history.accepted, history.started, history.resolved, history.verified),
        Status.CLOSED: (history.accepted, history.started, history.resolved, history.verified, history.closed),
        Status.VOIDED: (history.voided,),
        Status.REJECTED: (history.rejected,),
        Status.MERGED: (history.merged,),
    }
    for step in steps.get(status, ()):
        step()
    return history


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (Status.RECEIVED, "no_unit"),
        (Status.ASSIGNED, "no_promise"),
        (Status.ACCEPTED, "no_promise"),
        (Status.IN_PROGRESS, "no_promise"),
        (Status.TRANSFERRED, "no_promise"),
        (Status.RESOLVED, "unverified"),
        (Status.VERIFIED, "gate_waiting"),
        (Status.SUSPENDED, None),
        (Status.CLOSED, None),
        (Status.VOIDED, None),
        (Status.REJECTED, None),
        (Status.MERGED, None),
    ],
)
async def test_a_state_lacks_what_it_says_once_its_grace_is_over(
    enter: Enter, listed: Any, age: Any, status: Status, reason: str | None
) -> None:
    history = _recent(_until(status, None))
    await enter(history)
    assert await listed() == []
    await age()
    found = [(each["complaint_id"], each["reason"], each["status"]) for each in await listed()]
    assert found == ([(str(history.id), reason, status)] if reason else [])


@pytest.mark.parametrize(
    ("status", "counts"),
    [
        (Status.ASSIGNED, True),
        (Status.ACCEPTED, True),
        (Status.IN_PROGRESS, True),
        (Status.TRANSFERRED, True),
        (Status.SUSPENDED, False),
        (Status.RESOLVED, False),
        (Status.CLOSED, False),
    ],
)
async def test_a_promised_time_that_is_over_counts_while_the_clock_runs(
    enter: Enter, listed: Any, status: Status, counts: bool
) -> None:
    promised_at = now() - timedelta(minutes=1)
    await enter(_recent(_until(status, promised_at)))
    found = [(each["reason"], datetime.fromisoformat(each["since"])) for each in await listed()]
    assert found == ([("overdue", promised_at)] if counts else [])


async def test_more_time_and_a_resumption_mend_what_is_overdue(enter: Enter, listed: Any) -> None:
    over, ahead = now() - timedelta(minutes=1), now() + timedelta(days=1)
    extended, resumed = (_recent(_until(Status.ACCEPTED, over)) for _ in range(2))
    await enter(extended, resumed)
    assert {each["complaint_id"] for each in await listed()} == {str(extended.id), str(resumed.id)}
    extended.events = [extended.extended(ahead)]
    resumed.suspended()
    resumed.events = [resumed.events[-1], resumed.resumed(ahead)]
    await enter(extended, resumed)
    assert await listed() == []


@pytest.mark.parametrize(("status", "reason"), [(Status.RECEIVED, "no_unit"), (Status.ASSIGNED, "no_promise")])
async def test_what_is_said_meanwhile_is_no_place(
    enter: Enter, listed: Any, age: Any, status: Status, reason: str
) -> None:
    history = _recent(_until(status, None))
    await enter(history)
    await age()
    [before] = await listed()
    history.supplemented()
    history.asked()
    if status is Status.ASSIGNED:
        history.accepted()
    await enter(_recent(history))
    [after] = await listed()
    assert (after["reason"], after["since"]) == (before["reason"], before["since"])
    assert after["reason"] == reason


async def test_who_is_given_back_has_no_unit_since_then(enter: Enter, listed: Any, age: Any) -> None:
    history = _until(Status.RECEIVED, None)
    await enter(history)
    await age()
    history.assigned()
    history.returned()
    await enter(history)
    assert await listed() == []
    await age(timedelta(minutes=6))
    assert [each["reason"] for each in await listed()] == ["no_unit"]


async def test_a_result_that_a_device_told_late_waits_since_it_was_told(enter: Enter, listed: Any, age: Any) -> None:
    history = _until(Status.RESOLVED, None)
    said = history.events[-1].data.model_copy(update={"resolved_at": now() - LONG_AGO})
    history.events[-1] = history.events[-1]._replace(data=said)
    await enter(history)
    assert await listed() == []
    await age(timedelta(days=4))
    assert [each["reason"] for each in await listed()] == ["unverified"]


async def test_facts_that_an_older_release_did_not_keep_are_no_missing_promise(
    enter: Enter, engine: AsyncEngine, listed: Any, age: Any
) -> None:
    await enter(_until(Status.ASSIGNED, None))
    await age()
    assert [each["reason"] for each in await listed()] == ["no_promise"]
    async with engine.begin() as connection:
        await connection.execute(text("UPDATE ledger_complaint SET facts_version = 0"))
    assert await listed() == []


async def test_filters_pages_and_tenants(
    client: httpx.AsyncClient, as_: As, enter: Enter, listed: Any, age: Any
) -> None:
    histories = [_until(Status.ASSIGNED, None) for _ in range(5)]
    elsewhere, theirs = History(), History(tenant="110101")
    elsewhere.received()
    elsewhere.assigned("team-02", community="maixi", grid="grid-02")
    theirs.received()
    await enter(*histories, elsewhere, theirs)
    await age()
    assert len(await listed()) == 6
    for query in ({"community": "maixi"}, {"team": "team-02"}, {"grid": "grid-02"}):
        assert [each["complaint_id"] for each in await listed(**query)] == [str(elsewhere.id)]
    assert len(await listed(category="street_order")) == len(await listed(category="street_order.vendors")) == 6
    for query in ({"category": "noise"}, {"category": "street"}, {"category": "street_orde%"}):
        assert await listed(**query) == []
    assert await listed(reason=["overdue", "no_unit"]) == []
    walked: list[str] = []
    page = await client.get("unsettled", headers=as_(Role.OFFICER), params={"limit": 2, "community": "fulai"})
    walked += [each["complaint_id"] for each in page.json()["items"]]
    while "next" in page.links:
        page = await client.get(f"http://ledger.test{page.links['next']['url']}", headers=as_(Role.OFFICER))
        walked += [each["complaint_id"] for each in page.json()["items"]]
    assert sorted(walked) == sorted(str(each.id) for each in histories)
    summary = (await client.get("unsettled/summary", headers=as_(Role.ANALYST))).json()
    counts = {each["reason"]: each["complaints"] for each in summary["reasons"]}
    assert not summary["settled"]
    assert counts["no_promise"] == 6
    assert sum(counts.values()) == 6
    below = await client.get("unsettled/summary", headers=as_(Role.ANALYST), params={"category": "street_order"})
    assert {each["complaints"] for each in below.json()["reasons"] if each["reason"] == "no_promise"} == {6}


async def test_a_message_that_is_parked_here_is_found_and_gone_when_it_is_released(
    app: Any, engine: AsyncEngine, enter: Enter, listed: Any
) -> None:
    history = History()
    missing = history.received()
    history.assigned()
    history.events = history.events[1:]
    await enter_parking(engine, history)
    await _watch(engine)
    [line] = await listed()
    assert (line["complaint_id"], line["reason"], line["service"], line["why"], line["number"]) == (
        str(history.id), "parked", "ledger", "parked", None,
    )  # fmt: skip
    assert (line["event_id"], line["events"]) == (str(history.events[0].id), 1)
    assert _gauge("parked") == 1
    history.events = [missing]
    await enter_parking(engine, history)
    [first, *_] = await app.state.parked.list()
    await app.state.parked.release(first["id"], by="admin-1")
    await _watch(engine)
    assert [each["reason"] for each in await listed()] == []
    assert _gauge("parked") == 0


async def test_the_metric_counts_all_tenants(engine: AsyncEngine, enter: Enter, age: Any) -> None:
    theirs = History(tenant="110101")
    theirs.received()
    ours = History()
    ours.received()
    await enter(ours, theirs)
    await _watch(engine)
    assert _gauge("no_unit") == 0
    await age()
    await _watch(engine)
    assert _gauge("no_unit") == 2


@pytest.mark.parametrize("query", [{"reason": "lost"}, {"limit": 0}, {"community": ""}, {"cursor": "x"}])
async def test_bad_queries_are_refused(client: httpx.AsyncClient, as_: As, query: dict[str, Any]) -> None:
    answer = await client.get("unsettled", headers=as_(Role.SUPERVISOR), params=query)
    assert answer.status_code in (400, 422)


@pytest.mark.parametrize("role", [Role.CITIZEN, Role.PARTNER])
async def test_it_is_for_staff(client: httpx.AsyncClient, as_: As, role: Role) -> None:
    for path in ("unsettled", "unsettled/summary"):
        assert (await client.get(path, headers=as_(role))).status_code == 403


async def enter_parking(engine: AsyncEngine, history: History) -> None:
    """Let the ledger's consumer meet events that it has to park."""
    assert await Isolation(SUBSCRIPTION, engine, is_outage).apply(messages(history.events)) is None


async def _watch(engine: AsyncEngine) -> None:
    await watch(engine, TENANT, Graces(), every=timedelta(days=365))


def _gauge(reason: str) -> float | None:
    return REGISTRY.get_sample_value("jieban_ledger_unsettled", {"reason": reason})
