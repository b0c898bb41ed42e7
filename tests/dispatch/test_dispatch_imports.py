"""Files of communities, teams, posts and officers are taken in as a whole or not at all."""

import io
import json
import zipfile
from typing import Any

import pytest
from openpyxl import Workbook

from dispatch.directory import API, get, put, told
from dispatch.world import NEIGHBOUR, World

CSV, GEOJSON = "text/csv", "application/geo+json"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
TABLES = ("community", "team", "team_member", "post", "officer", "outbox", "directory_entry", "territory")


async def take(world: World, name: str, content: bytes | str, media: str = CSV, query: str = "", **options: Any) -> Any:
    headers = {"Content-Type": media, **options.pop("headers", {})}
    body = content.encode() if isinstance(content, str) else content
    path = f"{API}/{name}/import{query}"
    return await world.send("PUT", path, role=options.pop("role", "admin"), content=body, headers=headers, **options)


def workbook(*rows: list[Any]) -> bytes:
    book, file = Workbook(), io.BytesIO()
    for row in rows:
        book.active.append(row)
    book.save(file)
    return file.getvalue()


def flaws(response: Any) -> list[tuple[str, str]]:
    assert response.status_code == 422, response.text
    assert all("{" not in error["message"] for error in response.json().get("errors", []))
    return [(error["pointer"], error["code"]) for error in response.json().get("errors", [])]


def code(response: Any) -> tuple[int, str]:
    return response.status_code, response.json()["type"].rpartition(":")[2]


@pytest.mark.parametrize("name", ["communities", "teams", "posts", "officers"])
@pytest.mark.parametrize(("suffix", "media"), [("csv", CSV), ("xlsx", XLSX)])
async def test_what_came_out_goes_in_and_changes_nothing(world: World, name: str, suffix: str, media: str) -> None:
    await put(world, "communities/odd", {"name": "=1+1", "sub_district": "'@x"})
    many_digits = {"name": "点", "kind": "post", "community": "odd", "lon": 107.1 + 0.2, "lat": 26.1 + 0.7}
    await put(world, "posts/odd", many_digits)
    before = await world.snapshot(*TABLES)

    answer = (await take(world, name, (await get(world, f"{name}.{suffix}")).content, media)).json()

    assert (answer["created"], answer["changed"]) == ([], [])
    assert len(answer["unchanged"]) >= 15
    assert await world.snapshot(*TABLES) == before


async def test_places_that_came_out_as_geojson_go_in(world: World) -> None:
    before = await world.snapshot(*TABLES)
    for name in ("communities", "posts"):
        answer = (await take(world, name, (await get(world, f"{name}.geojson")).content, GEOJSON)).json()
        assert (answer["created"], answer["changed"]) == ([], [])
    assert await world.snapshot(*TABLES) == before


async def test_a_file_adds_and_changes_and_leaves_the_rest_and_tells_of_it(world: World) -> None:
    await put(world, "communities/c-1", {"name": "一", "sub_district": "金南街道"})
    await put(world, "communities/c-2", {"name": "二", "sub_district": "金南街道"})
    file = "code,name,sub_district\nc-1,一,金南街道\nc-2,二改,金南街道\nc-3,三,宝山街道\n"

    tried = await take(world, "communities", file, query="?dry_run=true")
    assert len(await told(world, "community", "c-2")) == 1
    done = await take(world, "communities", file)

    assert {**tried.json(), "dry_run": False, "version": done.json()["version"]} == done.json()
    assert (done.json()["created"], done.json()["changed"], done.json()["unchanged"]) == (["c-3"], ["c-2"], ["c-1"])
    assert done.headers["ETag"] == f'"{done.json()["version"]}"' > tried.headers["ETag"]
    events = [len(await told(world, "community", name)) for name in ("c-1", "c-2", "c-3", "community-01")]
    assert events == [1, 2, 1, 1]
    assert (await told(world, "community", "c-2"))[-1]["name"] == "二改"


async def test_headings_may_be_chinese_and_the_file_in_the_encoding_of_chinese_excel(world: World) -> None:
    file = "编码,名称,社区,队长,社区工作人员\nteam-zh,夜巡队,community-01,officer-1,officer-2；officer-3\n"

    answer = await take(world, "teams", file.encode("gb18030"))

    assert answer.json()["created"] == ["team-zh"]
    [event] = await told(world, "team", "team-zh")
    assert event["name"] == "夜巡队"
    assert [(each["subject"], each["role"]) for each in event["members"]] == [
        ("officer-1", "leader"),
        ("officer-2", "community_worker"),
        ("officer-3", "community_worker"),
    ]


async def test_a_team_that_comes_again_has_the_members_of_the_file_and_no_others(world: World) -> None:
    await take(world, "teams", "code,name,leader,mobile\nteam-m,机动队,officer-1,officer-2;officer-3\n")
    answer = await take(world, "teams", "code,name,mobile\nteam-m,机动队,officer-3\n")
    again = await take(world, "teams", "code,name,mobile\nteam-m,机动队,officer-3\n")

    team = next(each for each in (await get(world, "teams?limit=200")).json()["items"] if each["code"] == "team-m")
    assert (answer.json()["changed"], again.json()["unchanged"]) == (["team-m"], ["team-m"])
    assert team["members"] == [{"subject": "officer-3", "role": "mobile"}]


async def test_a_workbook_with_numbers_and_the_datum_of_a_chinese_map(world: World) -> None:
    rows: list[list[Any]] = [
        ["code", "name", "kind", "community", "lon", "lat", "crs"],
        [101, "路口", "post", "community-01", 107.2, 26.6, "GCJ02"],
        [None, None],
        ["p-102", "岗亭", "kiosk", "community-01", "107.21", "26.61", None],
    ]
    answer = await take(world, "posts", workbook(*rows), XLSX)

    assert answer.json()["created"] == ["101", "p-102"], answer.text
    posts = {each["code"]: each for each in (await get(world, "posts?limit=200")).json()["items"]}
    assert 0.001 < abs(posts["101"]["lon"] - 107.2) < 0.01
    assert (posts["p-102"]["lon"], posts["p-102"]["lat"]) == (107.21, 26.61)


async def test_posts_outside_of_their_grids_are_taken_in_and_told(world: World) -> None:
    file = (
        "code,name,kind,community,grid,lon,lat\n"
        "in,点,post,community-08,grid-08,107.2357,26.5807\n"
        "out,点,post,community-08,grid-08,107.5,26.5807\n"
    )
    tried = (await take(world, "posts", file, query="?dry_run=true")).json()
    done = (await take(world, "posts", file)).json()
    teams = (await take(world, "teams", "code,name\nteam-f,队\n", query="?dry_run=true")).json()

    assert (done["created"], teams["findings"]) == (["in", "out"], [])
    [finding] = done["findings"]
    assert (finding["kind"], finding["post"], finding["grid"]) == ("outside_grid", "out", "grid-08")
    assert tried["findings"] == done["findings"]


async def test_every_flaw_of_every_line_is_named_and_nothing_is_taken(world: World) -> None:
    before = await world.snapshot(*TABLES)
    file = (
        "code,name,kind,community,grid,lon,lat\n"
        "ok,好,post,community-01,grid-01,107.2,26.5\n"
        "Bad Code,坏,castle,community-01,,east,97\n"
        "ok,再,post,community-01,,107.2,26.5\n"
        "\n"
        ",,post,community-01,,nan,26.5,more\n"
    )
    response = await take(world, "posts", file)

    assert flaws(response) == [
        ("row/3/lon", "float_type"),
        ("row/3/lat", "less_than_equal"),
        ("row/3/kind", "literal_error"),
        ("row/3/code", "string_pattern_mismatch"),
        ("row/6/8", "cell-beyond"),
        ("row/2/code", "duplicate-code"),
        ("row/4/code", "duplicate-code"),
    ]
    kind = next(each for each in response.json()["errors"] if each["pointer"] == "row/3/kind")
    assert "guide_point" in kind["message"]
    assert await world.snapshot(*TABLES) == before


@pytest.mark.parametrize(
    ("name", "file", "expected"),
    [
        ("communities", "code,name\nc,n\n", [("row/1/sub_district", "column-missing")]),
        ("communities", "code,name,name,sub_district\n", [("row/1/name", "column-twice")]),
        ("communities", "code,name,sub_district,phone\n", [("row/1/4", "column-unknown")]),
        ("communities", "code,name,sub_district\nx,n\n", [("row/2/sub_district", "missing")]),
        (
            "communities",
            "code,name,sub_district\nx,n,s\ny,n,s\nx,n,s\n",
            [("row/2/code", "duplicate-code"), ("row/4/code", "duplicate-code")],
        ),
        ("communities", "code,name,sub_district\nx,a\0b,s\n", [("row/2/name", "string_unicode")]),
        ("teams", "code,name,community\nx,n,nowhere\n", [("row/2/community", "unknown-community")]),
        ("teams", "code,name,leader,mobile\nx,n,a,a\n", [("row/2/members", "member_twice")]),
        (
            "posts",
            "code,name,kind,community,grid,lon,lat\nx,n,post,community-01,nowhere,1,2\ny,n,post,gone,,1,2\n",
            [("row/3/community", "unknown-community"), ("row/2/grid", "unknown-grid")],
        ),
        ("posts", "code,name,kind,community,lon,lat\nx,n,post,community-01,nan,2\n", [("row/2/lon", "finite_number")]),
        (
            "posts",
            "code,name,kind,community,grid,lon,lat\nx,n,post,community-01,,116.4,39.9\n"
            "y,n,post,community-01,grid-01,107.2,26.6\nz,n,post,community-02,grid-01,1,2\n",
            [
                ("row/2/lon", "position-far-away"),
                ("row/4/lon", "position-far-away"),
                ("row/4/grid", "grid-elsewhere"),
            ],
        ),
        ("posts", "code,name,kind,community,lon,lat\nx,n,post,community-01,,2\n", [("row/2/lon", "missing")]),
        ("officers", "subject,skills\na,electric;Electric Work\n", [("row/2/skills", "string_pattern_mismatch")]),
        ("officers", "subject,roles\na,hangman\n", [("row/2/roles", "literal_error")]),
    ],
)
async def test_a_line_that_cannot_be_is_named_with_its_column(
    world: World, name: str, file: str, expected: list[tuple[str, str]]
) -> None:
    before = await world.snapshot(*TABLES)
    assert flaws(await take(world, name, file)) == expected
    assert await world.snapshot(*TABLES) == before


def bomb() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * 70 * 2**20)
    return file.getvalue()


def entities() -> bytes:
    """A workbook whose strings grow as they are read."""
    source, file = zipfile.ZipFile(io.BytesIO(workbook(["code", "name", "sub_district"]))), io.BytesIO()
    lol = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>'
    with zipfile.ZipFile(file, "w") as archive:
        for member in source.namelist():
            text = source.read(member)
            archive.writestr(member, lol + text.partition(b"?>")[2] if "sheet1" in member else text)
    return file.getvalue()


@pytest.mark.parametrize(
    ("content", "media", "status", "expected"),
    [
        (b"{}", "application/json", 415, "file-kind-unsupported"),
        (b"x", "", 415, "file-kind-unsupported"),
        (b"code,name,sub_district\n", XLSX, 422, "file-kind-wrong"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1old", CSV, 422, "file-kind-wrong"),
        (workbook(["code"]), CSV, 422, "file-kind-wrong"),
        (b"PK\x03\x04nothing", XLSX, 422, "workbook-unreadable"),
        (entities(), XLSX, 422, "workbook-unreadable"),
        (bomb(), XLSX, 422, "workbook-too-large"),
        (b"", CSV, 422, "file-empty"),
        (workbook([None]), XLSX, 422, "file-empty"),
        (b"code,name\xff\xff\n", CSV, 422, "file-encoding"),
        (b'code,name,sub_district\n"x,y\n', CSV, 422, "csv-invalid"),
        (b"code,name,sub_district\n" + b"x,y,z\n" * 10_001, CSV, 422, "too-many-lines"),
        (b"[" * 40, GEOJSON, 400, "json-invalid"),
        (b"{}", GEOJSON, 422, "validation-failed"),
    ],
)
async def test_a_file_that_cannot_be_read_says_why(
    world: World, content: bytes, media: str, status: int, expected: str
) -> None:
    assert code(await take(world, "communities", content, media)) == (status, expected)


async def test_a_file_that_is_too_large_is_not_read(world: World) -> None:
    assert code(await take(world, "communities", b"x" * (8 * 2**20 + 1))) == (413, "body-too-large")


async def test_points_of_geojson_need_a_place(world: World) -> None:
    properties = {"code": "g-1", "name": "点", "kind": "post", "community": "community-01", "colour": "red"}
    point = {"type": "Point", "coordinates": [107.2, 26.6, 1100]}
    features = [{"type": "Feature", "geometry": point, "properties": properties}]
    good = await take(world, "posts", json.dumps({"type": "FeatureCollection", "features": features}), GEOJSON)
    features[0]["geometry"] = {"type": "LineString", "coordinates": []}
    bad = await take(world, "posts", json.dumps({"type": "FeatureCollection", "features": features}), GEOJSON)
    teams = await take(world, "teams", b"{}", GEOJSON)

    assert good.json()["created"] == ["g-1"], good.text
    assert flaws(bad)[0] == ("/features/0/geometry/type", "literal_error")
    assert code(teams) == (415, "file-kind-unsupported")


async def test_files_are_taken_in_by_admins_of_their_county_and_by_who_saw_the_newest(world: World) -> None:
    file = "code,name,sub_district\nmine,n,s\n"
    officer = await take(world, "communities", file, role="dispatcher")
    late = await take(world, "communities", file, headers={"If-Match": '"0"'})
    neighbour = await take(world, "communities", file, tenant=NEIGHBOUR)

    assert (officer.status_code, late.status_code, neighbour.json()["created"]) == (403, 412, ["mine"])
    assert await told(world, "community", "mine") == []
    zh = await take(world, "communities", "code\n", headers={"Accept-Language": "zh"})
    assert zh.json()["errors"][0]["message"] == "缺少该列。"
