"""Photos are told of to intake, and cases whose work names some that it does not have are marked until these come."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from contracts.envelope import Event
from contracts.events import PhotosChecked
from contracts.lifecycle import EventType
from dispatch.asking import moment, problem, shown
from dispatch.offline import item, outcomes, sync
from dispatch.test_dispatch_rectification import WITHIN, later_on, order
from dispatch.world import NEIGHBOUR, World, event_about, later, received


def checked(about: Event, sequence: int, *unknown: UUID) -> Event:
    return event_about(about, EventType.PHOTOS_CHECKED, PhotosChecked(unknown=unknown), sequence)


async def listed(world: World, query: str, *cases: Event, **options: Any) -> list[str]:
    """Return which of `cases` are in a list, in their order."""
    answer = await world.send("GET", f"/dispatch/v1/cases?limit=200&{query}", role="dispatcher", **options)
    assert answer.status_code == 200, answer.text
    there = {each["complaint_id"] for each in answer.json()["items"]}
    return [str(case.subject) for case in cases if str(case.subject) in there]


async def test_a_case_is_marked_until_its_photos_come(world: World) -> None:
    marked, other = [await world.a_case("accept", "start", "resolve") for _ in range(2)]
    before, photos = await shown(world, marked), (uuid4(), uuid4())
    await world.deliver(checked(marked, 2, *photos))

    case = await shown(world, marked)
    assert case["unknown_photos"] == [str(photo) for photo in photos]
    assert (case["version"], case["status"]) == (before["version"], "resolved")
    assert case["updated_at"] > before["updated_at"]
    assert (await shown(world, other))["unknown_photos"] == []
    assert await listed(world, "unknown_photos=true", marked, other) == [str(marked.subject)]
    assert await listed(world, "unknown_photos=false", marked, other) == [str(other.subject)]
    assert await listed(world, "unknown_photos=true&status=assigned&status=resolved", marked) == [str(marked.subject)]
    assert await listed(world, "unknown_photos=true&sort=deadline", marked) == []
    assert await listed(world, "unknown_photos=true", marked, tenant=NEIGHBOUR) == []
    assert problem(await world.send("GET", "/dispatch/v1/cases?unknown_photos=some", role="officer"))[0] == 422

    await world.deliver(checked(marked, 3, photos[1]))
    assert (await shown(world, marked))["unknown_photos"] == [str(photos[1])]
    await world.deliver(checked(marked, 4))
    assert (await shown(world, marked))["unknown_photos"] == []
    assert await listed(world, "unknown_photos=true", marked) == []


async def test_the_last_word_counts_however_often_the_words_come(world: World) -> None:
    event, photo = received(), uuid4()
    first, last = checked(event, 2, photo), checked(event, 3)
    await world.deliver(event, first, last)
    row = await world.row(event)
    assert row["unknown_photos"] == []
    await world.deliver(first, last)
    await world.deliver(checked(event, 2, photo))
    assert await world.row(event) == row


@pytest.mark.parametrize("together", [True, False])
async def test_an_erasure_takes_the_mark(world: World, together: bool) -> None:
    event = await world.a_case()
    said = [checked(event, 2, uuid4()), later(event, EventType.ERASED, sequence=3)]
    for slice_ in [said] if together else [said[:1], said[1:]]:
        await world.deliver(*slice_)
    assert (await shown(world, event))["unknown_photos"] == []


async def test_the_mark_outlasts_the_round(world: World) -> None:
    event, photo = await world.a_case("accept", "start", "resolve"), uuid4()
    await world.deliver(checked(event, 2, photo), later(event, EventType.REWORK_ORDERED))
    case = await shown(world, event)
    assert (case["round"], case["unknown_photos"]) == (2, [str(photo)])


async def test_an_inspection_is_told_of_with_its_photos(world: World) -> None:
    alone, resolved, offline = [await world.a_case("accept", "start") for _ in range(3)]
    photos = [{"id": str(uuid4()), "role": role} for role in ("near", "far")]
    seen = {"passed": True, "photos": photos}
    for event in (alone, resolved, offline):
        await order(world, event)
    at = later_on(seconds=-1)
    assert (await world.act(alone, "reinspection", seen, role="officer")).status_code == 200
    done = {"handling_mode": WITHIN, "result": "已整改", "reinspection": seen}
    assert (await world.act(resolved, "resolve", done, role="officer")).status_code == 200
    assert outcomes(await sync(world, item(offline, "reinspection", body=seen, at=at))) == ["done"]
    for event in (alone, resolved, offline):
        [told] = [row["payload"] for row in await world.published(event) if row["type"] == EventType.REINSPECTED]
        assert told["photos"] == [photo["id"] for photo in photos]
        when = told.get("inspected_at")
        assert (when and moment(when)) == (moment(at) if event is offline else None)
