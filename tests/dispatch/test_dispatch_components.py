"""The register of components: kept over REST and in files, found by place, told of like all that a county has."""

import io
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from dispatch.asking import problem
from dispatch.directory import API, get, put, remove, told
from dispatch.world import FAR_AWAY, NEIGHBOUR, TOWN, World

LAMP = {"class_code": "0118", "class_zh": "路灯", "class_en": "Street lamp", "owner": "power", "state": "in_use"}
DEGREE_NORTH = 111_320
CSV, GEOJSON = "text/csv", "application/geo+json"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
TABLES = ("component", "outbox", "directory_entry", "territory")


def lamp(metres_north: float = 0, **changes: Any) -> dict[str, Any]:
    """Return a lamp so far north of the town."""
    return {**LAMP, "lon": TOWN[0], "lat": TOWN[1] + metres_north / DEGREE_NORTH, **changes}


async def listed(world: World, query: str, **options: Any) -> list[tuple[str, int | None]]:
    """Return code and distance of all that a list has, page by page."""
    path: str | None = f"components?{query}"
    found: list[tuple[str, int | None]] = []
    while path is not None:
        page = await get(world, path, **options)
        assert page.status_code == 200, page.text
        found += [(each["code"], each["distance_metres"]) for each in page.json()["items"]]
        path = page.links["next"]["url"].partition("/v1/")[2] if "next" in page.links else None
    return found


async def take(world: World, content: bytes | str, media: str = CSV, query: str = "") -> Any:
    path = f"{API}/components/import{query}"
    return await world.send("PUT", path, role="admin", content=content, headers={"Content-Type": media})


@pytest_asyncio.fixture(loop_scope="session", autouse=True)
async def _owner(world: World) -> AsyncIterator[None]:
    """A department that owns components, and no components yet."""
    await world.run("DELETE FROM component")
    await put(world, "departments/power", {"name": "供电局"})
    yield


async def test_a_component_comes_changes_and_goes_and_is_told_of(world: World) -> None:
    new = await put(world, "components/5227230118000001", lamp())
    changed = await put(world, "components/5227230118000001", lamp(state="damaged"))
    shown = await get(world, "components/5227230118000001")
    in_use = await remove(world, "departments/power")
    gone = await remove(world, "components/5227230118000001")

    assert [answer.status_code for answer in (new, changed, shown, gone)] == [201, 200, 200, 204]
    facts = {"code": "5227230118000001", **lamp(state="damaged"), "generated": False}
    assert (shown.json(), changed.json(), shown.headers["ETag"]) == (facts, facts, changed.headers["ETag"])
    assert problem(in_use) == (409, "place-in-use")
    assert problem(await get(world, "components/5227230118000001")) == (404, "place-not-found")
    events = await told(world, "component", "5227230118000001")
    assert [(each["sequence"], each["state"], each["removed"]) for each in events] == [
        (1, "in_use", False), (2, "damaged", False), (3, "damaged", True),
    ]  # fmt: skip
    assert {name: events[-1][name] for name in facts} == facts


async def test_what_is_near_comes_nearest_first_with_its_distance(world: World) -> None:
    for code, metres in (("far", 900), ("third", 60), ("first", 0), ("second", -40), ("second-too", 40)):
        await put(world, f"components/{code}", lamp(metres))
    await put(world, "components/east", lamp(lon=TOWN[0] + 0.001))  # 99.6 m: a degree of longitude is shorter here
    near = f"near={TOWN[0]},{TOWN[1]}"
    around = [("first", 0), ("second", 40), ("second-too", 40), ("third", 60), ("east", 100)]

    assert await listed(world, near) == around
    assert await listed(world, f"{near}&limit=2") == around
    assert await listed(world, f"{near}&metres=59") == around[:3]
    assert await listed(world, f"{near}&metres=1000&limit=4") == [*around, ("far", 900)]
    assert await listed(world, "near=107.2357,26.5807&crs=GCJ02&metres=50") == []
    assert await listed(world, "near=0,90&metres=5000") == []
    assert await listed(world, near, tenant=NEIGHBOUR) == []


async def test_lists_go_by_code_class_owner_state_and_box(world: World) -> None:
    await put(world, "components/a", lamp())
    await put(world, "components/b", lamp(owner=None, state="removed"))
    await put(world, "components/c", lamp(5_000, class_code="0305", class_zh="垃圾箱", class_en=None))

    assert await listed(world, "limit=2") == [("a", None), ("b", None), ("c", None)]
    assert await listed(world, "class_code=0305") == [("c", None)]
    assert await listed(world, "owner=power&state=in_use") == [("a", None), ("c", None)]
    assert await listed(world, f"bbox=107,{TOWN[1] - 0.01},108,{TOWN[1] + 0.01}") == [("a", None), ("b", None)]
    for query, pointer in (
        ("metres=10", "query/near"), ("near=1", "query/near"), ("near=1,2&metres=0", "query/metres"),
        ("near=1,2&metres=5001", "query/metres"), ("state=lost", "query/state"), ("bbox=1,2", "query/bbox"),
    ):  # fmt: skip
        refused = await get(world, f"components?{query}")
        assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, pointer)


@pytest.mark.parametrize(("suffix", "media"), [("csv", CSV), ("xlsx", XLSX), ("geojson", GEOJSON)])
async def test_what_came_out_goes_in_and_changes_nothing(world: World, suffix: str, media: str) -> None:
    await put(world, "components/0001", lamp(10 / 3))
    await put(world, "components/0002", lamp(class_en=None, owner=None))
    before = await world.snapshot(*TABLES)

    file = (await get(world, f"components.{suffix}")).content
    answer = (await take(world, file, media)).json()

    assert (answer["created"], answer["changed"], answer["unchanged"]) == ([], [], ["0001", "0002"])
    assert await world.snapshot(*TABLES) == before


async def test_a_census_file_with_chinese_headings_is_taken_in(world: World) -> None:
    headings = "编码,类别编码,类别名称,权属单位,经度,纬度,坐标系"
    file = f"{headings}\n5227230103000001,0103,雨水井盖,power,107.2371,26.5789,GCJ02\n"
    tried = await take(world, file.encode("gb18030"), query="?dry_run=true")
    taken = await take(world, file.encode("gb18030"))
    [line] = (await get(world, "components")).json()["items"]

    assert tried.json()["created"] == taken.json()["created"] == ["5227230103000001"]
    assert (line["class_code"], line["class_zh"], line["class_en"]) == ("0103", "雨水井盖", None)
    assert line["state"] == "in_use"
    assert 0.001 < abs(107.2371 - line["lon"]) < 0.01
    assert (await told(world, "component", "5227230103000001"))[-1]["owner"] == "power"


async def test_lines_that_cannot_be_are_named_and_nothing_is_taken_in(world: World) -> None:
    heading = "code,class_code,class_zh,owner,state,lon,lat\n"
    for lines, expected in (
        ("x,0103,盖,nobody,in_use,107.2,26.6\n", [("row/2/owner", "unknown-owner")]),
        ("x,0103,盖,,broken,107.2,26.6\n", [("row/2/state", "literal_error")]),
        ("a,0103,盖,,,107.2,26.6\nb,0103,盖,,,116.4,39.9\n", [("row/3/lon", "position-far-away")]),
        ("x,01 03,,,,107.2,\n", [("row/2/lat", "missing"), ("row/2/class_code", "string_pattern_mismatch"),
                                 ("row/2/class_zh", "missing")]),
    ):  # fmt: skip
        refused = await take(world, heading + lines)
        assert sorted((each["pointer"], each["code"]) for each in refused.json()["errors"]) == sorted(expected)
    assert (await get(world, "components")).json()["items"] == []


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"owner": "nobody"}, "/owner"),
        ({"state": "lost"}, "/state"),
        ({"class_code": "01/03"}, "/class_code"),
        ({"class_zh": ""}, "/class_zh"),
        ({"lon": 181}, "/lon"),
        ({"lon": FAR_AWAY[0], "lat": FAR_AWAY[1]}, "/lon"),
        ({"phone": "1"}, "/phone"),
    ],
)
async def test_what_cannot_be_is_refused(world: World, changes: dict[str, Any], pointer: str) -> None:
    refused = await put(world, "components/x", lamp(**changes))
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, pointer)
    assert (await get(world, "components/x")).status_code == 404


async def test_components_are_kept_by_admins_of_their_county_and_shown_to_staff(world: World) -> None:
    await put(world, "components/x", lamp())
    officer = await world.send("PUT", f"{API}/components/x", role="officer", json=lamp())
    foreign = await put(world, "components/x", lamp(), tenant=NEIGHBOUR)
    late = await put(world, "components/x", lamp(), headers={"If-Match": '"0"'})
    citizen = [await world.send("GET", f"{API}/{path}", role="citizen") for path in ("components", "components.csv")]

    assert [each.status_code for each in (officer, foreign, late, *citizen)] == [403, 422, 412, 403, 403]
    assert (await remove(world, "components/x", tenant=NEIGHBOUR)).status_code == 404
    assert io.BytesIO((await get(world, "components.csv")).content).readlines()[1].startswith(b"x,0118,")
