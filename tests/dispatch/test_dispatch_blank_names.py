"""Names in which there is nothing to be seen name nothing; what was stored before they were refused is read on."""

import json
from typing import Any

import pytest

from dispatch.directory import API, get, put
from dispatch.patrolling import GATE, a_plan, window
from dispatch.ruling import put as put_rules
from dispatch.ruling import rule
from dispatch.test_dispatch_grids import draw, the_map
from dispatch.test_dispatch_imports import CSV, GEOJSON, XLSX, flaws, take, workbook
from dispatch.test_dispatch_replies import template
from dispatch.world import World
from refusals import errors_of

BLANKS = ["\u3000 ", "\u200b"]
SHIFT = {"begins": "06:00", "ends": "14:00"}
COMPONENT = {"class_code": "0101", "class_zh": "井盖", "lon": 107.2357, "lat": 26.5807}
POST = {"kind": "post", "community": "community-01", "lon": 107.2, "lat": 26.5}
WEEK = {"team": "team-08", "weeks": [[]]}


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("shifts/s", SHIFT, "name"),
        ("teams/t", {"members": []}, "name"),
        ("communities/c", {"sub_district": "金南街道"}, "name"),
        ("communities/c", {"name": "山坡社区"}, "sub_district"),
        ("posts/p", POST, "name"),
        ("components/m", COMPONENT, "class_zh"),
        ("components/m", COMPONENT, "class_en"),
        ("departments/d", {}, "name"),
        ("departments/d", {"name": "供电局"}, "contact_system"),
    ],
)
@pytest.mark.parametrize("blank", BLANKS)
async def test_a_blank_name_is_refused(world: World, path: str, body: dict[str, Any], field: str, blank: str) -> None:
    assert errors_of(await put(world, path, body | {field: blank})) == [(f"/{field}", "blank-text")]


@pytest.mark.parametrize("blank", BLANKS)
async def test_lists_name_the_line_with_the_blank_name(world: World, blank: str) -> None:
    rules = await put_rules(world, rule("one"), rule("two", name={"zh": "规则", "en": blank}))
    replies = [template("one"), template("two", zh=blank, en=blank), template(blank)]
    templates = await put(world, "replies", {"replies": replies})
    grids = await the_map(world)
    grids["features"][1]["properties"]["name"] = blank

    assert errors_of(rules) == [("/rules/1/name/en", "blank-text")]
    assert errors_of(templates) == [
        ("/replies/1/zh", "blank-text"),
        ("/replies/1/en", "blank-text"),
        ("/replies/2/code", "blank-text"),
    ]
    assert errors_of(await draw(world, grids)) == [("/features/1/properties/name", "blank-text")]


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("patrol-plans", a_plan(name="\u3000"), "/name"),
        ("patrol-plans", a_plan(points=[GATE | {"look_at": "\u3000"}]), "/points/0/look_at"),
        ("patrol-plans", a_plan(points=[GATE | {"name": "\u3000"}]), "/points/0/name"),
        ("patrols", {"name": "\u200b", "kind": "daily_patrol", "team": "team-08", **window()}, "/name"),
        ("roster-templates", WEEK | {"name": "\u3000"}, "/name"),
    ],
)
async def test_a_plan_with_a_blank_name_is_refused(world: World, path: str, body: dict[str, Any], field: str) -> None:
    answer = await world.send("POST", f"{API}/{path}", role="dispatcher", json=body)
    assert errors_of(answer) == [(field, "blank-text")]


@pytest.mark.parametrize("media", [CSV, XLSX])
async def test_a_file_names_its_line_with_a_name_without_width(world: World, media: str) -> None:
    lines = [["code", "name"], ["team-a", "甲队"], ["team-b", "\u200b"], ["team-c", "\u3000"]]
    file = workbook(*lines) if media == XLSX else "\n".join(map(",".join, lines))

    assert flaws(await take(world, "teams", file, media)) == [("row/3/name", "blank-text"), ("row/4/name", "missing")]


async def test_a_map_names_its_point_with_a_blank_name(world: World) -> None:
    properties = {"code": "p-1", "name": "\u200b", "kind": "post", "community": "community-01"}
    point = {"type": "Point", "coordinates": [107.2, 26.6]}
    features = [{"type": "Feature", "geometry": point, "properties": properties}]
    file = json.dumps({"type": "FeatureCollection", "features": features})

    assert flaws(await take(world, "posts", file, GEOJSON)) == [("row/1/name", "blank-text")]


async def test_what_is_stored_with_a_blank_name_is_read_on(world: World) -> None:
    await put(world, "shifts/old", SHIFT | {"name": "旧班"})
    await world.run("UPDATE shift SET name = ' ' WHERE code = 'old'")
    await put_rules(world, rule("old"))
    await world.run(
        """UPDATE routing_document SET content = jsonb_set(content, '{0,name,zh}', '" "') WHERE name = 'draft'"""
    )
    await put(world, "replies", {"replies": [template("old")]})
    await world.run("""UPDATE clock_setting SET content = jsonb_set(content, '{0,en}', '" "') WHERE name = 'replies'""")

    shifts = (await get(world, "shifts")).json()["items"]
    assert next(each["name"] for each in shifts if each["code"] == "old") == " "
    county = (await get(world, "planning/county")).json()
    assert next(each["name"] for each in county["shifts"] if each["code"] == "old") == " "
    assert (await get(world, "rules")).json()["rules"][0]["name"] == {"zh": " ", "en": "Rule old"}
    assert (await get(world, "replies")).json()["replies"][0]["en"] == " "
