"""Opening hours of places: kept, given out and taken in as files, told, and counted in what is covered."""

from datetime import date
from typing import Any

import pytest
import pytest_asyncio

from dispatch.directory import get, put, told
from dispatch.duties import plan
from dispatch.test_dispatch_imports import CSV, GEOJSON, XLSX, take
from dispatch.world import TOWN, World

DAY = date(2031, 11, 4)
HOURS = "Mo-Fr 08:00-12:00,14:00-18:00; PH off"
STATION: dict[str, Any] = {
    "name": "便民服务站",
    "kind": "service_station",
    "community": "community-08",
    "grid": "grid-08",
    "lon": TOWN[0],
    "lat": TOWN[1],
}


@pytest_asyncio.fixture(autouse=True, loop_scope="session")
async def _no_other_places(world: World) -> None:
    await world.run("DELETE FROM post WHERE NOT generated")


async def hours_of(world: World, code: str) -> Any:
    return {post["code"]: post["hours"] for post in (await get(world, "posts?limit=200")).json()["items"]}[code]


async def test_hours_are_kept_told_and_taken_away(world: World) -> None:
    kept = await put(world, "posts/s-1", {**STATION, "hours": "mo-fr 08:00-12:00, 14:00-18:00 ; PH off"})
    listed = await hours_of(world, "s-1")
    gone = await put(world, "posts/s-1", STATION)
    empty = await put(world, "posts/s-1", {**STATION, "hours": " "})

    assert (kept.status_code, kept.json()["hours"], listed) == (201, HOURS, HOURS)
    assert (gone.json()["hours"], empty.json()["hours"]) == (None, None)
    assert [event["hours"] for event in await told(world, "post", "s-1") if "hours" in event] == [HOURS]


@pytest.mark.parametrize(
    ("hours", "code"),
    [
        ("nine to five", "hours_invalid"),
        ("Mo 09:00-25:00", "hours_invalid"),
        (24, "string_type"),
        ("Mo 08:00-09:00;" * 50, "string_too_long"),
    ],
)
async def test_hours_that_are_none_are_refused(world: World, hours: object, code: str) -> None:
    response = await put(world, "posts/s-2", {**STATION, "hours": hours})

    assert response.status_code == 422
    assert [(error["pointer"], error["code"]) for error in response.json()["errors"]] == [("/hours", code)]


@pytest.mark.parametrize(("form", "media"), [("csv", CSV), ("xlsx", XLSX), ("geojson", GEOJSON)])
async def test_hours_go_out_and_come_in_with_files(world: World, form: str, media: str) -> None:
    await put(world, "posts/s-3", {**STATION, "hours": HOURS})
    file = (await get(world, f"posts.{form}")).content
    same = (await take(world, "posts", file, media)).json()
    await put(world, "posts/s-3", {**STATION, "hours": "24/7"})
    changed = (await take(world, "posts", file, media)).json()

    assert (same["created"], same["changed"], changed["changed"]) == ([], [], ["s-3"])
    assert await hours_of(world, "s-3") == HOURS


async def test_a_column_may_be_chinese_and_a_line_with_hours_that_are_none_is_named(world: World) -> None:
    line = f"s-4,站,kiosk,community-08,{TOWN[0]},{TOWN[1]}"
    file = "编码,名称,类型,社区,经度,纬度,开放时间\n{},{}\n"
    refused = await take(world, "posts", file.format(line, "全天"))
    taken = await take(world, "posts", file.format(line, "08:00-20:00; Su off"))

    assert [(each["pointer"], each["code"]) for each in refused.json()["errors"]] == [("row/2/hours", "hours_invalid")]
    assert taken.json()["created"] == ["s-4"]


async def spots(world: World, at: str, query: str = "") -> int:
    answer = await world.send("GET", f"/dispatch/v1/coverage?at={at}%2B08:00&{query}", role="dispatcher")
    return int(answer.json()["summary"]["spots"])


async def test_a_station_counts_while_it_is_open(world: World) -> None:
    every = await spots(world, "2031-10-07T03:00:00", "on_duty=false")
    await put(world, "posts/s-5", {**STATION, "hours": "Mo-Su 08:00-18:00; PH off"})

    nights = [await spots(world, "2031-10-07T03:00:00", query) for query in ("on_duty=false", "on_duty=true")]
    days = [await spots(world, "2031-10-07T10:00:00", query) for query in ("on_duty=false", "on_duty=true")]
    assert (nights, days) == ([every, 0], [every + 1, 1])

    holidays = [await spots(world, f"2026-{day}T10:00:00") for day in ("09-30", "10-01", "10-10")]
    assert holidays == [1, 0, 1], "National Day, and the Saturday that makes up for it"


async def test_a_key_post_counts_where_somebody_is_on_duty_within_its_hours(world: World) -> None:
    post = {**STATION, "kind": "post", "hours": "08:00-10:00"}
    await put(world, "posts/p-5", post)
    duties = [{"day": "2031-11-04", "shift": "morning", "subject": "officer-0801", "post": "p-5"}]
    before = await spots(world, "2031-11-04T09:00:00")
    await plan(world, "team-08", DAY, DAY, {"duties": duties})

    assert await spots(world, "2031-11-04T09:00:00") == before + 1
    assert [await spots(world, f"2031-11-04T{hour}:30:00") for hour in ("07", "10")] == [before, before]
