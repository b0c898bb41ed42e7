"""Hot spots suggest patrols, which planners take up or dismiss."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from contracts.envelope import Event, headers_of_event
from contracts.events import Payload
from contracts.hotspots import HotspotDetected, HotspotEnded, HotspotEvent
from contracts.topics import HOTSPOTS
from dispatch.asking import problem
from dispatch.patrolling import GATE, flaw, today, window
from dispatch.world import FAR_AWAY, NEIGHBOUR, TENANT, TOWN, World
from dispatch_service.events.hotspots import subscription
from dispatch_service.persistence.territory import Territory
from eventbus.parking import Message
from runtime.ids import uuid7

PATH = "/dispatch/v1/patrol-suggestions"
AT = datetime(2026, 11, 1, 8, tzinfo=UTC)
SUBSCRIPTION = subscription(Territory(check_every_seconds=0))


def detected(hotspot: UUID, sequence: int = 1, **changes: Any) -> Event[HotspotEvent]:
    said = {
        "category": "street_order.vendors",
        "lon": TOWN[0],
        "lat": TOWN[1],
        "radius_metres": 900.4,
        "count": 21,
        "expected": 4.5,
        "score": 12.0,
        "trend": "rising",
        "first_at": AT - timedelta(days=3),
        "last_at": AT,
        "evidence": (uuid7(),),
    }
    return _event(HotspotEvent.DETECTED, hotspot, HotspotDetected.model_validate({**said, **changes}), sequence)


def ended(hotspot: UUID, sequence: int) -> Event[HotspotEvent]:
    return _event(HotspotEvent.ENDED, hotspot, HotspotEnded(ended_at=AT + timedelta(days=1)), sequence)


def _event(event_type: HotspotEvent, subject: UUID, data: Payload, sequence: int) -> Event[HotspotEvent]:
    event_id = uuid7()
    return Event(event_id, event_type, "ledger", subject, TENANT, AT, sequence, event_id, None, None, data)


async def deliver(world: World, *events: Event[HotspotEvent]) -> None:
    messages = []
    for number, event in enumerate(events):
        value = event.data.model_dump_json(exclude_none=True).encode()
        key, headers = str(event.subject).encode(), headers_of_event(event)
        messages.append(Message(HOTSPOTS.name, 0, number, key, headers, value))
    await SUBSCRIPTION.apply(world.engine, messages)


async def suggested(world: World, **changes: Any) -> Any:
    """Return a new suggestion."""
    hotspot = uuid7()
    await deliver(world, detected(hotspot, **changes))
    return await show(world, hotspot)


async def show(world: World, hotspot: object) -> Any:
    response = await world.send("GET", f"{PATH}/{hotspot}", role="officer")
    assert response.status_code == 200, response.text
    return response.json()


async def decide(world: World, suggestion: Any, how: str, body: Any, **options: Any) -> Any:
    role = options.pop("role", "dispatcher")
    return await world.send("POST", f"{PATH}/{suggestion['id']}/{how}", role=role, json=body, **options)


async def test_a_hot_spot_is_suggested_to_the_team_of_its_place_and_followed(world: World) -> None:
    hotspot = uuid7()
    await deliver(world, detected(hotspot), detected(hotspot, 3, count=30, trend="steady"), detected(hotspot, 2))

    found = await show(world, hotspot)

    assert (found["team"], found["grid"], found["community"]) == ("team-08", "grid-08", "community-08")
    assert (found["state"], found["count"], found["trend"], found["version"]) == ("open", 30, "steady", 2)
    assert (found["radius_metres"], found["category"], len(found["evidence"])) == (900.4, "street_order.vendors", 1)
    listed = await world.send("GET", f"{PATH}?state=open&team=team-08&category=street_order.vendors", role="officer")
    assert str(hotspot) in {each["id"] for each in listed.json()["items"]}
    assert problem(await world.send("GET", f"{PATH}/{hotspot}", role="officer", tenant=NEIGHBOUR)) == (
        404,
        "suggestion-not-found",
    )
    outside = await suggested(world, lon=FAR_AWAY[0], lat=FAR_AWAY[1])
    assert (outside["team"], outside["grid"]) == ("duty-desk", None)


async def test_a_hot_spot_that_ends_closes_its_suggestion_and_opens_it_when_it_comes_again(world: World) -> None:
    hotspot = uuid7()
    await deliver(world, detected(hotspot), ended(hotspot, 2))

    closed = await show(world, hotspot)
    late = await decide(world, closed, "dismissal", {"reason": "已处理"})
    await deliver(world, detected(hotspot, 3))

    assert (closed["state"], closed["ended_at"]) == ("ended", "2026-11-02T08:00:00Z")
    assert problem(late) == (409, "suggestion-settled")
    again = await show(world, hotspot)
    assert (again["state"], again["ended_at"]) == ("open", None)


async def test_a_suggestion_becomes_a_patrol_with_its_middle_and_the_posts_in_it(world: World) -> None:
    suggestion = await suggested(world)
    posts = (await world.send("GET", "/dispatch/v1/posts?limit=200", role="officer")).json()["items"]

    answer = await decide(world, suggestion, "acceptance", {"patrol": window()}, headers={"If-Match": '"1"'})
    again = await decide(world, suggestion, "acceptance", {"patrol": window()})

    assert answer.status_code == 201, answer.text
    assert (answer.json()["state"], answer.json()["decided_by"]) == ("accepted", "dispatcher-demo")
    assert problem(again) == (409, "suggestion-settled")
    patrol = (await world.send("GET", answer.headers["Location"], role="officer")).json()
    assert patrol["id"] == answer.json()["patrol"]
    assert (patrol["suggestion"], patrol["team"], patrol["grid"]) == (suggestion["id"], "team-08", "grid-08")
    assert patrol["name"] == "热点巡查 street_order.vendors"
    centre, *others = patrol["points"]
    assert (centre["key"], centre["radius"], centre["evidence"]) == ("centre", 900, ["photo", "position"])
    assert (centre["lon"], centre["lat"]) == TOWN
    assert 1 <= len(others) <= 9
    assert {each["post"] for each in others} <= {post["code"] for post in posts}
    assert not any(each["required"] for each in others)


async def test_a_suggestion_becomes_a_plan_of_another_team_with_other_points(world: World) -> None:
    suggestion = await suggested(world)
    plan = {
        "name": "夜市巡查",
        "team": "team-09",
        "shift": "evening",
        "first_day": str(today()),
        "recurrence": {"weekdays": [5, 6, 7]},
        "points": [GATE],
    }
    answer = await decide(world, suggestion, "acceptance", {"plan": plan})

    assert answer.status_code == 201, answer.text
    made = (await world.send("GET", answer.headers["Location"], role="officer")).json()
    assert (made["id"], made["team"], made["grid"]) == (answer.json()["plan"], "team-09", None)
    assert [point["key"] for point in made["points"]] == ["gate"]
    assert made["recurrence"]["weekdays"] == [5, 6, 7]


async def test_a_dismissed_suggestion_stays_so_until_the_hot_spot_has_ended(world: World) -> None:
    suggestion = await suggested(world)

    unreasoned = await decide(world, suggestion, "dismissal", {})
    officer = await decide(world, suggestion, "dismissal", {"reason": "已整治"}, role="officer")
    done = await decide(world, suggestion, "dismissal", {"reason": "已整治"})
    await deliver(world, detected(UUID(suggestion["id"]), 2, count=40))

    assert flaw(unreasoned) == (422, "/reason", "missing")
    assert problem(officer) == (403, "access-denied")
    assert (done.json()["state"], done.json()["reason"]) == ("dismissed", "已整治")
    after = await show(world, suggestion["id"])
    assert (after["state"], after["count"]) == ("dismissed", 40)
    await deliver(world, ended(UUID(suggestion["id"]), 3), detected(UUID(suggestion["id"]), 4))
    assert ((await show(world, suggestion["id"]))["state"], after["reason"]) == ("open", "已整治")


@pytest.mark.parametrize(
    ("body", "pointer", "code"),
    [
        ({}, "", "acceptance_parts"),
        ({"patrol": window(length=-timedelta(hours=1))}, "/patrol/ends_at", "window-reversed"),
        ({"patrol": {**window(), "team": "team-99"}}, "/patrol/team", "unknown-team"),
        ({"patrol": {**window(), "points": [{"post": "post-9"}]}}, "/patrol/points/0/post", "unknown-post"),
        ({"plan": {"shift": "night", "first_day": "2026-01-01"}}, "/plan/shift", "unknown-shift"),
    ],
)
async def test_an_acceptance_that_cannot_be_is_refused_and_the_suggestion_stays_open(
    world: World, body: Any, pointer: str, code: str
) -> None:
    suggestion = await suggested(world)
    assert flaw(await decide(world, suggestion, "acceptance", body)) == (422, pointer, code)
    assert (await show(world, suggestion["id"]))["state"] == "open"
