"""Leave, handover and swap are asked for and decided."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest

from dispatch.duties import a_duty, get, plan
from dispatch.world import World
from dispatch_service.service.forgetting import KEEP_REQUESTS, forget_old
from eventbus.janitor import first_id_at
from runtime.clock import now


async def ask(world: World, duty: Any, subject: str, **body: Any) -> Any:
    path = f"/dispatch/v1/duties/{duty['id']}/requests"
    return await world.send("POST", path, role="officer", subject=subject, json={"reason": "家中有事", **body})


async def decide(world: World, request: Any, *, approved: bool, **options: Any) -> Any:
    path = f"/dispatch/v1/duty-requests/{request['id']}/decision"
    return await world.send("POST", path, role="dispatcher", json={"approved": approved}, **options)


async def test_leave_is_asked_for_and_approved_by_somebody_else(world: World) -> None:
    duty = await a_duty(world, "officer-0801", date(2031, 8, 4))

    foreign = await ask(world, duty, "officer-0802", kind="leave")
    asked = await ask(world, duty, "officer-0801", kind="leave")
    again = await ask(world, duty, "officer-0801", kind="leave")
    own = await decide(world, asked.json(), approved=True, subject="officer-0801")
    approved = await decide(world, asked.json(), approved=True)
    late = await decide(world, asked.json(), approved=False)

    codes = [foreign.status_code, asked.status_code, again.status_code, own.status_code]
    assert codes == [404, 201, 409, 403]
    assert again.json()["type"].endswith("request-pending")
    assert own.json()["type"].endswith("own-request")
    assert (approved.json()["state"], approved.json()["decided_by"]) == ("approved", "dispatcher-demo")
    assert (late.status_code, late.json()["type"]) == (409, "urn:jieban:problem:request-decided")
    assert (await get(world, f"rosters?subject=officer-0801&from={duty['begins_at']}"))[0]["state"] == "leave"
    assert await get(world, f"rosters/on-duty?at={duty['begins_at']}&team=team-08") == []


async def test_a_handover_needs_a_free_member_of_the_team(world: World) -> None:
    day = date(2031, 8, 11)
    duty = await a_duty(world, "officer-0801", day)
    stranger = await ask(world, duty, "officer-0801", kind="handover", to="officer-0101")
    refused = await decide(world, stranger.json(), approved=True)
    in_chinese = await decide(world, stranger.json(), approved=True, headers={"Accept-Language": "zh"})
    await decide(world, stranger.json(), approved=False)
    asked = await ask(world, duty, "officer-0801", kind="handover", to="officer-0803")

    approved = await decide(world, asked.json(), approved=True)

    assert (refused.status_code, refused.json()["type"]) == (422, "urn:jieban:problem:not-a-member")
    said = [(answer.json()["title"], answer.json()["detail"]) for answer in (in_chinese, refused)]
    assert said == [
        ("不是队伍成员", "该人员不是该队伍的成员。"),
        ("Not a member", "This person is not a member of the team."),
    ]
    assert approved.status_code == 200
    [there] = await get(world, f"rosters/on-duty?at={duty['begins_at']}&team=team-08")
    assert (there["subject"], there["id"]) == ("officer-0803", duty["id"])


async def test_whoever_is_on_duty_elsewhere_cannot_take_over(world: World) -> None:
    day = date(2031, 8, 18)
    duty = await a_duty(world, "officer-0801", day)
    await a_duty(world, "officer-demo", day, team="team-09")
    asked = await ask(world, duty, "officer-0801", kind="handover", to="officer-demo")

    response = await decide(world, asked.json(), approved=True)

    assert (response.status_code, response.json()["type"]) == (409, "urn:jieban:problem:in-two-places")
    [there] = await get(world, f"rosters/on-duty?at={duty['begins_at']}&team=team-08")
    assert there["subject"] == "officer-0801"
    assert [each["state"] for each in await get(world, "duty-requests?state=pending")] == ["pending"]
    await decide(world, asked.json(), approved=False)


async def test_a_swap_changes_both_duties_or_none(world: World) -> None:
    day = date(2031, 8, 25)
    body = {
        "duties": [
            {"day": str(day), "shift": "morning", "subject": "officer-0801"},
            {"day": str(day), "shift": "noon", "subject": "officer-0802"},
        ]
    }
    await plan(world, "team-08", day, day, body)
    period = "team=team-08&from=2031-08-24T16:00:00Z&to=2031-08-25T16:00:00Z"
    early, late = await get(world, f"rosters?{period}")

    asked = await ask(world, early, "officer-0801", kind="swap", other_duty=late["id"])
    approved = await decide(world, asked.json(), approved=True)

    assert approved.status_code == 200, approved.text
    assert [each["subject"] for each in await get(world, f"rosters?{period}")] == ["officer-0802", "officer-0801"]


@pytest.mark.parametrize(
    "body",
    [
        {"kind": "leave", "to": "officer-0802"},
        {"kind": "handover"},
        {"kind": "swap", "to": "officer-0802"},
        {"kind": "holiday"},
        {"kind": "leave", "reason": ""},
    ],
)
async def test_a_request_has_the_parts_of_its_kind(world: World, body: dict[str, str]) -> None:
    duty = await a_duty(world, "officer-0804", date(2031, 9, 1))

    response = await ask(world, duty, "officer-0804", **body)

    assert response.status_code == 422


async def test_who_is_on_leave_takes_no_duty_over(world: World) -> None:
    day = date(2031, 9, 1)
    body = {
        "duties": [
            {"day": str(day), "shift": "morning", "subject": "officer-0801"},
            {"day": str(day), "shift": "morning", "subject": "officer-0803"},
        ]
    }
    await plan(world, "team-08", day, day, body)
    duties = await get(world, "rosters?team=team-08&from=2031-08-31T16:00:00Z&to=2031-09-01T16:00:00Z")
    own, theirs = sorted(duties, key=lambda duty: duty["subject"])
    leave = await ask(world, theirs, "officer-0803", kind="leave")
    assert (await decide(world, leave.json(), approved=True)).status_code == 200
    asked = await ask(world, own, "officer-0801", kind="handover", to="officer-0803")

    refused = await decide(world, asked.json(), approved=True)

    assert (refused.status_code, refused.json()["type"]) == (409, "urn:jieban:problem:on-leave")
    assert refused.json()["subject"] == "officer-0803"


async def test_a_duty_stays_with_who_has_clocked_in_early(world: World) -> None:
    duty = await a_duty(world, "officer-0801", date(2031, 9, 8))
    asked = await ask(world, duty, "officer-0801", kind="handover", to="officer-0803")
    await world.run("UPDATE duty SET clocked_in_at = begins_at - interval '1 hour' WHERE id = :id", id=UUID(duty["id"]))

    refused = await decide(world, asked.json(), approved=True)

    assert (refused.status_code, refused.json()["type"]) == (409, "urn:jieban:problem:duty-begun")


async def test_a_reason_is_forgotten_after_a_year_and_the_leave_stays(world: World) -> None:
    old, new = [await a_duty(world, "officer-0804", date(2031, 10, day)) for day in (6, 13)]
    asked = [(await ask(world, each, "officer-0804", kind="leave")).json() for each in (old, new)]
    for each in asked:
        await decide(world, each, approved=True)
    then = first_id_at(now() - KEEP_REQUESTS - timedelta(hours=1))
    await world.run("UPDATE duty_request SET id = :then WHERE id = :id", then=then, id=asked[0]["id"])

    await forget_old(world.engine)

    left = await get(world, "duty-requests?limit=200")
    assert {each["duty"] for each in left} & {old["id"], new["id"]} == {new["id"]}
    assert (await get(world, f"rosters?subject=officer-0804&from={old['begins_at']}"))[0]["state"] == "leave"
