"""Parked messages over REST, on the dispatch service."""

from typing import Any

import pytest

from contracts.lifecycle import EventType
from dispatch.world import NEIGHBOUR, TENANT, World, later, received
from eventbus.isolation import Isolation
from runtime.database import is_outage

PARKED = "/dispatch/v1/parked"


async def park(world: World) -> tuple[Any, int]:
    """Park a withdrawal that came before its receipt; return the receipt, not delivered, and the message's id."""
    event = received()
    isolation = Isolation(world.subscription, world.engine, is_outage)
    await isolation.apply([world.message(later(event, EventType.RELEASE_REQUESTED))])
    newest = (await world.send("GET", f"{PARKED}?limit=200", role="admin")).json()["items"][-1]
    return event, newest["id"]


async def post(world: World, message_id: int, action: str, body: object = None, **headers: str) -> Any:
    path = f"{PARKED}/{message_id}/{action}"
    return await world.send("POST", path, role="admin", json=body, headers=headers)


async def refused_in_chinese(world: World, message_id: int) -> str:
    """Return what a release is refused with."""
    answer = await post(world, message_id, "release", **{"Accept-Language": "zh"})
    assert answer.status_code == 409, answer.text
    detail: str = answer.json()["detail"]
    return detail


async def test_a_parked_message_is_listed_and_shown(world: World) -> None:
    event, message_id = await park(world)

    listed = (await world.send("GET", f"{PARKED}?limit=200", role="admin")).json()["items"][-1]
    shown = (await world.send("GET", f"{PARKED}/{message_id}", role="admin")).json()

    assert (listed["error_class"], listed["state"], listed["key"]) == ("OutOfOrder", "parked", str(event.subject))
    assert shown["headers"]["ce_type"] == "complaint.release_requested"
    assert '"ending":"withdrawn"' in shown["value"]


async def test_a_message_that_still_fails_stays_and_goes_through_once_it_can(world: World) -> None:
    event, message_id = await park(world)

    again = await post(world, message_id, "release")
    assert (again.status_code, again.json()["type"]) == (409, "urn:jieban:problem:parked-message-fails-again")
    assert "OutOfOrder" in again.json()["detail"]

    isolation = Isolation(world.subscription, world.engine, is_outage)
    await isolation.apply([world.message(event)])  # parked behind the other, and in the wrong order for good
    await post(world, message_id, "discard", {"reason": "重复"})
    behind = (await world.send("GET", f"{PARKED}?limit=200", role="admin")).json()["items"][-1]
    released = await post(world, behind["id"], "release")

    assert (released.status_code, released.json()) == (200, {"released": 1})
    assert await refused_in_chinese(world, behind["id"]) == "该停放消息已处理，当前状态为“已重新处理”。"
    assert (await world.row(event))["status"] == "assigned"
    assert [row["type"] for row in await world.published(event)] == ["complaint.assigned"]


async def test_a_settled_message_is_not_settled_again(world: World) -> None:
    _, message_id = await park(world)

    discarded = await post(world, message_id, "discard", {"reason": "测试"})

    assert discarded.json() | {"state": "discarded", "settled_by": "admin-demo", "reason": "测试"} == discarded.json()
    for action, body in (("discard", {"reason": "again"}), ("release", None)):
        response = await post(world, message_id, action, body)
        assert (response.status_code, response.json()["present"]) == (409, {"state": "discarded"})
    assert await refused_in_chinese(world, message_id) == "该停放消息已处理，当前状态为“已放弃”。"
    open_ids = [item["id"] for item in (await world.send("GET", f"{PARKED}?limit=200", role="admin")).json()["items"]]
    assert message_id not in open_ids
    discarded_list = (await world.send("GET", f"{PARKED}?state=discarded&limit=200", role="admin")).json()["items"]
    assert message_id in [item["id"] for item in discarded_list]


async def test_the_list_has_pages(world: World) -> None:
    message_ids = [(await park(world))[1] for _ in range(3)]
    seen: list[int] = []
    path: str | None = f"{PARKED}?state=all&limit=2"
    while path is not None:
        response = await world.send("GET", path, role="admin")
        seen += [item["id"] for item in response.json()["items"]]
        path = response.links["next"]["url"] if "next" in response.links else None

    assert seen == sorted(seen)
    assert set(message_ids) <= set(seen)


@pytest.mark.parametrize("message_id", [2**62, 0, "x"])
async def test_an_unknown_message_is_not_found(world: World, message_id: Any) -> None:
    expected = 404 if message_id == 2**62 else 422

    assert (await world.send("GET", f"{PARKED}/{message_id}", role="admin")).status_code == expected
    assert (await post(world, message_id, "release")).status_code == expected
    assert (await post(world, message_id, "discard", {"reason": "x"})).status_code == expected


async def test_only_administrators_of_the_operating_tenant_may_look(world: World) -> None:
    _, message_id = await park(world)

    for role, tenant in (("supervisor", TENANT), ("admin", NEIGHBOUR)):
        for method, path in (("GET", PARKED), ("POST", f"{PARKED}/{message_id}/release")):
            assert (await world.send(method, path, role=role, tenant=tenant)).status_code == 403


@pytest.mark.parametrize("body", [{}, {"reason": ""}, {"reason": "x" * 501}, {"reason": "x", "by": "y"}])
async def test_a_discard_needs_a_reason(world: World, body: dict[str, str]) -> None:
    _, message_id = await park(world)

    assert (await post(world, message_id, "discard", body)).status_code == 422
