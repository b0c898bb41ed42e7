from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any

import pytest
import shapely

from dispatch_service.demo.county import MOBILE_OFFICER, REAL_NAMES, rows
from dispatch_service.demo.tiling import EAST, NORTH, SOUTH, WEST, rings
from dispatch_service.domain.routing import DUTY_DESK

Tables = Mapping[str, Sequence[Mapping[str, Any]]]


@pytest.fixture(scope="module")
def county() -> Tables:
    return dict(rows("522723"))


def areas() -> list[shapely.Polygon]:
    return [shapely.Polygon(ring) for ring in rings()]


def test_the_county_has_the_numbers_of_the_domain_description(county: Tables) -> None:
    kinds = Counter(post["kind"] for post in county["post"])

    assert {name: len(values) for name, values in county.items()} == {
        "community": 15,
        "team": 16,
        "team_member": 15 * 6 + 1,
        "officer": 15 * 5 + 1,
        "grid": 15,
        "post": 42 + 15,
        "shift": 3,
        "patrol_plan": 4,
    }
    assert kinds == {"post": 42, "liaison_station": 15}
    assert {community["sub_district"] for community in county["community"]} == {"金南街道", "宝山街道"}


def test_what_is_made_up_says_so(county: Tables) -> None:
    assert {row["name"] for row in county["community"] if not row["generated"]} == REAL_NAMES
    assert all(row["generated"] for name in ("team", "grid", "post", "patrol_plan") for row in county[name])


def test_every_team_is_one_two_two_with_the_mobile_officer(county: Tables) -> None:
    teams = {row["code"] for row in county["team"]} - {DUTY_DESK}

    for code in teams:
        members = [row for row in county["team_member"] if row["team"] == code]
        assert Counter(row["role"] for row in members) == {
            "leader": 1,
            "enforcement_assistant": 2,
            "community_worker": 2,
            "mobile": 1,
        }
        assert MOBILE_OFFICER in {row["subject"] for row in members}
    assert {"officer-0101", "officer-1505"} <= {row["subject"] for row in county["team_member"]}


def test_the_grids_cover_the_county_without_gaps_and_overlaps() -> None:
    outline = shapely.box(WEST, SOUTH, EAST, NORTH)

    assert all(area.is_valid for area in areas())
    assert shapely.union_all(areas()).symmetric_difference(outline).area == pytest.approx(0, abs=1e-12)
    assert sum(area.area for area in areas()) == pytest.approx(outline.area)
    assert all(one.intersection(other).area < 1e-12 for one, other in combinations(areas(), 2))


def test_the_county_town_lies_well_inside_one_grid() -> None:
    town = shapely.Point(107.2357, 26.5807)

    assert [area.exterior.distance(town) > 0.005 for area in areas() if area.covers(town)] == [True]


def test_every_post_stands_in_its_grid(county: Tables) -> None:
    shapes = {grid["code"]: shapely.geometry.shape(grid["geometry"]) for grid in county["grid"]}

    for post in county["post"]:
        assert shapely.contains_xy(shapes[post["grid"]], post["lon"], post["lat"])


def test_the_county_is_the_same_at_every_run(county: Tables) -> None:
    assert dict(rows("522723")) == county


def test_every_member_of_a_team_is_an_officer_with_a_role_and_skills(county: Tables) -> None:
    officers = {officer["subject"]: officer for officer in county["officer"]}
    assert officers.keys() == {member["subject"] for member in county["team_member"]}
    assert all(officer["roles"] and officer["skills"] for officer in officers.values())
    for number in range(1, 16):
        crew = [
            officers[member["subject"]] for member in county["team_member"] if member["team"] == f"team-{number:02}"
        ]
        assert {role for officer in crew for role in officer["roles"]} == {"publicist", "mediator", "attendant"}
