"""What Kafka has lost is found by the doctor and brought back by a replay."""

import json
from typing import Any

import asyncpg
import pytest

from behaviour.broker import configure, delete_records
from contracts.topics import LIFECYCLE
from e2e.county import County
from e2e.people import People, eventually
from eventbus.brokers import Brokers
from eventbus.kafka import KafkaConnection

Report = dict[str, Any]
NEWER = "9999"
pytestmark = pytest.mark.own_county


async def test_events_that_kafka_lost_are_named_and_come_back_by_replay(
    people: People, county: County, connection: KafkaConnection
) -> None:
    before = await people.report()
    await people.until(before["id"], "assigned")
    assert await _healthy(county)

    await county.stop()
    await county.start("serve", "intake", "--roles", "api,relay")
    lost = {(await people.report())["id"] for _ in range(5)}
    await eventually(lambda: _records(connection, len(lost)))
    await county.stop()
    assert await delete_records(connection, LIFECYCLE.name) >= len(lost)
    await county.start()

    code, report = await _doctor(county)
    assert code == 1
    assert {(each["at"], each["subject"], each["why"]) for each in report["missing"]} == {
        (service, complaint, "not applied") for service in ("dispatch", "ledger") for complaint in lost
    }
    assert {each["type"] for each in report["missing"]} == {"complaint.received"}
    assert report["unknown"] == []
    _, shown = await county.ask("doctor", "--settle", "0")
    assert "Missing events, 10 of 10" in shown

    _, told = await county.ask("replay", "outbox", "--service", "intake", "--from", "1h", "--dry-run")
    assert told == "6 events of intake would be published again.\n"
    code, told = await county.ask("replay", "outbox", "--service", "intake", "--from", "1h", "--batch", "4")
    assert (code, told.splitlines()[-1]) == (0, "6 events of intake are published again.")
    for complaint in lost:
        await people.until(complaint, "assigned")
    assert await _healthy(county)
    story = await people.ledger(before["id"])
    assert [line["type"] for line in story["timeline"]] == ["complaint.received", "complaint.assigned"]


async def test_what_was_parked_for_a_lost_event_is_released_after_the_replay(
    people: People, county: County, connection: KafkaConnection
) -> None:
    await county.stop()
    await county.start("serve", "intake", "--roles", "api,relay")
    complaint = (await people.report())["id"]
    await eventually(lambda: _records(connection, 1))
    await county.stop()
    await county.start("serve", "dispatch")
    await people.assigned(complaint)
    await eventually(lambda: _records(connection, 2))
    await county.stop()
    await delete_records(connection, LIFECYCLE.name)
    await county.start()
    assert (await people.case(complaint, "accept")).status_code == 200

    async def parked() -> bool | None:
        _, report = await _doctor(county)
        found = {(each["type"], each["why"]) for each in report["missing"] if each["at"] == "ledger"}
        return ("complaint.accepted", "parked") in found or None

    await eventually(parked)
    for service in ("dispatch", "intake"):
        await county.ask("replay", "outbox", "--service", service, "--from", "1h", "--complaint", complaint)

    async def released() -> bool | None:
        codes = [(await county.ask("parked", "release", each, "--all"))[0] for each in ("intake", "ledger")]
        story = await people.ledger(complaint)
        return (not any(codes) and story.get("status") == "accepted") or None

    await eventually(released, 60)
    assert await _healthy(county)
    story = await people.ledger(complaint)
    assert [line["type"].removeprefix("complaint.") for line in story["timeline"]] == [
        "received", "assigned", "accepted",
    ]  # fmt: skip


async def test_a_service_reads_the_topic_again_once_nobody_consumes_for_it(people: People, county: County) -> None:
    complaint = await people.report()
    before = await people.until(complaint["id"], "assigned")
    code, told = await county.ask("replay", "topic", "--service", "ledger", "--earliest")
    assert code == 1
    assert "ledger is being consumed" in told
    await county.stop()

    async def went_back() -> str | None:
        code, told = await county.ask("replay", "topic", "--service", "ledger", "--from", "1h")
        return told if code == 0 else None

    try:
        told = await eventually(went_back)
        assert told.endswith("will be read again by ledger.\n")
        assert not told.startswith("0 ")
    finally:
        await county.start()
    again = await people.until((await people.report())["id"], "assigned")
    assert len(again["timeline"]) == 2
    assert await people.ledger(complaint["id"]) == before
    assert await _healthy(county)


async def test_a_topic_that_is_kept_for_less_long_is_named(county: County, connection: KafkaConnection) -> None:
    await configure(connection, LIFECYCLE.name, {"retention.ms": "604800000"})
    try:
        code, report = await _doctor(county)
    finally:
        await configure(connection, LIFECYCLE.name, LIFECYCLE.settings)
    assert code == 1
    assert [each.partition(";")[0] for each in report["findings"]] == [
        f"Kafka: retention.ms of {LIFECYCLE.name} is 604800000 and not 2592000000"
    ]
    assert await _healthy(county)


async def test_the_doctor_says_so_where_it_cannot_ask(county: County) -> None:
    code, told = await county.ask("doctor", "--at", "ledger=http://127.0.0.1:1")
    assert code == 2
    assert "Jieban does not answer at http://127.0.0.1:1" in told
    code, told = await county.ask("doctor", "--at", "ledgers=http://127.0.0.1:1")
    assert "--at takes SERVICE=URL with one of intake, dispatch, ledger" in told


async def test_a_replay_says_what_it_needs(county: County) -> None:
    for arguments, sentence in (
        (("topic", "--service", "ledger"), "either --from WHEN or --earliest"),
        (("topic", "--service", "ledger", "--from", "2026-11-23T08:00:00"), "name the time zone"),
        (("outbox", "--service", "intake", "--from", "yesterday"), "write it like 2h"),
    ):
        code, told = await county.ask("replay", *arguments)
        assert code != 0
        assert sentence in " ".join(told.replace("│", " ").split())


async def _doctor(county: County) -> tuple[int, Report]:
    code, printed = await county.ask("doctor", "--settle", "0", "--json")
    return code, json.loads(printed)


async def _healthy(county: County) -> bool:
    """Wait until the doctor finds nothing, which takes as long as the last event is on its way."""

    async def clean() -> bool | None:
        code, _ = await _doctor(county)
        return code == 0 or None

    return await eventually(clean)


async def _records(connection: KafkaConnection, count: int) -> bool | None:
    """Whether so many records wait for the ledger in the topic."""
    return (await Brokers(connection).group("ledger", LIFECYCLE.name)).lag >= count or None


async def test_one_can_go_back_to_this_release_from_a_newer_one(people: People, county: County) -> None:
    was = {service: await _at_revision(county, service, NEWER) for service in ("intake", "dispatch", "ledger")}
    await county.stop()
    await county.start("serve", "intake", "--migrate")
    await county.stop()
    await county.start()

    code, told = await county.ask("migrate")
    assert code == 0
    assert told.splitlines() == [
        f"{service}: the schema is newer than this release ({NEWER}) and stays as it is" for service in was
    ]
    code, told = await county.ask("migrate", "--check", "intake")
    assert code != 0
    assert f"The database of intake is newer than this release: it has {NEWER}." in told
    await people.until((await people.report())["id"], "assigned")
    assert await _healthy(county)
    _, report = await _doctor(county)
    newer = [f"{service}: its database is newer than the release that answered ({NEWER})" for service in was]
    assert set(newer) <= set(report["notes"])

    for service, revision in was.items():
        await _at_revision(county, service, revision)


async def _at_revision(county: County, service: str, revision: str) -> str:
    """Say that the database has this revision; return the one that it had."""
    connection = await asyncpg.connect(county.database(service))
    try:
        former: str = await connection.fetchval("SELECT version_num FROM alembic_version")
        await connection.execute("UPDATE alembic_version SET version_num = $1", revision)
    finally:
        await connection.close()
    return former
