"""Transfers to other departments, their answers and recalls, and the registry of departments."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio

from contracts.envelope import Event
from contracts.lifecycle import EventType
from dispatch.asking import ask, events_of, grant, moment, problem, shown
from dispatch.world import NEIGHBOUR, World, later
from dispatch_service.service.timers import fire_due

WATER = {"department": "water", "external_ref": "SW-2026-17", "reason": "供水管道破裂，属水务部门"}
DEPARTMENTS = "/dispatch/v1/departments"


@pytest_asyncio.fixture(scope="module", loop_scope="session", autouse=True)
async def _water(world: World) -> None:
    body = {"name": "水务局", "contact_system": "水务热线系统"}
    answer = await world.send("PUT", f"{DEPARTMENTS}/water", role="admin", json=body)
    assert answer.status_code == 201, answer.text


async def transfer(world: World, event: Event, **changes: Any) -> Any:
    role, tenant = changes.pop("role", "dispatcher"), changes.pop("tenant", event.tenant)
    return await world.act(event, "transfer", {**WATER, **changes}, role=role, tenant=tenant)


def answer(**changes: Any) -> dict[str, Any]:
    now = datetime.now(UTC).isoformat()
    return {"handling_mode": "on_site_rectification", "result": "管道已修复", "answered_at": now, **changes}


async def test_a_department_takes_a_case_on_and_its_answer_is_the_result(world: World) -> None:
    event = await world.a_case("accept", "start")
    before = await shown(world, event)
    await ask(world, event, "extension")
    gone = await transfer(world, event)
    photo = {"id": str(uuid4()), "role": "after"}
    done = await world.act(event, "transfer/answer", answer(photos=[photo]), role="dispatcher")

    assert (gone.json()["status"], gone.json()["promised_at"]) == ("transferred", before["promised_at"])
    assert (gone.json()["light"], [each["state"] for each in gone.json()["requests"]]) == ("green", ["dropped"])
    assert gone.json()["remaining_seconds"] > 0
    assert (done.json()["status"], done.json()["result"], done.json()["photos"]) == ("resolved", "管道已修复", [photo])
    assert done.json()["remaining_seconds"] is None
    (line,) = done.json()["transfers"]
    assert (line["state"], line["department"], line["external_ref"]) == ("answered", "water", "SW-2026-17")
    assert (line["result"], line["handling_mode"]) == ("管道已修复", "on_site_rectification")
    assert moment(line["transferred_at"]) < moment(line["answered_at"]) < moment(line["ended_at"])
    assert await events_of(world, event) == [
        ("assigned", 1), ("accepted", 2), ("started", 3), ("transferred", 4), ("resolved", 5),
    ]  # fmt: skip
    told, result = (row["payload"] for row in (await world.published(event))[3:])
    assert told == {"actor": "dispatcher-demo", "team": "team-08", "department_name": "水务局", **WATER}
    assert (result["actor"], result["photos"]) == ("dispatcher-demo", [photo["id"]])
    assert moment(result["resolved_at"]) == moment(line["answered_at"])  # not when it was entered


@pytest.mark.parametrize(("team", "status"), [(None, "received"), ("team-09", "assigned"), ("team-08", "assigned")])
async def test_a_recalled_case_goes_to_a_unit_again(world: World, team: str | None, status: str) -> None:
    event = await world.a_case("accept")
    promised_at = (await transfer(world, event)).json()["promised_at"]
    body = {"reason": "水务局答复不属其职责", **({"team": team} if team else {})}
    back = (await world.act(event, "transfer/recall", body, role="dispatcher")).json()

    assert (back["status"], back["promised_at"], back["returns"]) == (status, promised_at, [])
    assert (back["team"]["code"], back["responsible_team"]) == (team or "team-08", "team-08")
    assert (back["transfers"][0]["state"], back["transfers"][0]["recall_reason"]) == ("recalled", body["reason"])
    told = [row for row in await world.published(event) if row["type"] == EventType.RETURNED]
    assert [(row["payload"]["asked_by"], row["payload"]["returns"]) for row in told] == [("dispatcher-demo", 0)]
    if team:
        assert (await world.act(event, "accept", role="officer")).status_code == 200
        assert (await transfer(world, event, external_ref="SW-2")).status_code == 200


async def test_while_a_department_has_it_the_unit_does_nothing_and_the_limits_go_on(world: World) -> None:
    event = await world.a_case("accept", "start")
    await transfer(world, event)
    await world.run(
        "UPDATE dispatch_case SET warn_at = now() - interval '2 s', promised_at = now() - interval '1 s',"
        " timer_at = now() - interval '2 s' WHERE complaint_id = :id",
        id=event.subject,
    )
    while await fire_due(world.engine, world.clockworks):
        pass
    told = [row["payload"] for row in await world.published(event) if row["type"] == EventType.ESCALATED]
    assert [(each["level"], each["stage"], each["department"]) for each in told] == [
        (80, "resolve", "water"),
        (100, "resolve", "water"),
    ]
    assert (await shown(world, event))["light"] == "red"
    order = {"text": "尽快办结", "deadline": (datetime.now(UTC) + timedelta(days=1)).isoformat()}
    refused = await world.act(event, "supervision", order, role="supervisor")
    assert problem(refused) == (409, "illegal-transition")
    for action, body in (
        ("accept", None),
        ("start", None),
        ("resolve", None),
        ("return", {"reason": "x"}),
        ("suspension", {"reason": "x"}),
    ):
        refused = await world.act(event, action, body, role="officer")
        assert (problem(refused), refused.json()["present"]["status"]) == ((409, "illegal-transition"), "transferred")
    await world.deliver(later(event, EventType.RELEASE_REQUESTED))
    assert (await world.published(event))[-1]["type"] == EventType.RELEASE_REFUSED

    await world.act(event, "transfer/recall", {"reason": "x"}, role="dispatcher")
    await world.run("UPDATE dispatch_case SET timer_at = now() WHERE complaint_id = :id", id=event.subject)
    assert await fire_due(world.engine, world.clockworks) == 1
    last = (await world.published(event))[-1]["payload"]
    assert (last["level"], "department" in last) == (200, False)


async def test_only_what_a_department_has_is_answered_or_recalled(world: World) -> None:
    event, aside = await world.a_case("accept", "start"), await world.a_case("accept")
    await grant(world, aside, "suspension")
    for about, action, body in (
        (event, "transfer/answer", answer()),
        (event, "transfer/recall", {"reason": "x"}),
        (aside, "transfer", WATER),
    ):
        assert problem(await world.act(about, action, body, role="dispatcher")) == (409, "illegal-transition")


async def test_of_an_answer_and_a_recall_at_once_one_happens(world: World) -> None:
    for _ in range(5):
        event = await world.a_case()
        await transfer(world, event)
        done, back = await asyncio.gather(
            world.act(event, "transfer/answer", answer(), role="dispatcher"),
            world.act(event, "transfer/recall", {"reason": "x"}, role="dispatcher"),
        )
        assert sorted((done.status_code, back.status_code)) == [200, 409]
        (line,) = (await shown(world, event))["transfers"]
        assert line["state"] == ("answered" if done.status_code == 200 else "recalled")


async def test_bad_transfers_are_named(world: World) -> None:
    event = await world.a_case()
    for changes, pointer in (
        ({"department": "nobody"}, "/department"),
        ({"external_ref": ""}, "/external_ref"),
        ({"reason": ""}, "/reason"),
        ({"more": 1}, "/more"),
    ):
        refused = await transfer(world, event, **changes)
        assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, pointer)
    for role in ("officer", "supervisor", "admin"):
        assert problem(await transfer(world, event, role=role)) == (403, "access-denied")
    assert problem(await transfer(world, event, tenant=NEIGHBOUR)) == (404, "complaint-not-found")
    await transfer(world, event)
    later_on = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    for body, pointer in (
        (answer(answered_at=later_on), "/answered_at"),
        (answer(answered_at="2026-03-01T00:00:00Z"), "/answered_at"),
        (answer(handling_mode="fine"), "/handling_mode"),
        (answer(result=""), "/result"),
    ):
        refused = await world.act(event, "transfer/answer", body, role="dispatcher")
        assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, pointer)
    refused = await world.act(event, "transfer/recall", {"reason": "x", "team": "nobody"}, role="dispatcher")
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/team")
    assert (await shown(world, event))["status"] == "transferred"


async def test_departments_are_the_tenants_own_data(world: World) -> None:
    async def put(code: str, body: object, **options: Any) -> Any:
        return await world.send("PUT", f"{DEPARTMENTS}/{code}", role=options.pop("role", "admin"), json=body, **options)

    async def listed(**options: Any) -> list[str]:
        page = await world.send("GET", f"{DEPARTMENTS}?limit=200", role="officer", **options)
        return [each["code"] for each in page.json()["items"]]

    added = await put("parks", {"name": "园林局"})
    changed = await put("parks", {"name": "园林绿化中心", "contact_system": "园林"})
    assert (added.status_code, changed.status_code) == (201, 200)
    assert changed.json() == {"code": "parks", "name": "园林绿化中心", "contact_system": "园林", "generated": False}
    assert await listed() == ["parks", "water"]
    assert await listed(tenant=NEIGHBOUR) == []
    stale = await put("parks", {"name": "x"}, headers={"If-Match": added.headers["ETag"]})
    assert problem(stale) == (412, "precondition-failed")
    for body, pointer in (({}, "/name"), ({"name": ""}, "/name"), ({"name": "x", "phone": "1"}, "/phone")):
        refused = await put("parks", body)
        assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, pointer)
    assert problem(await put("parks", {"name": "x"}, role="dispatcher")) == (403, "access-denied")


async def test_a_department_that_was_ever_transferred_to_stays(world: World) -> None:
    event = await world.a_case()
    await transfer(world, event)

    async def remove(code: str) -> Any:
        return await world.send("DELETE", f"{DEPARTMENTS}/{code}", role="admin")

    assert problem(await remove("water")) == (409, "place-in-use")
    assert problem(await remove("nobody")) == (404, "place-not-found")
    await world.send("PUT", f"{DEPARTMENTS}/spare", role="admin", json={"name": "x"})
    assert (await remove("spare")).status_code == 204
