"""What people report: reports from several sources, at places inside and outside the demo county's grids."""

import random
from collections.abc import Mapping
from typing import Any

from chaos.load.asking import Person
from dispatch_service.demo.tiling import EAST, NORTH, SOUTH, WEST
from intake_service.domain.configuration.shipped import shipped

_CATEGORIES = tuple(code for code, category in shipped().categories.items() if category.advice is None)
CITIZENS = tuple(Person("citizen", f"citizen-{number:02}") for number in range(20))
_STAFF = {role: Person(role, f"{role}-chaos") for role in ("operator", "inspector", "officer", "partner")}
_TEXTS = (
    "盲道上停满了车，行人过不去",
    "夜市摊位占了半条路，油烟很大",
    "井盖松动，车一过就响",
    "楼道里拉线给电瓶车充电",
    "A street lamp has been dark for a week",
)


def report(rng: random.Random, reference_number: str) -> tuple[Person, Mapping[str, Any]]:
    """Return a reporter and what they send."""
    source = rng.choice(tuple(shipped().sources.values()))
    role = rng.choice(sorted(source.roles))
    who = rng.choice(CITIZENS) if role == "citizen" else _STAFF[role]
    body: dict[str, Any] = {
        "source": source.code,
        "description": rng.choice(_TEXTS),
        "location": _location(rng),
    }
    if rng.random() < 0.8:
        body["category"] = rng.choice(_CATEGORIES)
    if source.code == "video_sensor":
        body["device"] = {"id": "camera-7", "confidence": 0.9}
    if role == "citizen" and rng.random() < 0.5:
        body["reporter"] = {"name": "张三", "phone": "13800000000"}
    if role == "partner":
        body["external_ref"] = reference_number
    return who, body


def _location(rng: random.Random) -> Mapping[str, Any]:
    where = rng.random()
    if where < 0.08:
        return {"address": "贵定县金南街道人民路1号"}
    east = EAST + (0.5 if where < 0.16 else 0.0)  # beyond every grid
    lon, lat = rng.uniform(WEST + (east - EAST), east), rng.uniform(SOUTH, NORTH)
    return {"lon": round(lon, 6), "lat": round(lat, 6), "crs": rng.choice(("WGS84", "GCJ02"))}
