"""The demo county as rows: 15 communities, grids, teams and liaison stations, 42 key posts, and the duty desk.

Three communities bear names from a newspaper article on Guiding county; the other names, all boundaries and all
places are generated, and say so in their `generated` column.
"""

import random
from collections.abc import Iterator, Mapping, Sequence
from datetime import time
from typing import Any

import shapely

from dispatch_service.demo.patrols import plans
from dispatch_service.demo.tiling import rings
from dispatch_service.domain.routing import DUTY_DESK

Row = Mapping[str, Any]

JINNAN, BAOSHAN = "金南街道", "宝山街道"
REAL_NAMES = frozenset({"福来社区", "麦溪社区", "新贵社区"})
COMMUNITIES: Sequence[tuple[str, str]] = (
    ("福来社区", JINNAN),
    ("东苑社区", JINNAN),
    ("青松社区", JINNAN),
    ("和顺社区", BAOSHAN),
    ("清河社区", BAOSHAN),
    ("麦溪社区", JINNAN),
    ("南园社区", JINNAN),
    ("文兴社区", JINNAN),
    ("长乐社区", BAOSHAN),
    ("翠湖社区", BAOSHAN),
    ("新贵社区", JINNAN),
    ("安康社区", JINNAN),
    ("朝阳社区", BAOSHAN),
    ("西苑社区", BAOSHAN),
    ("北园社区", BAOSHAN),
)
CREW = ("leader", "enforcement_assistant", "enforcement_assistant", "community_worker", "community_worker")
"""A team "1+2+2"."""
TALENTS = (
    (["mediator"], ["mediation", "construction"]),
    (["publicist"], ["parking", "street_trading"]),
    (["attendant"], ["electric", "dog_handling"]),
    (["publicist", "mediator"], ["mediation"]),
    (["attendant"], ["dog_handling"]),
)
"""Roles in activities and skills of each of the crew."""
MOBILE_OFFICER = "officer-demo"
"""Member of every team and of the duty desk, so that one demo token can work all over the county."""
SHIFTS = (
    ("morning", "早班", time(6, 30), time(11, 30)),
    ("noon", "中班", time(11), time(16, 30)),
    ("evening", "晚班", time(16), time(22)),
)
"""Staggered 错时: each begins before the one before it ends."""
_POSTS_PER_GRID = (3,) * 12 + (2,) * 3
_SEED = 20241015


def rows(tenant: str) -> Iterator[tuple[str, Sequence[Row]]]:
    """Yield the names of the tables and their rows, in an order in which they can be inserted."""
    areas = [shapely.Polygon(ring) for ring in rings()]
    made = {"tenant": tenant, "generated": True}
    numbers = range(1, len(COMMUNITIES) + 1)
    yield "community", [_community(tenant, number) for number in numbers]
    yield (
        "team",
        [
            {**made, "code": DUTY_DESK, "name": "县综合行政执法局值班台", "community": None},
            *({**made, "code": f"team-{n:02}", "name": f"{_name(n)}网格队", "community": _code(n)} for n in numbers),
        ],
    )
    yield (
        "team_member",
        [
            {"tenant": tenant, "team": DUTY_DESK, "subject": MOBILE_OFFICER, "role": "mobile"},
            *(member for number in numbers for member in _members(tenant, number)),
        ],
    )
    yield (
        "officer",
        [
            {**made, "subject": MOBILE_OFFICER, "roles": sorted(_all(0)), "skills": sorted(_all(1))},
            *({**made, **officer} for number in numbers for officer in _officers(number)),
        ],
    )
    yield "grid", [{**made, **_grid(number, areas[number - 1])} for number in numbers]
    posts = {number: list(_posts(number, areas[number - 1])) for number in numbers}
    yield "post", [{**made, **post} for number in numbers for post in posts[number]]
    yield "shift", [{**made, "code": code, "name": name, "begins": b, "ends": e} for code, name, b, e in SHIFTS]
    yield "patrol_plan", list(plans(tenant, posts))


def _code(number: int) -> str:
    return f"community-{number:02}"


def _name(number: int) -> str:
    return COMMUNITIES[number - 1][0]


def _community(tenant: str, number: int) -> Row:
    name, sub_district = COMMUNITIES[number - 1]
    return {
        "tenant": tenant,
        "code": _code(number),
        "name": name,
        "sub_district": sub_district,
        "generated": name not in REAL_NAMES,
    }


def _members(tenant: str, number: int) -> Iterator[Row]:
    team = {"tenant": tenant, "team": f"team-{number:02}"}
    for place, role in enumerate(CREW, start=1):
        yield {**team, "subject": f"officer-{number:02}{place:02}", "role": role}
    yield {**team, "subject": MOBILE_OFFICER, "role": "mobile"}


def _officers(number: int) -> Iterator[Row]:
    for place, (roles, skills) in enumerate(TALENTS, start=1):
        yield {"subject": f"officer-{number:02}{place:02}", "roles": roles, "skills": skills}


def _all(part: int) -> set[str]:
    return {word for talents in TALENTS for word in talents[part]}


def _grid(number: int, area: shapely.Polygon) -> Row:
    return {
        "code": f"grid-{number:02}",
        "version": 1,
        "name": f"第{number}网格",
        "community": _code(number),
        "team": f"team-{number:02}",
        "geometry": shapely.geometry.mapping(area),
        "in_force": True,
    }


def _posts(number: int, area: shapely.Polygon) -> Iterator[Row]:
    rng = random.Random(_SEED + number)  # noqa: S311 - scenery, not security
    here = {"community": _code(number), "grid": f"grid-{number:02}"}
    for place in range(1, _POSTS_PER_GRID[number - 1] + 1):
        lon, lat = _inside(rng, area)
        name = f"{_name(number)}{place}号岗位点"
        yield {**here, "code": f"post-{number:02}{place:02}", "name": name, "kind": "post", "lon": lon, "lat": lat}
    lon, lat = _inside(rng, area)
    station = {"code": f"station-{number:02}", "name": f"{_name(number)}城管工作联络站", "kind": "liaison_station"}
    yield {**here, **station, "lon": lon, "lat": lat}


def _inside(rng: random.Random, area: shapely.Polygon) -> tuple[float, float]:
    """Return a point well inside `area`."""
    core = area.buffer(-0.001)
    west, south, east, north = core.bounds
    while True:
        lon, lat = round(rng.uniform(west, east), 6), round(rng.uniform(south, north), 6)
        if shapely.contains_xy(core, lon, lat):
            return lon, lat
