"""A few patrol plans of the demo county, made up and marked as such."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID, uuid5

from dispatch_service.domain.working_time import SHANGHAI

Row = Mapping[str, Any]

_NAMES = UUID("5f0d7d5e-6d3a-4c39-8b2c-7b1f4a0e9c11")
_FIRST = date(2026, 1, 1)


class Sketch(NamedTuple):
    """What one plan is: of which grid, by which rule, and to how many of its posts it leads."""

    grid: int
    name: str
    kind: str
    shift: str
    rules: Mapping[str, Any]
    posts: int
    look_at: str
    evidence: tuple[str, ...]


SKETCHES = (
    Sketch(8, "中心街面早巡", "daily_patrol", "morning", {}, 3, "占道经营、乱停乱放", ("position",)),
    Sketch(
        1,
        "联络站周边定期检查",
        "regular_inspection",
        "noon",
        {"weekdays": [1, 4], "working_days_only": True},
        3,
        "小广告、环境卫生",
        ("photo", "position"),
    ),
    Sketch(6, "沿街商户走访", "home_visit", "noon", {"weekdays": [2]}, 2, "门前三包、拉线充电", ("position", "note")),
    Sketch(11, "夜市巡查", "daily_patrol", "evening", {"every_days": 2}, 2, "游摊、油烟、噪声", ("position",)),
)


def plans(tenant: str, posts_of: Mapping[int, Sequence[Row]]) -> Iterator[Row]:
    """Yield the plans with ids that are the same at every run; `posts_of` has the posts of each grid."""
    for sketch in SKETCHES:
        code = f"{sketch.grid:02}"
        rules = {"weekdays": [], "every_days": 1, "dates": [], "working_days_only": False, **sketch.rules}
        yield {
            "id": uuid5(_NAMES, f"{tenant}/{sketch.name}"),
            "tenant": tenant,
            "version": 1,
            "name": sketch.name,
            "kind": sketch.kind,
            "team": f"team-{code}",
            "grid": f"grid-{code}",
            "community": f"community-{code}",
            "officers": [],
            "shift": sketch.shift,
            "first_day": _FIRST,
            "last_day": None,
            "recurrence": rules,
            "points": [_point(number, post, sketch) for number, post in _numbered(sketch, posts_of)],
            "made_until": _FIRST - timedelta(days=1),
            "changed_at": datetime.combine(_FIRST, datetime.min.time(), SHANGHAI),
            "changed_by": "demo",
            "generated": True,
        }


def _numbered(sketch: Sketch, posts_of: Mapping[int, Sequence[Row]]) -> Iterator[tuple[int, Row]]:
    return enumerate(posts_of[sketch.grid][: sketch.posts], start=1)


def _point(number: int, post: Row, sketch: Sketch) -> dict[str, Any]:
    return {
        "key": str(number),
        "post": post["code"],
        "name": post["name"],
        "lon": post["lon"],
        "lat": post["lat"],
        "radius": 100,
        "look_at": sketch.look_at,
        "evidence": list(sketch.evidence),
        "required": True,
    }
