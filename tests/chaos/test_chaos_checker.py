"""The checker finds nothing where all is well, and names what is spoilt."""

import asyncio
import re
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from pathlib import Path

import asyncpg
import pytest
import pytest_asyncio

import spoilings
from chaos.checker import Violation, check
from chaos.load import WrongAnswer
from jieban.embedded.postgres import Postgres
from small_world import Line, SmallWorld, small_world
from spoilings import FORGE, FORGED
from stack import MakeDatabase


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def world(
    pg: Postgres, databases: MakeDatabase, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[SmallWorld]:
    urls = {service: await databases() for service in ("intake", "dispatch", "ledger")}
    async with small_world(tmp_path_factory.mktemp("world"), pg, urls) as made:
        yield made


async def test_after_a_load_without_faults_there_is_nothing_to_find(world: SmallWorld) -> None:
    assert world.stats.failed_lives == []
    assert world.stats.accepted >= 150
    assert world.stories.keys() >= {"assigned", "closed", "withdrawn"}
    assert await check(world.evidence) == []


@pytest.mark.parametrize(("invariant", "what", "service", "statements"), spoilings.DATABASES)
async def test_a_spoilt_database_is_found(
    world: SmallWorld, invariant: str, what: str, service: str, statements: Sequence[str]
) -> None:
    complaint = world.stories["withdrawn" if what.startswith("withdraw") else "closed"]
    found = await world.check_with(service, *(statement.replace("{id}", complaint) for statement in statements))
    _assert_found(found, invariant, what, complaint)
    if any(re.search("(UPDATE|DELETE FROM|INSERT INTO) entry ", statement) for statement in statements):
        assert "I5" in {violation.invariant for violation in found}
    await _assert_queries_run(world, found)


@pytest.mark.parametrize(
    ("service", "table", "key", "what"),
    [
        ("intake", "complaint", "id", "in intake, but nobody asked for it"),
        ("dispatch", "dispatch_case", "complaint_id", "in dispatch, but not in intake"),
        ("ledger", "ledger_complaint", "complaint_id", "in the ledger, but not in intake"),
    ],
)
async def test_a_forged_complaint_is_found(world: SmallWorld, service: str, table: str, key: str, what: str) -> None:
    statement = FORGE.format(table=table, key=key, forged=FORGED).replace("{id}", world.stories["closed"])
    found = await world.check_with(service, statement)
    _assert_found(found, "I2", what, FORGED)
    await _assert_queries_run(world, found)


async def test_a_complaint_that_a_fault_made_up_is_left_out(world: SmallWorld) -> None:
    statement = FORGE.format(table="ledger_complaint", key="complaint_id", forged=FORGED)
    statement = statement.replace("{id}", world.stories["closed"])
    world_with_it = replace(world.evidence, foreign=frozenset({FORGED}))
    spoilt = SmallWorld(world_with_it, world.pg, world.stats, world.stories)
    assert await spoilt.check_with("ledger", statement) == []
    await spoilt.remove_copies()


async def test_a_refused_creation_that_was_stored_is_found(world: SmallWorld, tmp_path: Path) -> None:
    key = await world.ask(
        "intake", "SELECT key FROM idempotency_key WHERE body::jsonb ->> 'id' = $1", world.stories["closed"]
    )

    def refused(lines: list[Line]) -> list[Line]:
        return [*lines, *({"op": op, "verdict": "refused", "status": 422} for op in _ops(lines, key))]

    found = await world.check_journal(tmp_path / "journal", refused)
    assert {(violation.invariant, violation.what, violation.ids) for violation in found} == {
        ("I2", "refused, but accepted all the same", (key,)),
        ("I2", "in intake, but nobody asked for it", (world.stories["closed"],)),
    }


async def test_one_key_with_two_complaints_is_found(world: SmallWorld, tmp_path: Path) -> None:
    complaint = world.stories["closed"]
    key = await world.ask("intake", "SELECT key FROM idempotency_key WHERE body::jsonb ->> 'id' = $1", complaint)

    def doubled(lines: list[Line]) -> list[Line]:
        another = {"op": 10**9, "at": 0.0, "kind": "create", "actor": "citizen-01", "key": key, "complaint": None}
        return [*lines, another, {"op": 10**9, "verdict": "acknowledged", "status": 201, "complaint": FORGED}]

    found = await world.check_journal(tmp_path / "journal", doubled)
    assert ("I1", "one key, several complaints", (key,)) in {(v.invariant, v.what, v.ids) for v in found}
    assert ("I1", "accepted, but not in the ledger", (FORGED,)) in {(v.invariant, v.what, v.ids) for v in found}


async def test_what_became_of_an_unknown_request_is_no_fault_either_way(world: SmallWorld, tmp_path: Path) -> None:
    def unknown(lines: list[Line]) -> list[Line]:
        never_came = {"op": 10**9, "at": 0.0, "kind": "create", "actor": "citizen-01", "key": "lost", "complaint": None}
        return [line for line in lines if "kind" in line] + [never_came]

    assert await world.check_journal(tmp_path / "journal", unknown) == []


async def test_a_refused_action_that_was_carried_out_is_found(world: SmallWorld, tmp_path: Path) -> None:
    complaint = world.stories["closed"]

    def refused(lines: list[Line]) -> list[Line]:
        ops = {line["op"] for line in lines if line.get("kind") == "start" and line["complaint"] == complaint}
        return [*lines, *({"op": op, "verdict": "refused", "status": 409} for op in ops)]

    found = await world.check_journal(tmp_path / "journal", refused)
    _assert_found(found, "I6", "start refused, but in the ledger", complaint)


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (spoilings.dropped, "entered, but not published"),
        (spoilings.swapped, "published out of order"),
        (spoilings.without_key, "published outside the partition of its key"),
        (spoilings.elsewhere, "published outside the partition of its key"),
        (spoilings.two_tales, "published in copies that differ"),
        (spoilings.forged, "published, but not entered"),
        (spoilings.told_twice, "one cause, several events of one type"),
    ],
)
async def test_a_spoilt_topic_is_found(world: SmallWorld, change: object, what: str) -> None:
    complaint = world.stories["closed"]
    assert callable(change)
    found = await world.check_topic(lambda copies: change(copies, complaint))
    _assert_found([violation for violation in found if violation.invariant != "I7"], "I4", what, complaint)


async def test_a_record_that_cannot_be_read_and_that_nobody_parked_is_found(world: SmallWorld) -> None:
    found = await world.check_topic(lambda copies: spoilings.unreadable(copies, world.stories["closed"]))
    assert {violation.what for violation in found if violation.what.startswith("unreadable")} == {
        "unreadable, but not parked by dispatch",
        "unreadable, but not parked by ledger",
    }


async def test_repeats_on_the_topic_are_no_fault_but_unread_ones_are_lag(world: SmallWorld) -> None:
    found = await world.check_topic(lambda copies: [*copies, *copies[:5]])
    assert {(violation.invariant, violation.ids) for violation in found} == {
        ("I7", (group,)) for group in ("intake", "dispatch", "ledger")
    }


async def test_wrong_answers_of_the_load_are_passed_on(world: SmallWorld) -> None:
    wrong = WrongAnswer("POST", "/dispatch/v1/cases/1/accept", 500, "Internal Server Error")
    found = await check(replace(world.evidence, wrong_answers=[wrong]))
    assert [(violation.invariant, violation.ids) for violation in found] == [("I8", (wrong.path,))]


async def test_a_connection_left_in_a_transaction_is_found(world: SmallWorld) -> None:
    connection = await asyncpg.connect(world.evidence.databases["dispatch"])
    try:
        await connection.execute("BEGIN; SELECT 1")
        pid = connection.get_server_pid()
        await asyncio.sleep(5.5)
        found = await check(world.evidence)
    finally:
        await connection.close()
    _assert_found(found, "I9", "a connection to dispatch stays in a transaction", str(pid))


async def test_files_that_stay_open_are_found(world: SmallWorld) -> None:
    files = {"http://127.0.0.1:1": 50.0, "http://127.0.0.1:2": 50.0}
    at_rest = {"http://127.0.0.1:1": 62.0, "http://127.0.0.1:2": 63.0}
    found = await check(replace(world.evidence, files=files, files_at_rest=at_rest))
    assert [(each.invariant, each.ids) for each in found] == [("I9", ("http://127.0.0.1:2",))]


def _ops(lines: list[Line], key: str) -> set[int]:
    return {line["op"] for line in lines if line.get("key") == key}


def _assert_found(found: Sequence[Violation], invariant: str, what: str, name: str) -> None:
    """The fault is found under its name, and nobody but its victim is named by anything that follows from it."""
    assert (invariant, what) in {(violation.invariant, violation.what) for violation in found}, found
    assert {violation.ids for violation in found if violation.invariant != "I5"} == {(name,)}, found


async def _assert_queries_run(world: SmallWorld, found: Sequence[Violation]) -> None:
    for violation in found:
        for service, query in re.findall(r"(intake|dispatch|ledger): (SELECT .*?)(?:; |$)", violation.query, re.DOTALL):
            await world.ask(service, query)
