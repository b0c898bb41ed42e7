"""A ledger that is restored from a backup takes back from the topic what was done with activities at it since."""

from collections.abc import Sequence
from itertools import count
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import httpx
import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from contracts.roles import Role
from contracts.topics import FIELD_ACTIVITY
from eventbus import inbox
from eventbus.errors import OutOfOrder
from eventbus.parking import Message
from ledger.conftest import As, Headers
from ledger.test_ledger_activities import body, bulletin, recorded
from ledger.test_ledger_field_activities import deliver, patrolled, voided
from ledger_service.demo import load
from ledger_service.events.field_activities import subscription
from ledger_service.persistence import rereading
from outboxes import as_message
from refusals import code_of

SUBSCRIPTION = subscription(ZoneInfo("Asia/Shanghai"))
TABLES = ("activity", "activity_day", "entry", "inbox", "outbox")
STATE = (
    "SELECT event_id, subject, type, source, sequence, actor, occurred_at, data FROM entry"
    " WHERE tenant = :tenant ORDER BY subject, sequence",
    "SELECT to_jsonb(activity) FROM activity WHERE tenant = :tenant ORDER BY id",
    "SELECT * FROM activity_day WHERE tenant = :tenant AND activities > 0 ORDER BY day, kind, community, team",
)
MARCH = "from=2024-03-01&to=2024-03-31"
WHERE = {"lon": 107.23571234, "lat": 26.5807, "address": "农贸市场东门"}
_COUNTIES = count(630001)


@pytest.fixture
def tenant() -> str:
    return str(next(_COUNTIES))


@pytest.fixture
def supervisor(as_: As, tenant: str) -> Headers:
    return as_(Role.SUPERVISOR, tenant=tenant)


async def state(engine: AsyncEngine, tenant: str) -> list[list[tuple[Any, ...]]]:
    """Return all that must come back."""
    async with engine.connect() as connection:
        found = [await connection.execute(sa.text(each), {"tenant": tenant}) for each in STATE]
        return [[tuple(row) for row in rows] for rows in found]


async def told(engine: AsyncEngine, tenant: str) -> list[Message]:
    """Return what the topic has of a tenant, in order."""
    wanted = "SELECT * FROM outbox WHERE tenant = :tenant AND aggregatetype = :topic ORDER BY position"
    async with engine.connect() as connection:
        about = {"tenant": tenant, "topic": FIELD_ACTIVITY.name}
        rows = (await connection.execute(sa.text(wanted), about)).mappings().all()
    return [as_message(row, offset) for offset, row in enumerate(rows)]


async def lose(engine: AsyncEngine) -> None:
    """Lose all that there is of activities."""
    async with engine.begin() as connection:
        await connection.execute(sa.text("SET LOCAL session_replication_role = replica"))
        for table in TABLES:
            await connection.execute(sa.text(f"DELETE FROM {table}"))


async def change(client: httpx.AsyncClient, headers: Headers, activity: Any, what: str, **said: Any) -> Any:
    answer = await client.post(f"/activities/{activity['id']}/{what}", headers=headers, json=said)
    assert answer.is_success, answer.text
    return answer.json()


async def lives(client: httpx.AsyncClient, headers: Headers) -> None:
    """Record, correct, void and erase: once each, and one after the other."""
    await recorded(client, headers, location={"address": "府前路"}, community=None, people=None)
    corrected, twice, erased, all_of_it = [await recorded(client, headers, location=WHERE) for _ in range(4)]
    fewer = body(quantity=7, happened_at="2024-03-09T00:10:00+08:00", location=WHERE, evidence=["photo 18"])
    await change(client, headers, corrected, "correction", **fewer, reason="多记")
    await change(client, headers, twice, "voiding", reason="重复登记")
    await change(client, headers, erased, "erasure", reason="登记号 2026-17")
    await change(client, headers, all_of_it, "erasure", reason="登记号 2026-18", ground="request")
    await change(client, headers, all_of_it, "correction", **body(kind="vendors", note=None), reason="类别有误")
    await change(client, headers, all_of_it, "voiding", reason="重复登记")
    await change(client, headers, all_of_it, "erasure", reason="登记号 2026-19")


async def test_what_is_done_is_told_with_the_entries_ids_and_numbers(
    client: httpx.AsyncClient, engine: AsyncEngine, tenant: str, supervisor: Headers
) -> None:
    await lives(client, supervisor)
    entries, _, _ = await state(engine, tenant)
    headers = [dict(message.headers) for message in await told(engine, tenant)]
    assert sorted((each["ce_id"], each["ce_type"], each["ce_sequence"]) for each in headers) == sorted(
        (str(entry[0]).encode(), str(entry[2]).encode(), str(entry[4]).encode()) for entry in entries
    )
    assert {each["ce_source"] for each in headers} == {b"ledger"}
    async with engine.connect() as connection:
        consumed = await inbox.applied(connection, SUBSCRIPTION.consumer, [entry[0] for entry in entries])
    assert len(consumed) == len(entries), "a replica of the release before would record it once more"


@pytest.mark.parametrize("size", [1000, 1])
async def test_it_comes_to_the_same_once_it_has_read_the_topic_again(
    client: httpx.AsyncClient, engine: AsyncEngine, tenant: str, supervisor: Headers, size: int
) -> None:
    await lives(client, supervisor)
    before, said = await state(engine, tenant), await bulletin(client, supervisor, MARCH)
    topic = await told(engine, tenant)
    await lose(engine)
    for start in range(0, len(topic), size):
        assert (await SUBSCRIPTION.apply(engine, topic[start : start + size])).misfits == []
    assert await state(engine, tenant) == before
    assert await bulletin(client, supervisor, MARCH) == said
    assert _carried(await told(engine, tenant)) == _carried(topic), "its outbox has them again, as they came"
    await _forget_the_inbox(engine)
    assert (await SUBSCRIPTION.apply(engine, topic)).applied == len(topic)
    assert await state(engine, tenant) == before, "what is known changes nothing"
    assert _carried(await told(engine, tenant)) == _carried(topic)


async def test_a_backup_that_has_the_recording_takes_what_follows(
    client: httpx.AsyncClient, engine: AsyncEngine, tenant: str, supervisor: Headers
) -> None:
    made = await recorded(client, supervisor)
    backup = await told(engine, tenant)
    await change(client, supervisor, made, "correction", **body(quantity=7), reason="多记")
    await change(client, supervisor, made, "voiding", reason="重复")
    before, topic = await state(engine, tenant), await told(engine, tenant)
    await lose(engine)
    await SUBSCRIPTION.apply(engine, backup)
    assert (await SUBSCRIPTION.apply(engine, topic[1:])).applied == 2
    assert await state(engine, tenant) == before


async def test_nothing_is_entered_over_a_gap(
    client: httpx.AsyncClient, engine: AsyncEngine, tenant: str, supervisor: Headers
) -> None:
    made = await recorded(client, supervisor)
    await change(client, supervisor, made, "correction", **body(quantity=7), reason="多记")
    await change(client, supervisor, made, "erasure", reason="登记号 2026-17")
    before, topic = await state(engine, tenant), await told(engine, tenant)
    recording, correction, erasure = topic
    await lose(engine)
    for there, early in (([], correction), ([], erasure), ([recording], erasure)):
        await SUBSCRIPTION.apply(engine, there)
        with pytest.raises(OutOfOrder):
            await SUBSCRIPTION.apply(engine, [early])
    assert (await SUBSCRIPTION.apply(engine, topic)).applied == 2
    assert await state(engine, tenant) == before


async def test_a_patrol_that_was_corrected_here_comes_back_in_order(
    client: httpx.AsyncClient, engine: AsyncEngine, as_: As
) -> None:
    await lose(engine)
    patrol = patrolled()
    await deliver(engine, patrol)
    shown = {"id": str(patrol.subject)}
    await change(client, as_(Role.SUPERVISOR), shown, "correction", **body(kind="patrols", quantity=1), reason="补记")
    undone = voided(patrol.subject)
    await deliver(engine, undone)
    before, [correction] = await state(engine, patrol.tenant), await told(engine, patrol.tenant)
    assert [entry[0] for entry in before[0] if entry[1] == patrol.subject][::2] == [patrol.id, undone.id]
    await lose(engine)
    await deliver(engine, patrol)
    assert (await SUBSCRIPTION.apply(engine, [correction])).applied == 1
    await deliver(engine, undone)
    assert await state(engine, patrol.tenant) == before


@pytest.mark.parametrize("what", ["correction", "voiding", "erasure"])
async def test_what_dispatch_voided_in_the_same_moment_stays_void(
    client: httpx.AsyncClient, engine: AsyncEngine, as_: As, what: str
) -> None:
    await lose(engine)
    patrol = patrolled()
    await deliver(engine, patrol)
    said = body(kind="patrols", quantity=4) if what == "correction" else {}
    done = await change(client, as_(Role.SUPERVISOR), {"id": str(patrol.subject)}, what, **said, reason="补记")
    [own] = await told(engine, patrol.tenant)
    await lose(engine)
    await deliver(engine, patrol, voided(patrol.subject))
    assert (await SUBSCRIPTION.apply(engine, [own])).applied == 1
    entries, [(row,)], days = await state(engine, patrol.tenant)
    assert [(entry[2], entry[4]) for entry in entries] == [
        ("activity.recorded", 1), ("activity.voided", 2), (done_as(what), 3),
    ]  # fmt: skip
    assert (row["version"], row["voided_at"] is None, days) == (3, False, [])
    assert (row["quantity"], UUID(row["id"])) == (done["quantity"], patrol.subject)


def done_as(what: str) -> str:
    return {"correction": "activity.corrected", "voiding": "activity.voided", "erasure": "activity.erased"}[what]


async def test_what_was_done_before_all_was_read_is_kept_beside_it(
    client: httpx.AsyncClient, engine: AsyncEngine, tenant: str, supervisor: Headers
) -> None:
    made = await recorded(client, supervisor)
    backup = await told(engine, tenant)
    await change(client, supervisor, made, "correction", **body(quantity=7), reason="多记")
    topic = await told(engine, tenant)
    await lose(engine)
    await SUBSCRIPTION.apply(engine, backup)
    await change(client, supervisor, made, "correction", **body(quantity=8), reason="少记")
    assert (await SUBSCRIPTION.apply(engine, topic[1:])).applied == 1
    entries, [(row,)], [day] = await state(engine, tenant)
    assert ([entry[4] for entry in entries], row["version"], row["quantity"], day.count(7)) == ([1, 2, 3], 3, 7, 1)


async def test_nobody_changes_activities_while_it_reads_again(
    client: httpx.AsyncClient, engine: AsyncEngine, tenant: str, supervisor: Headers
) -> None:
    made = await recorded(client, supervisor)
    async with engine.begin() as connection:
        await rereading.begin(connection, {("any", 0): 7})
    try:
        for path, said in (("", body()), (f"/{made['id']}/voiding", {"reason": "重复"})):
            refused = await client.post(f"/activities{path}", headers=supervisor, json=said)
            assert (code_of(refused), refused.headers["Retry-After"]) == ((503, "reading-again"), "30")
    finally:
        async with engine.begin() as connection:
            await rereading.end(connection, await rereading.ends(connection))
    assert len(await told(engine, tenant)) == 1


async def test_the_demo_year_comes_back_as_made_up(
    client: httpx.AsyncClient, engine: AsyncEngine, tenant: str, supervisor: Headers
) -> None:
    await load(engine.url.render_as_string(hide_password=False), tenant, "Asia/Shanghai")
    before, topic = await state(engine, tenant), await told(engine, tenant)
    await lose(engine)
    assert (await SUBSCRIPTION.apply(engine, topic)).applied == len(before[1]) == 468
    assert await state(engine, tenant) == before
    assert all(row["generated"] for (row,) in before[1])


def _carried(messages: Sequence[Message]) -> list[tuple[object, ...]]:
    return [(message.key, message.headers, message.value) for message in messages]


async def _forget_the_inbox(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        await connection.execute(sa.text("DELETE FROM inbox"))
