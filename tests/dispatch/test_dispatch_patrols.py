"""Officers start patrols, visit points with evidence, and complete them."""

import asyncio
import json
import uuid
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from dispatch.asking import HOUR, problem
from dispatch.duties import get
from dispatch.patrolling import (
    AT_GATE,
    BEYOND,
    GATE,
    OFFICER,
    PATROL,
    a_patrol,
    flaw,
    iso,
    patrols_of,
    show,
    step,
    visit,
    window,
)
from dispatch.world import FAR_AWAY, NEIGHBOUR, World
from runtime.clock import now

PHOTO = str(uuid.uuid4())


async def published(world: World, patrol: Any) -> list[dict[str, Any]]:
    """Return type and payload of what the outbox holds about the activity of a patrol."""
    return await told_of(world, (await show(world, patrol))["activity"])


async def told_of(world: World, subject: str) -> list[dict[str, Any]]:
    statement = sa.text("SELECT * FROM outbox WHERE aggregateid = :id ORDER BY position")
    async with world.engine.connect() as connection:
        rows = (await connection.execute(statement, {"id": subject})).mappings().all()
    return [{**row, "payload": json.loads(row["payload"])} for row in rows]


async def test_a_patrol_from_start_to_completion_becomes_an_activity(world: World) -> None:
    patrol = await a_patrol(world, points=[{**GATE, "evidence": ["photo", "position"]}])

    started = await step(world, patrol, "start", {"position": AT_GATE})
    visited = await visit(world, patrol, photos=[PHOTO], findings=["GD20261128001"], note="两处占道")
    done = await step(world, patrol, "completion", {"note": "已劝离"})

    assert (started.json()["state"], started.json()["start_metres"]) == ("started", 0)
    assert visited.status_code == 201, visited.text
    assert (visited.json()["metres"], visited.json()["far"]) == (0, False)
    assert done.json()["state"] == "done"
    assert (done.json()["points_visited"], done.json()["findings"], done.json()["visits"]) == (1, 1, 1)
    assert done.json()["visited"] == [visited.json()]
    assert done.headers["ETag"] == '"4"'
    [event] = await published(world, patrol)
    assert (event["type"], event["aggregatetype"], event["sequence"]) == ("activity.recorded", "field.activity.v1", 1)
    told = event["payload"]
    assert (told["kind"], told["count"], told["patrol"]) == ("patrols", 1, patrol["id"])
    assert (told["team"], told["community"], told["evidence"], told["people"]) == (
        "team-08",
        "community-08",
        [PHOTO],
        1,
    )
    [position] = [each for each in await get(world, "positions") if each["subject"] == OFFICER]
    assert (position["lon"], position["lat"]) == (AT_GATE["lon"], AT_GATE["lat"])


async def test_each_visit_tells_of_its_photos_whatever_becomes_of_the_patrol(world: World) -> None:
    patrol = await a_patrol(world, started=True)
    photos = [str(uuid.uuid4()) for _ in range(20)]
    visited = str(uuid.uuid4())
    same: dict[str, Any] = {"id": visited, "at": iso(now()), "photos": photos}

    kept = [await visit(world, patrol, **same) for _ in range(2)]
    bare = (await visit(world, patrol)).json()["id"]

    assert [answer.status_code for answer in kept] == [201, 201]
    [told] = await told_of(world, visited)
    assert (told["type"], told["aggregatetype"], told["sequence"]) == ("patrol.photographed", "field.activity.v1", 1)
    assert told["payload"] == {"actor": OFFICER, "team": "team-08", "patrol": patrol["id"], "photos": photos}
    assert await told_of(world, bare) == []


async def test_a_home_visit_counts_doors_and_none_is_no_activity(world: World) -> None:
    doors = [{**GATE, "key": f"door-{number}", "name": f"{number}号商铺"} for number in range(3)]
    two, none = [await a_patrol(world, kind="home_visit", points=doors, started=True) for _ in range(2)]
    for number in (0, 2):
        assert (await visit(world, two, point=f"door-{number}")).status_code == 201

    await step(world, two, "completion", {"reason": "无人在家"})
    await step(world, none, "completion", {"reason": "无人在家"})

    [event] = await published(world, two)
    assert (event["payload"]["kind"], event["payload"]["count"]) == ("visits", 2)
    assert (await show(world, none))["activity"] is None


async def test_completion_without_required_points_needs_a_reason(world: World) -> None:
    patrol = await a_patrol(world, started=True, points=[GATE, {**GATE, "key": "extra", "required": False}])
    await visit(world, patrol, position=BEYOND)

    refused = await step(world, patrol, "completion")
    done = await step(world, patrol, "completion", {"reason": "市场关闭"})

    assert flaw(refused) == (422, "/reason", "points-not-visited")
    assert "gate" in refused.json()["errors"][0]["message"]
    assert (done.json()["state"], done.json()["reason"], done.json()["points_visited"]) == ("done", "市场关闭", 0)
    assert (done.json()["far_visits"], done.json()["visited"][0]["far"]) == (1, True)
    assert done.json()["visited"][0]["metres"] == pytest.approx(199, abs=2)


@pytest.mark.parametrize(
    ("changes", "pointer", "code"),
    [
        ({"point": "nowhere"}, "/point", "unknown-point"),
        ({"position": None}, "/position", "evidence-missing"),
        ({"position": {"lon": FAR_AWAY[0], "lat": FAR_AWAY[1]}}, "/position", "position-far-away"),
        ({"at": iso(now() + HOUR)}, "/at", "moment-in-the-future"),
        ({"at": iso(now() - timedelta(days=2))}, "/at", "before-start"),
        ({"photos": ["x"]}, "/photos/0", "uuid_parsing"),
    ],
)
async def test_a_visit_that_cannot_be_is_refused_with_its_own_code(
    world: World, changes: Any, pointer: str, code: str
) -> None:
    patrol = await a_patrol(world, started=True)
    assert flaw(await visit(world, patrol, **changes)) == (422, pointer, code)
    assert (await show(world, patrol))["visits"] == 0


async def test_a_visit_with_an_id_of_the_client_is_kept_once(world: World) -> None:
    patrol, other = [await a_patrol(world, started=True) for _ in range(2)]
    same = {"id": str(uuid.uuid4()), "at": iso(now()), "note": "正常"}

    answers = await asyncio.gather(*(visit(world, patrol, **same) for _ in range(3)))
    changed = await visit(world, patrol, **{**same, "note": "异常"})
    elsewhere = await visit(world, other, **same)
    await step(world, patrol, "completion")
    late = await visit(world, patrol, **same)

    assert [answer.status_code for answer in answers] == [201, 201, 201]
    assert len({answer.text for answer in [*answers, late]}) == 1
    assert problem(changed) == problem(elsewhere) == (422, "id-reused")
    assert (await show(world, patrol))["visits"] == 1


async def test_one_id_for_two_patrols_at_once_is_kept_for_one(world: World) -> None:
    patrols = [await a_patrol(world, started=True) for _ in range(4)]
    same = {"id": str(uuid.uuid4()), "at": iso(now())}

    answers = await asyncio.gather(*(visit(world, patrol, **same) for patrol in patrols))

    assert sorted(answer.status_code for answer in answers) == [201, 422, 422, 422]


async def test_a_patrol_with_an_id_of_the_client_is_made_once(world: World) -> None:
    body = {**PATROL, **window(), "id": str(uuid.uuid4())}
    make: dict[str, Any] = {"role": "officer", "subject": OFFICER}

    answers = await asyncio.gather(*(world.send("POST", "/dispatch/v1/patrols", json=body, **make) for _ in range(3)))
    other = await world.send("POST", "/dispatch/v1/patrols", json={**body, "name": "二"}, **make)
    await step(world, body, "start")
    late = await world.send("POST", "/dispatch/v1/patrols", json=body, **make)
    neighbour = await world.send("POST", "/dispatch/v1/patrols", json=body, tenant=NEIGHBOUR, role="dispatcher")

    assert [answer.status_code for answer in answers] == [201, 201, 201]
    assert {answer.json()["id"] for answer in answers} == {body["id"]}
    assert (late.status_code, late.json()["state"]) == (201, "started")
    assert problem(other) == (422, "id-reused")
    assert flaw(neighbour) == (422, "/team", "unknown-team")


@pytest.mark.parametrize(
    ("changes", "pointer", "code"),
    [
        (window(length=-HOUR), "/ends_at", "window-reversed"),
        (window(length=25 * HOUR), "/ends_at", "window-too-long"),
        (window(begin=-timedelta(days=9)), "/begins_at", "window-out-of-range"),
        (window(begin=timedelta(days=400)), "/begins_at", "window-out-of-range"),
        ({"points": [{**GATE, "lon": 116.39, "lat": 39.9}]}, "/points/0", "point-outside-county"),
    ],
)
async def test_a_patrol_that_cannot_be_is_refused_with_its_own_code(
    world: World, changes: Any, pointer: str, code: str
) -> None:
    body = {**PATROL, **window(), **changes}
    response = await world.send("POST", "/dispatch/v1/patrols", role="dispatcher", json=body)
    assert flaw(response) == (422, pointer, code)


async def test_only_those_whose_patrol_it_is_may_do_something_with_it(world: World) -> None:
    patrol = await a_patrol(world, officers=["officer-0802"])

    named = await step(world, patrol, "start")
    stranger = await step(world, patrol, "start", subject="officer-0101")
    neighbour = await step(world, patrol, "start", tenant=NEIGHBOUR)
    foreign = await world.send(
        "POST", "/dispatch/v1/patrols", role="officer", subject="officer-0101", json={**PATROL, **window()}
    )

    assert problem(named) == problem(stranger) == problem(foreign) == (403, "not-your-patrol")
    assert problem(neighbour) == (404, "patrol-not-found")
    assert (await step(world, patrol, "start", subject="officer-0802")).status_code == 200
    assert [each["id"] for each in await patrols_of(world, "officer=officer-0802")] == [patrol["id"]]


async def test_steps_out_of_order_are_told_the_present_state(world: World) -> None:
    patrol = await a_patrol(world)

    early = [await visit(world, patrol), await step(world, patrol, "completion")]
    assert [problem(answer) for answer in early] == [(409, "patrol-state")] * 2
    assert early[0].json()["present"] == {"state": "planned", "version": 1}
    await step(world, patrol, "start")
    assert problem(await step(world, patrol, "start")) == (409, "patrol-state")
    assert problem(await step(world, patrol, "start", headers={"If-Match": '"1"'})) == (412, "precondition-failed")
    await visit(world, patrol)
    same = {"Idempotency-Key": str(uuid.uuid4())}
    twins = await asyncio.gather(*(step(world, patrol, "completion", headers=same) for _ in range(2)))
    assert [answer.status_code for answer in twins] == [200, 200]
    assert twins[0].json() == twins[1].json()
    assert problem(await visit(world, patrol)) == (409, "patrol-state")
    assert len(await published(world, patrol)) == 1


async def test_a_start_outside_of_the_window_is_refused(world: World) -> None:
    patrol = await a_patrol(world, **window(begin=3 * HOUR))
    early = await step(world, patrol, "start")
    assert flaw(early) == (422, "/at", "outside-window")
    assert flaw(await step(world, patrol, "start", {"at": iso(now() + 3 * HOUR)})) == (
        422,
        "/at",
        "moment-in-the-future",
    )


async def test_cancelling_is_for_planners_and_undoing_for_supervisors(world: World) -> None:
    planned, done = await a_patrol(world), await a_patrol(world, started=True)
    await visit(world, done)
    await step(world, done, "completion")
    why = {"reason": "暴雨"}

    by_officer = await step(world, planned, "cancellation", why)
    unreasoned = await step(world, planned, "cancellation", role="dispatcher")
    off = await step(world, planned, "cancellation", why, role="dispatcher")
    by_dispatcher = await step(world, done, "cancellation", why, role="dispatcher")
    undone = await step(world, done, "cancellation", why, role="supervisor")

    assert problem(by_officer) == (403, "access-denied")
    assert flaw(unreasoned) == (422, "/reason", "missing")
    assert (off.json()["state"], off.json()["reason"]) == ("cancelled", "暴雨")
    assert problem(by_dispatcher) == (409, "patrol-state")
    assert undone.json()["state"] == "cancelled"
    assert [(each["type"], each["sequence"]) for each in await published(world, done)] == [
        ("activity.recorded", 1),
        ("activity.voided", 2),
    ]
