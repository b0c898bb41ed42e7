"""Bodies that nobody sends by mistake never get a 5xx: each part in turn is something else than it should be."""

import json
from collections.abc import Iterator
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from dispatch.directory import API
from dispatch.world import World

LATER = (datetime.now(UTC) + timedelta(days=2)).isoformat()
ID = "0190a0b0-0000-7000-8000-00000000000a"
PHOTOS = [{"id": ID, "role": "after"}]
HOSTILE: tuple[Any, ...] = (
    None,
    -1,
    2**63,
    10**400,
    "",
    "\u0001\ufffe",
    "x" * 5_000,
    "'; DROP TABLE team; --",
    "9999-12-31T23:59:59+14:00",
    "0001-01-01T00:00:00-14:00",
    [[]],
    {"": ""},
)
BODIES: dict[str, tuple[str, str, dict[str, Any]]] = {
    "bulk": ("POST", "bulk", {"action": "assign", "cases": ["{case}"], "versions": {}, "body": {"team": "team-09"}}),
    "transfer": ("POST", "cases/{case}/transfer", {"department": "water", "external_ref": "1", "reason": "水务"}),
    "answer": (
        "POST",
        "cases/{case}/transfer/answer",
        {"handling_mode": "guidance", "result": "已办", "answered_at": LATER, "photos": PHOTOS},
    ),
    "rectification": ("POST", "cases/{case}/rectification", {"notice": "限期", "until": LATER, "photos": PHOTOS}),
    "resolve": (
        "POST",
        "cases/{case}/resolve",
        {"handling_mode": "guidance", "result": "已劝离", "photos": PHOTOS, "reinspection": {"passed": True}},
    ),
    "patrol": (
        "POST",
        "patrols",
        {
            "team": "team-08",
            "begins_at": LATER,
            "ends_at": LATER,
            "points": [{"name": "口", "lon": 107.2, "lat": 26.6}],
        },
    ),
    "plan": (
        "POST",
        "patrol-plans",
        {
            "name": "巡",
            "kind": "routine",
            "team": "team-08",
            "grid": "grid-08",
            "shift": "morning",
            "points": [{"name": "口", "lon": 107.2, "lat": 26.6}],
            "every": {"days": 1},
            "from": "2026-12-01",
        },
    ),
    "roster template": (
        "POST",
        "roster-templates",
        {
            "name": "平时",
            "team": "team-08",
            "weeks": [[{"weekday": 1, "shift": "morning", "subject": "officer-0801", "post": "post-0801"}]],
            "turns_from": "2026-12-01",
            "holiday": "skip",
            "make_up_workday": "as_replaced",
        },
    ),
    "sync": (
        "POST",
        "sync",
        {"items": [{"id": ID, "complaint_id": "{case}", "action": "note", "at": LATER, "body": {"text": "x"}}]},
    ),
    "coverage": (
        "POST",
        "coverage",
        {"moved": {"post-01": {"lon": 107.2, "lat": 26.6}}, "removed": ["x"], "added": []},
    ),
    "day of coverage": (
        "POST",
        "coverage/day",
        {"moved": {"post-0101": {"lon": 107.2, "lat": 26.6}}, "removed": ["x"], "added": []},
    ),
    "component": (
        "PUT",
        "components/x",
        {"class_code": "0103", "class_zh": "井盖", "class_en": "Cover", "owner": "water", "lon": 107.2, "lat": 26.6},
    ),
    "component of a case": ("PUT", "cases/{case}/component", {"code": "x"}),
    "positions": ("POST", "positions", {"positions": [{"at": LATER, "position": {"lon": 107.2, "lat": 26.6}}]}),
}
ROLES = ("officer", "dispatcher", "supervisor", "admin")


def spoilt(body: Any) -> Iterator[Any]:
    """Yield copies of `body` with one part of each replaced."""
    for path in _paths(body):
        for value in HOSTILE:
            copy = deepcopy(body)
            holder = copy
            for step in path[:-1]:
                holder = holder[step]
            holder[path[-1]] = value
            yield copy
    yield from HOSTILE


def _paths(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    steps = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, inner in steps:
        yield (*path, step)
        yield from _paths(inner, (*path, step))


@pytest.mark.parametrize("name", BODIES)
async def test_a_hostile_body_is_refused_or_done(world: World, name: str) -> None:
    method, path, body = BODIES[name]
    event = await world.a_case("accept", "start")
    filled = json.loads(json.dumps(body).replace("{case}", str(event.subject)))
    failed = []
    for number, content in enumerate(spoilt(filled)):
        role = ROLES[number % len(ROLES)]
        answer = await world.send(
            method, f"{API}/{path}".replace("{case}", str(event.subject)), role=role, json=content
        )
        if answer.status_code >= 500:
            failed.append((content, answer.status_code))
    assert failed == []


FILES = (
    b"",
    b"\x00" * 100,
    b"\xff\xfe\x00\x00",
    b"PK\x03\x04" + b"\x00" * 200,
    b"code,name\n" + b'"' * 1001,
    b"code,name,sub_district\n" + b"," * 5_000,
    "code,name,sub_district\n=1+1,\u202e,\u0001\n".encode(),
    b'{"type": "FeatureCollection", "features": [{"type": "Feature", "geometry": {}, "properties": null}]}',
    b'{"type": "FeatureCollection", "features": [' + b"[" * 3_000,
    b'{"type": "FeatureCollection", "features": [{"type": "Feature", "properties": {"code": 1e999},'
    b' "geometry": {"type": "Point", "coordinates": [1e308, NaN]}}]}',
)


@pytest.mark.parametrize("name", ["communities", "teams", "posts", "components", "officers"])
async def test_a_hostile_file_is_refused_or_empty(world: World, name: str) -> None:
    sheet = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    for media in ("text/csv", sheet, "application/geo+json", "text/csv; charset=utf-7", "multipart/form-data"):
        for content in FILES:
            headers = {"Content-Type": media}
            path = f"{API}/{name}/import"
            answer = await world.send("PUT", path, role="admin", content=content, headers=headers)
            assert answer.status_code < 500, (media, content[:80], answer.text)
