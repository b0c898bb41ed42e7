"""Supporting units at work: their list, what they contribute, also offline, and what of it everybody sees."""

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from contracts.envelope import Event
from contracts.lifecycle import EventType
from dispatch.asking import HOUR, moment, problem, shown
from dispatch.test_dispatch_units import support
from dispatch.test_dispatch_worklist_changes import Device, age
from dispatch.world import FAR_AWAY, TOWN, World, later

HELPER, LEAD, STRANGER = "officer-1001", "officer-0801", "officer-0101"


async def listed(world: World, event: Event, subject: str, query: str = "") -> list[tuple[str, str]]:
    """Return how a worklist has the case: the role of the officer's team, and the team that leads."""
    answer = await world.send("GET", f"/dispatch/v1/worklist?limit=200{query}", role="officer", subject=subject)
    items = [each for each in answer.json()["items"] if each["complaint_id"] == str(event.subject)]
    return [(each["role"], each["team"]) for each in items]


async def contribute(world: World, event: Event, subject: str = HELPER, **body: Any) -> Any:
    return await world.act(event, "contributions", {"text": "已派车清运", **body}, role="officer", subject=subject)


async def sync(world: World, event: Event, at: datetime, subject: str = HELPER, **body: Any) -> Any:
    item = {
        "id": str(uuid4()), "complaint_id": str(event.subject), "action": "contribution", "at": at.isoformat(),
        "body": {"text": "已设围挡", **body},
    }  # fmt: skip
    sent = await world.send("POST", "/dispatch/v1/sync", role="officer", subject=subject, json={"items": [item]})
    (result,) = sent.json()["items"]
    return result


async def test_a_supporting_team_has_the_case_in_its_list_until_its_part_is_done(world: World) -> None:
    event = await world.a_case("accept", "start")
    await support(world, event, "team-10")
    both = [await listed(world, event, HELPER, query) for query in ("", "&mine=true")]
    others = [await listed(world, event, who) for who in (LEAD, STRANGER)]
    going = await contribute(world, event)
    still = await listed(world, event, HELPER)
    done = (await contribute(world, event, part_done=True)).json()
    after = [await listed(world, event, who) for who in (HELPER, LEAD)]
    again = (await contribute(world, event, part_done=True)).json()

    assert (both, others) == ([[("supporting", "team-08")]] * 2, [[("lead", "team-08")], []])
    assert (going.json()["supporting"][0]["done_at"], still) == (None, [("supporting", "team-08")])
    (helper,) = done["supporting"]
    assert (helper["done_by"], helper["done_at"]) == (HELPER, done["contributions"][-1]["at"])
    assert again["supporting"] == done["supporting"]
    assert after == [[], [("lead", "team-08")]]
    assert (await world.act(event, "resolve", role="officer")).status_code == 200
    await world.deliver(later(event, EventType.REWORK_ORDERED))
    assert (await shown(world, event))["supporting"][0]["done_at"] is None
    assert await listed(world, event, HELPER) == [("supporting", "team-08")]


async def test_a_contribution_is_an_event_of_the_supporting_team_and_leaves_the_case_to_its_lead(world: World) -> None:
    event = await world.a_case("accept", "start")
    await support(world, event, "team-10")
    photo = {"id": str(uuid4()), "role": "after"}
    position = {"lon": TOWN[0], "lat": TOWN[1] + 50 / 111_320}
    helped = (await contribute(world, event, photos=[photo], position=position, part_done=True)).json()
    own = (await contribute(world, event, LEAD, text="已劝离")).json()
    nobody = [
        await contribute(world, event, STRANGER),
        await contribute(world, event, LEAD, part_done=True),
        await contribute(world, event, position={"lon": FAR_AWAY[0], "lat": FAR_AWAY[1]}),
        await contribute(world, event, part_done="yes"),
    ]

    assert (helped["version"], own["version"], own["officer"]) == (4, 4, "officer-demo")
    first, second = own["contributions"]
    assert (first["team"], first["supporting"], first["part_done"], first["distance_metres"]) == (
        "team-10", True, True, 50,
    )  # fmt: skip
    assert (second["team"], second["supporting"], second["part_done"], second["distance_metres"]) == (
        "team-08", False, False, None,
    )  # fmt: skip
    assert [problem(each) for each in nobody] == [
        (403, "not-involved"), (409, "lead-resolves"), (422, "position-far-away"), (422, "validation-failed"),
    ]  # fmt: skip
    told = [row for row in await world.published(event) if row["type"] == EventType.CONTRIBUTED]
    assert [row["sequence"] for row in told] == [4, 5]
    said = told[0]["payload"]
    assert (said["actor"], said["team"], said["supporting"], said["text"], said["photos"], said["part_done"]) == (
        HELPER, "team-10", True, "已派车清运", [photo["id"]], True,
    )  # fmt: skip
    assert said["position"]["lon"] == TOWN[0]
    assert not told[1]["payload"]["supporting"]


async def test_contributions_are_sent_later_from_devices_that_were_offline(world: World) -> None:
    event, other = await world.a_case("accept"), await world.a_case("accept")
    for each in (event, other):
        await support(world, each, "team-10")
    at = datetime.now(UTC) - HOUR
    done = await sync(world, event, at, part_done=True)
    await support(world, other, "team-10", method="DELETE")
    gone = await sync(world, other, at)

    assert (done["outcome"], done["case"]["status"]) == ("done", "accepted"), done
    (contribution,) = (await shown(world, event))["contributions"]
    assert (moment(contribution["at"]), contribution["text"]) == (at, "已设围挡")
    told = (await world.published(event))[-1]
    assert (told["type"], moment(told["payload"]["contributed_at"])) == (EventType.CONTRIBUTED, at)
    assert (gone["outcome"], gone["problem"]["type"].rpartition(":")[2]) == ("conflict", "not-involved")


async def test_a_device_of_a_supporting_team_follows_what_comes_and_goes(world: World) -> None:
    stays, removed, done, ended, moved = [await world.a_case() for _ in range(5)]
    for event in (stays, removed, done, ended, moved):
        await support(world, event, "team-10")
    await age(world)
    device = Device(world, HELPER)
    await device.sync()
    mine = {str(each.subject) for each in (stays, removed, done, ended, moved)}
    assert mine <= set(device.cases)

    await support(world, removed, "team-10", method="DELETE")
    await contribute(world, done, part_done=True)
    for step in ("accept", "start", "resolve"):
        await world.act(ended, step, role="officer")
    await world.act(moved, "assign", {"team": "team-10"}, role="dispatcher")
    assert await device.sync() == (1, 3)
    whole = Device(world, HELPER)
    await whole.sync()
    assert device.cases == whole.cases
    assert mine & set(device.cases) == {str(stays.subject), str(moved.subject)}
    assert device.cases[str(moved.subject)]["role"] == "lead"
