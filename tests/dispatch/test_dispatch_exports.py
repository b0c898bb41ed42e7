"""What a county has comes out as CSV, XLSX and GeoJSON."""

import csv
import io
from typing import Any

import pytest
import shapely
from openpyxl import load_workbook

from dispatch.directory import get, put
from dispatch.world import NEIGHBOUR, World
from dispatch_service.api import exports

FORMULA = '=HYPERLINK("http://example.org")'


async def table(world: World, name: str, **options: Any) -> list[dict[str, str]]:
    """Return the lines of a CSV file, as a spreadsheet shows them."""
    response = await get(world, f"{name}.csv", **options)
    assert response.status_code == 200, response.text
    assert response.headers["content-type"] == "text/csv; charset=utf-8"
    assert response.headers["content-disposition"] == f'attachment; filename="{name}.csv"'
    assert response.content.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(response.content.decode("utf-8-sig"), newline="")))


async def workbook(world: World, name: str) -> list[dict[str, Any]]:
    response = await get(world, f"{name}.xlsx")
    assert response.status_code == 200, response.text
    sheet = load_workbook(io.BytesIO(response.content)).worksheets[0]
    headings, *rows = sheet.iter_rows()
    return [{str(h.value): cell for h, cell in zip(headings, row, strict=True)} for row in rows]


async def places(world: World, name: str, **options: Any) -> Any:
    response = await get(world, f"{name}.geojson", **options)
    assert response.headers["content-type"] == "application/geo+json"
    return response.json()


async def test_every_thing_of_the_county_is_in_its_table(world: World) -> None:
    for name, key, count in (("communities", "code", 15), ("teams", "code", 16), ("posts", "code", 57)):
        listed = [item[key] for item in (await get(world, f"{name}?limit=200")).json()["items"]]
        assert [line[key] for line in await table(world, name)] == listed
        assert [line[key].value for line in await workbook(world, name)] == listed
        assert len(listed) == count
    assert len(await table(world, "officers")) == 76


async def test_a_team_has_a_column_for_each_part_in_it(world: World) -> None:
    team = next(line for line in await table(world, "teams") if line["code"] == "team-08")
    assert team == {
        "code": "team-08",
        "name": "文兴社区网格队",
        "community": "community-08",
        "leader": "officer-0801",
        "enforcement_assistant": "officer-0802;officer-0803",
        "community_worker": "officer-0804;officer-0805",
        "mobile": "officer-demo",
    }


async def test_texts_that_look_like_formulas_stay_texts(world: World) -> None:
    await put(world, "communities/formula", {"name": FORMULA, "sub_district": "@SUM(1)"})

    [line] = [line for line in await table(world, "communities") if line["code"] == "formula"]
    [row] = [row for row in await workbook(world, "communities") if row["code"].value == "formula"]

    assert (line["name"], line["sub_district"]) == (f"'{FORMULA}", "'@SUM(1)")
    assert (row["name"].value, row["name"].data_type) == (FORMULA, "s")


async def test_places_are_points_and_areas_on_a_map(world: World) -> None:
    posts, grids, communities = [await places(world, name) for name in ("posts", "grids", "communities")]
    listed = (await get(world, "posts?limit=200")).json()["items"]

    assert [each["geometry"]["coordinates"] for each in posts["features"]] == [[p["lon"], p["lat"]] for p in listed]
    assert grids["features"] == (await get(world, "grids?limit=200")).json()["features"]
    areas = {each["id"]: each["geometry"] for each in communities["features"]}
    one = next(each for each in grids["features"] if each["id"] == "grid-08")
    assert shapely.equals(shapely.geometry.shape(areas["community-08"]), shapely.geometry.shape(one["geometry"]))


async def test_what_a_neighbour_has_is_not_shown(world: World) -> None:
    assert await table(world, "communities", tenant=NEIGHBOUR) == []
    assert await places(world, "posts", tenant=NEIGHBOUR) == {"type": "FeatureCollection", "features": []}


@pytest.mark.parametrize("name", ["communities.csv", "teams.xlsx", "posts.geojson", "officers.csv", "grids.geojson"])
async def test_files_are_for_staff(world: World, name: str) -> None:
    assert (await world.send("GET", f"/dispatch/v1/{name}", role="citizen")).status_code == 403


async def test_pages_join_without_a_seam(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    whole, shown = await table(world, "posts"), await places(world, "posts")
    monkeypatch.setattr(exports, "_PAGE", 19)  # 57 posts: the last page is full
    assert await table(world, "posts") == whole
    assert await places(world, "posts") == shown
