"""Reconciliation of services: what did not get from one to the other is named, and gone when it has come."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
import pytest_asyncio
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from contracts.roles import Role
from eventbus.janitor import KEEP_OUTBOX, first_id_at
from eventbus.parking import Misfit, park
from histories import TENANT, History, message
from ledger.accounts import Books
from ledger.conftest import As, Enter
from ledger_service.domain.unsettled import Graces
from ledger_service.service.unsettled import watch
from runtime.clock import now
from runtime.database import create_engine, run_migrations
from stack import MakeDatabase

_OF_DISPATCH = "VALUES (:id, 'dispatch', now(), 0, 0, 0, 0, 0, 0)"
Line = tuple[str, str, str, str | None, int | None]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def other(databases: MakeDatabase) -> AsyncIterator[AsyncEngine]:
    """The database of another service: of intake, for its tables of the bus."""
    url = await databases()
    run_migrations("intake_service", url)
    engine = create_engine(url, application_name="tests")
    yield engine
    await engine.dispose()


@pytest_asyncio.fixture(loop_scope="session")
async def books(other: AsyncEngine, engine: AsyncEngine) -> Books:
    made = Books(other, engine)
    await made.forget()
    async with engine.begin() as connection:
        await connection.execute(text("ALTER TABLE entry DISABLE TRIGGER entry_append_only"))
        await connection.execute(
            text("TRUNCATE entry, ledger_complaint, inbox, outbox, parked_message, loose_end, reconciliation CASCADE")
        )
    return made


@pytest.fixture
def stuck(client: httpx.AsyncClient, as_: As) -> Any:
    async def stuck(tenant: str = TENANT) -> list[Line]:
        answer = await client.get(
            "unsettled", headers=as_(Role.ANALYST, tenant=tenant), params={"reason": ["stuck", "parked"]}
        )
        lines = answer.json()["items"]
        return [
            (each["complaint_id"], each["service"], each["why"], each["event_id"], each["events"]) for each in lines
        ]

    return stuck


@pytest.fixture
def shown(client: httpx.AsyncClient, as_: As) -> Any:
    async def shown(question: UUID) -> dict[str, Any]:
        answer = await client.get(f"reconciliations/{question}", headers=as_(Role.ADMIN))
        found: dict[str, Any] = answer.json()
        return found

    return shown


async def test_services_that_agree_have_nothing_to_say(books: Books, enter: Enter, stuck: Any, shown: Any) -> None:
    history = History().until_resolved()
    await books.publish(history.events[0])
    await books.apply(
        *(event for event in history.events if event.type in ("complaint.assigned", "complaint.resolved"))
    )
    await enter(history)
    found = await shown(await books.reconcile())
    [statement] = found["statements"]
    assert (found["entered"], statement["published"], statement["applied"]) == (5, 1, 2)
    assert (statement["hours_differing"], statement["stuck"], found["state"], found["agrees"]) == (
        0,
        0,
        "waiting",
        None,
    )
    assert await stuck() == []


async def test_what_the_ledger_never_got_is_found_though_it_knows_nothing_of_it(
    books: Books, enter: Enter, stuck: Any, shown: Any
) -> None:
    lost, theirs = History(), History(tenant="110101")
    await books.publish(lost.received(), theirs.received())
    found = await shown(await books.reconcile())
    assert found["statements"][0]["stuck"] == 2
    assert await stuck() == [(str(lost.id), "ledger", "not_entered", str(lost.events[0].id), 1)]
    assert await stuck("110101") == [(str(theirs.id), "ledger", "not_entered", str(theirs.events[0].id), 1)]
    await enter(lost, theirs)
    await books.reconcile()
    assert await stuck() == []
    assert await stuck("110101") == []


async def test_what_waits_in_the_outbox_is_named_so(books: Books, enter: Enter, stuck: Any) -> None:
    history = History()
    await books.publish(history.received(), waiting=True)
    await books.reconcile(settled=False)
    assert await stuck() == []  # it may still be on its way
    await books.reconcile()
    assert await stuck() == [(str(history.id), "intake", "waiting", str(history.events[0].id), 1)]
    await enter(history)
    await books.reconcile()
    assert await stuck() == []


async def test_what_another_service_did_not_apply_is_found_by_the_ledgers_entries(
    books: Books, enter: Enter, stuck: Any
) -> None:
    history = History().until_resolved()
    await books.publish(history.events[0])
    await enter(history)
    await books.reconcile()
    assigned, resolved = history.events[1], history.events[4]
    assert await stuck() == [(str(history.id), "intake", "not_applied", str(assigned.id), 2)]
    await books.apply(assigned, resolved)
    await books.reconcile()
    assert await stuck() == []


async def test_what_is_parked_elsewhere_is_parked_and_not_stuck_as_well(
    books: Books, enter: Enter, stuck: Any, engine: AsyncEngine, shown: Any
) -> None:
    history = History()
    await books.publish(history.received())
    assigned = history.assigned()
    await enter(history)
    await books.park(assigned)
    found = await shown(await books.reconcile())
    assert found["statements"][0]["parked_messages"] == 1
    assert await stuck() == [(str(history.id), "intake", "parked", str(assigned.id), 1)]
    async with books.engine.begin() as connection:
        await connection.execute(text("UPDATE parked_message SET state = 'released'"))
    await books.apply(assigned)
    await books.reconcile()
    assert await stuck() == []


async def test_what_is_parked_at_the_ledger_is_no_agreement(
    books: Books, enter: Enter, stuck: Any, engine: AsyncEngine, shown: Any
) -> None:
    async def reconciled() -> tuple[bool, int, list[str]]:
        question = await books.reconcile()
        async with engine.begin() as connection:
            await connection.execute(text(f"INSERT INTO reconciliation_statement {_OF_DISPATCH}"), {"id": question})
        found = await shown(question)
        return found["agrees"], found["parked_messages"], [each["service"] for each in found["statements"]]

    history = History()
    received = history.received()
    await books.publish(received)
    async with engine.begin() as connection:
        await park(connection, "ledger", [Misfit(message(received), ValueError("nonsense"))])
    assert await reconciled() == (False, 1, ["dispatch", "intake"])
    assert await stuck() == [(str(history.id), "ledger", "parked", str(received.id), 1)]
    async with engine.begin() as connection:
        await connection.execute(text("UPDATE parked_message SET state = 'released'"))
    await enter(history)
    assert await reconciled() == (True, 0, ["dispatch", "intake"])


async def test_what_is_stuck_for_longer_than_the_question_reaches_is_asked_about_again(
    books: Books, enter: Enter, stuck: Any, engine: AsyncEngine
) -> None:
    history = History()
    old = history.received()
    made = first_id_at(now() - timedelta(days=3))
    history.events[0] = old._replace(id=UUID(int=made.int + uuid4().int % 2**64))
    await books.publish(history.events[0])
    await books.reconcile()
    assert await stuck() == []  # nobody asked about that day
    await books.ask(back=timedelta(days=4))
    await books.answer()
    await books.compare()
    line = (str(history.id), "ledger", "not_entered", str(history.events[0].id), 1)
    assert await stuck() == [line]
    await books.reconcile()
    assert await stuck() == [line]
    await enter(history)
    await books.reconcile()
    assert await stuck() == []


async def test_an_event_older_than_the_outbox_keeps_stays_until_it_has_an_entry(
    books: Books, enter: Enter, stuck: Any, engine: AsyncEngine
) -> None:
    history = History()
    await books.publish(history.received())
    await books.reconcile()
    assert len(await stuck()) == 1
    await books.forget()
    async with engine.begin() as connection:
        statement = "UPDATE loose_end SET since = since - CAST(:by AS interval)"
        await connection.execute(text(statement), {"by": KEEP_OUTBOX + timedelta(hours=2)})
    await books.reconcile()
    assert len(await stuck()) == 1
    await enter(history)
    await books.reconcile()
    assert await stuck() == []


async def test_a_statement_about_a_question_that_is_not_known_or_not_the_last_changes_nothing(
    books: Books, stuck: Any, engine: AsyncEngine
) -> None:
    history = History()
    await books.publish(history.received())
    await books.ask()
    await books.answer()
    async with engine.begin() as connection:
        await connection.execute(text("DELETE FROM reconciliation"))  # a ledger that was restored from a backup
    await books.compare()
    assert await stuck() == []
    await books.ask()
    await books.answer()
    later = await books.ask()
    async with engine.begin() as connection:
        values = "(:id, 'intake', now(), 1, 0, 0, 0, 0, 0)"
        await connection.execute(text(f"INSERT INTO reconciliation_statement VALUES {values}"), {"id": later})
    await books.compare()
    assert await stuck() == []


async def test_the_hourly_question_is_asked_once_an_hour(engine: AsyncEngine, books: Books, enter: Enter) -> None:
    await watch(engine, TENANT, Graces())
    assert await _questions(engine) == 0  # an empty ledger has nothing to ask about
    await enter(History().until_resolved())
    await watch(engine, TENANT, Graces())
    assert await _questions(engine) == 0  # nor within its first hour
    for _ in range(2):
        await watch(engine, TENANT, Graces(), every=timedelta(0))
    assert await _questions(engine) == 2
    await watch(engine, TENANT, Graces())
    assert await _questions(engine) == 2


async def test_while_something_is_stuck_the_ledger_asks_again_soon(
    engine: AsyncEngine, books: Books, enter: Enter
) -> None:
    history = History()
    await books.publish(history.received())
    question = await books.reconcile()
    for minutes, questions in ((4, 1), (6, 2)):
        async with engine.begin() as connection:
            asked_at = {"at": now() - timedelta(minutes=minutes), "id": question}
            await connection.execute(text("UPDATE reconciliation SET asked_at = :at WHERE id = :id"), asked_at)
        await watch(engine, TENANT, Graces())
        assert await _questions(engine) == questions


async def test_an_administrator_asks_and_reads(client: httpx.AsyncClient, as_: As, books: Books, shown: Any) -> None:
    headers = {**as_(Role.ADMIN), "Idempotency-Key": str(uuid4())}
    asked = await client.post("reconciliations", headers=headers, json={})
    assert asked.status_code == 201
    assert asked.headers["Location"].endswith(asked.json()["id"])
    again = await client.post("reconciliations", headers=headers, json={})
    assert (again.json(), again.headers["Idempotency-Replayed"]) == (asked.json(), "true")
    assert (asked.json()["state"], asked.json()["asked_by"], asked.json()["hours"]) == ("waiting", "admin-1", 25)
    assert (await shown(UUID(asked.json()["id"])))["id"] == asked.json()["id"]
    listed = (await client.get("reconciliations", headers=as_(Role.ADMIN))).json()["items"]
    assert [each["id"] for each in listed] == [asked.json()["id"]]


async def test_bad_questions_are_refused(client: httpx.AsyncClient, as_: As, books: Books) -> None:
    for moment in (now() + timedelta(hours=1), now() - timedelta(days=30)):
        answer = await client.post("reconciliations", headers=as_(Role.ADMIN), json={"from": moment.isoformat()})
        [error] = answer.json()["errors"]
        assert (answer.status_code, error["code"], error["pointer"]) == (422, "reconciliation-period", "/from")
    missing = await client.get(f"reconciliations/{uuid4()}", headers=as_(Role.ADMIN))
    assert (missing.status_code, missing.json()["type"]) == (404, "urn:jieban:problem:reconciliation-not-found")
    for method, role, tenant in (("GET", Role.SUPERVISOR, TENANT), ("GET", Role.ADMIN, "110101")):
        answer = await client.request(method, "reconciliations", headers=as_(role, tenant=tenant))
        assert answer.status_code == 403


async def _questions(engine: AsyncEngine) -> int:
    async with engine.connect() as connection:
        return int((await connection.execute(text("SELECT count(*) FROM reconciliation"))).scalar_one())
