"""Rework and reopening over REST, and verification by rule: what is answered, entered and published."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from contracts.events import PAYLOADS, Payload
from contracts.ids import derived_id
from contracts.lifecycle import EventType
from contracts.roles import Role
from histories import OWNER, History, messages
from ledger.conftest import As, Enter
from ledger_service.events.handler import SUBSCRIPTION
from outboxes import published

NOT_GOOD = {"method": "on_site", "passed": False, "note": "垃圾还在"}
REOPENING = {"reason": "又堆上了"}


async def types_of(engine: AsyncEngine, history: History) -> list[str]:
    statement = sa.text("SELECT type FROM entry WHERE complaint_id = :id ORDER BY position")
    async with engine.connect() as connection:
        found = (await connection.execute(statement, {"id": history.id})).scalars()
        return [event_type.removeprefix("complaint.") for event_type in found]


async def closed(client: httpx.AsyncClient, enter: Enter, as_: As) -> History:
    history = History().until_resolved()
    await enter(history)
    path = f"/complaints/{history.id}/verification"
    assert (await client.post(path, json={"method": "call"}, headers=as_(Role.INSPECTOR))).status_code == 200
    return history


async def test_a_result_that_is_not_good_gives_the_unit_another_round(
    client: httpx.AsyncClient, engine: AsyncEngine, enter: Enter, as_: As
) -> None:
    history = History().until_resolved()
    await enter(history)
    path = f"/complaints/{history.id}/verification"
    answer = await client.post(path, json=NOT_GOOD, headers=as_(Role.INSPECTOR))
    assert answer.status_code == 200
    assert (answer.json()["status"], answer.json()["round"], answer.json()["closed_at"]) == ("assigned", 2, None)
    (ordered,) = await published(engine, history.id)
    assert (ordered["type"], ordered["sequence"]) == ("complaint.rework_ordered", 1)
    assert ordered["data"] == {"actor": "inspector-1", "method": "on_site", "reason": "垃圾还在", "round": 2}
    again = await client.post(path, json=NOT_GOOD, headers=as_(Role.INSPECTOR))
    assert (again.status_code, again.json()["present"]["status"]) == (409, "assigned")
    story = (await client.get(f"/complaints/{history.id}", headers=as_(Role.CITIZEN, OWNER))).json()
    assert (story["timeline"][-1]["type"], story["timeline"][-1]["data"]) == ("complaint.rework_ordered", {"round": 2})


async def test_the_next_round_is_entered_and_verified_like_the_first(
    client: httpx.AsyncClient, engine: AsyncEngine, enter: Enter, as_: As
) -> None:
    history = History().until_resolved()
    await enter(history)
    path = f"/complaints/{history.id}/verification"
    await client.post(path, json=NOT_GOOD, headers=as_(Role.INSPECTOR))
    second = [history.assigned(number=2), history.accepted(), history.started(), history.resolved()]
    await SUBSCRIPTION.apply(engine, messages(second))
    answer = await client.post(path, json={"method": "photo"}, headers=as_(Role.INSPECTOR))
    assert (answer.json()["status"], answer.json()["round"]) == ("closed", 2)
    assert [row["sequence"] for row in await published(engine, history.id)] == [1, 2, 3]


async def test_a_failure_needs_its_reason_and_the_worker_cannot_judge(
    client: httpx.AsyncClient, engine: AsyncEngine, enter: Enter, as_: As
) -> None:
    history = History().until_resolved(actor="inspector-1")
    await enter(history)
    path = f"/complaints/{history.id}/verification"
    silent = await client.post(path, json={**NOT_GOOD, "note": None}, headers=as_(Role.INSPECTOR))
    assert (silent.status_code, silent.json()["errors"][0]["code"]) == (422, "reason-missing")
    assert silent.json()["errors"][0]["pointer"] == "/note"
    worker = await client.post(path, json=NOT_GOOD, headers=as_(Role.INSPECTOR))
    assert (worker.status_code, worker.json()["type"]) == (403, "urn:jieban:problem:verifier-is-worker")
    assert await published(engine, history.id) == []


@pytest.mark.parametrize(
    "caller",
    [(Role.CITIZEN, OWNER), (Role.OPERATOR, None), (Role.SUPERVISOR, None)],
    ids=["owner", "operator", "supervisor"],
)
async def test_who_is_not_satisfied_has_it_reopened(
    client: httpx.AsyncClient, engine: AsyncEngine, enter: Enter, as_: As, caller: tuple[Role, str | None]
) -> None:
    history = await closed(client, enter, as_)
    word = {"satisfaction": "dissatisfied", "solved": False}
    rated = await client.post(f"/complaints/{history.id}/feedback", json=word, headers=as_(Role.CITIZEN, OWNER))
    assert rated.status_code == 200
    answer = await client.post(f"/complaints/{history.id}/reopening", json=REOPENING, headers=as_(*caller))
    assert answer.status_code == 200, answer.text
    shown = answer.json()
    assert (shown["status"], shown["round"]) == ("assigned", 2)
    assert (shown["closed_at"], shown["satisfaction"], shown["solved"]) == (None, None, None)
    reopened = (await published(engine, history.id))[-1]
    assert (reopened["type"], reopened["sequence"]) == ("complaint.reopened", 4)
    assert (reopened["data"]["reason"], reopened["data"]["round"]) == ("又堆上了", 2)


async def test_others_cannot_reopen_and_only_what_is_closed_is_reopened(
    client: httpx.AsyncClient, engine: AsyncEngine, enter: Enter, as_: As
) -> None:
    history = await closed(client, enter, as_)
    path = f"/complaints/{history.id}/reopening"
    assert (await client.post(path, json=REOPENING, headers=as_(Role.CITIZEN, "stranger"))).status_code == 404
    assert (await client.post(path, json=REOPENING, headers=as_(Role.OFFICER))).status_code == 403
    assert (await client.post(path, json={}, headers=as_(Role.OPERATOR))).status_code == 422
    assert (await client.post(path, json=REOPENING, headers=as_(Role.OPERATOR))).status_code == 200
    again = await client.post(path, json=REOPENING, headers=as_(Role.OPERATOR))
    assert (again.status_code, again.json()["present"]["status"]) == (409, "assigned")


async def test_after_the_window_it_stays_closed(
    client: httpx.AsyncClient, engine: AsyncEngine, enter: Enter, as_: As
) -> None:
    history = await closed(client, enter, as_)
    async with engine.begin() as connection:
        statement = sa.text(
            "UPDATE ledger_complaint SET closed_at = closed_at - interval '15 days 1 second' WHERE complaint_id = :id"
        )
        await connection.execute(statement, {"id": history.id})
    answer = await client.post(f"/complaints/{history.id}/reopening", json=REOPENING, headers=as_(Role.CITIZEN, OWNER))
    assert (answer.status_code, answer.json()["type"]) == (409, "urn:jieban:problem:reopening-too-late")
    until = datetime.fromisoformat(answer.json()["until"]).astimezone(ZoneInfo("Asia/Shanghai"))
    assert f"{until:%Y-%m-%d %H:%M}" in answer.json()["detail"]
    assert len(await published(engine, history.id)) == 2


def self_handled() -> History:
    history = History(owner=None)
    for step in (history.received, history.assigned, history.accepted, history.started):
        step()
    history.resolved(self_handled=True)
    return history


async def test_what_was_handled_on_the_spot_is_verified_by_rule(
    client: httpx.AsyncClient, engine: AsyncEngine, enter: Enter, as_: As
) -> None:
    history = self_handled()
    await enter(history)
    shown = (await client.get(f"/complaints/{history.id}", headers=as_(Role.ANALYST))).json()
    assert (shown["status"], shown["version"]) == ("closed", 7)
    verified, ended = await published(engine, history.id)
    assert verified["data"] == {"actor": "rule", "method": "rule"}
    assert (verified["sequence"], ended["sequence"]) == (1, 2)
    assert (verified["causationid"], ended["causationid"]) == (history.events[-1].id, verified["id"])


async def test_a_ledger_that_lost_them_makes_the_same_events_again(engine: AsyncEngine, enter: Enter) -> None:
    history = self_handled()
    resolved = history.events[-1]
    await enter(history)
    verified, ended = await published(engine, history.id)
    assert [verified["id"], ended["id"]] == [
        derived_id(resolved.id, each) for each in (EventType.VERIFIED, EventType.CLOSED)
    ]
    async with engine.begin() as connection:
        for table in ("ledger_complaint", "entry", "inbox"):
            await connection.execute(sa.text("SET session_replication_role = replica"))
            await connection.execute(sa.text(f"DELETE FROM {table}"))
        await connection.execute(sa.text("SET session_replication_role = origin"))
    own = [
        resolved._replace(
            id=row["id"], type=EventType(row["type"]), source="ledger", sequence=row["sequence"], data=data
        )
        for row, data in zip((verified, ended), _data_of(verified, ended), strict=True)
    ]
    outcome = await SUBSCRIPTION.apply(engine, messages([*history.events, *own]))
    assert outcome.misfits == []
    assert (await types_of(engine, history))[-3:] == ["resolved", "verified", "closed"]


def _data_of(*rows: dict[str, Any]) -> list[Payload]:
    return [PAYLOADS[EventType(row["type"])].model_validate(row["data"]) for row in rows]
