"""Texts of the directory that no file could bring back, or that show as something else than they are."""

from typing import Any

import pytest

from dispatch.directory import API, put
from dispatch.world import World

AT = {"kind": "post", "community": "community-01", "lon": 107.2, "lat": 26.6}
CONTROL, SEPARATOR = "control_character", "separator_in_subject"


def member(subject: str) -> dict[str, Any]:
    return {"name": "队", "members": [{"subject": subject, "role": "leader"}]}


BAD: list[tuple[str, dict[str, Any], str, str]] = [
    ("communities/odd", {"name": "福来\x07社区", "sub_district": "街道"}, "/name", CONTROL),
    ("communities/odd", {"name": "福来社区", "sub_district": "金南\n街道"}, "/sub_district", CONTROL),
    ("communities/odd", {"name": "\u202e区社来福", "sub_district": "街道"}, "/name", CONTROL),
    ("teams/odd", {"name": "一\x7f队", "members": []}, "/name", CONTROL),
    ("posts/odd", {"name": "点\u2028位", **AT}, "/name", CONTROL),
    ("departments/odd", {"name": "水务\x1f局"}, "/name", CONTROL),
    ("departments/odd", {"name": "水务局", "contact_system": "水务\x1b系统"}, "/contact_system", CONTROL),
    ("shifts/odd", {"name": "早\t班", "begins": "08:00", "ends": "12:00"}, "/name", CONTROL),
    ("teams/odd", member("officer;7"), "/members/0/subject", SEPARATOR),
    ("teams/odd", member("officer；7"), "/members/0/subject", SEPARATOR),
    ("teams/odd", member("officer\n7"), "/members/0/subject", CONTROL),
    ("officers/officer%3B7", {}, "path/subject", SEPARATOR),
    ("officers/officer%0A7", {}, "path/subject", CONTROL),
]


@pytest.mark.parametrize(("path", "body", "pointer", "code"), BAD)
async def test_a_text_that_cannot_be_shown_or_written_is_refused(
    world: World, path: str, body: dict[str, Any], pointer: str, code: str
) -> None:
    answer = await put(world, path, body)

    assert answer.status_code == 422, answer.text
    assert [(error["pointer"], error["code"]) for error in answer.json()["errors"]] == [(pointer, code)]
    assert "{" not in answer.json()["errors"][0]["message"]


async def test_files_are_held_to_the_same(world: World) -> None:
    headers = {"Content-Type": "text/csv"}
    lines = 'code,name,leader\nodd,"一\x0b队",ok\nodder,"二队","a\x01b"\n'
    answer = await world.send("PUT", f"{API}/teams/import", role="admin", content=lines.encode(), headers=headers)

    assert [(error["pointer"], error["code"]) for error in answer.json()["errors"]] == [
        ("row/2/name", CONTROL),
        ("row/3/leader", CONTROL),
    ]


async def test_what_people_write_is_taken(world: World) -> None:
    name = "福来　社区 👨‍👩‍👧 Café"
    written = await put(world, "communities/odd", {"name": name, "sub_district": "街道"})
    assert (written.status_code, written.json()["name"]) == (201, name)
    assert (await put(world, "teams/odd", member("auth0|officer 7@gd.cn"))).status_code == 201
