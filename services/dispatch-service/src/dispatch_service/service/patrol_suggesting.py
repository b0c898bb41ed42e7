"""Takes up or dismisses the patrols that hot spots suggest."""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from dispatch_service.domain.attendance import metres_between
from dispatch_service.domain.patrol import Evidence
from dispatch_service.domain.patrol_errors import Flawed, SuggestionSettled
from dispatch_service.domain.plane import METRES_PER_DEGREE
from dispatch_service.persistence import patrol_places, patrol_suggestions
from dispatch_service.persistence.rows import Row
from dispatch_service.service import patrol_adhoc, patrol_plans
from dispatch_service.service.patrol_plans import Planning

CheckVersion = Callable[[int], None]
_MOST_POSTS = 9
_LEAST_METRES, _MOST_METRES = 50, 5_000
"""Of the radius around the middle of a hot spot within which a visit counts."""


async def accept_as_patrol(
    connection: AsyncConnection, by: Planning, suggestion_id: UUID, given: Row, check_version: CheckVersion
) -> UUID:
    """Make a patrol of an open suggestion and return its id; what `given` leaves out comes from the hot spot.

    Raises SuggestionNotFound, SuggestionSettled, and Flawed within `/patrol`.
    """
    suggestion = await _open(connection, by, suggestion_id, check_version)
    try:
        filled = {**await _filled(connection, suggestion, given), "suggestion": suggestion_id}
        row = await patrol_adhoc.make(connection, by, filled, plans=True)
    except Flawed as error:
        raise error.within("/patrol") from error
    await _settle(connection, by, suggestion, state="accepted", patrol=row["id"])
    return UUID(str(row["id"]))


async def accept_as_plan(
    connection: AsyncConnection, by: Planning, suggestion_id: UUID, given: Row, check_version: CheckVersion
) -> UUID:
    """Make a plan of an open suggestion and return its id; what `given` leaves out comes from the hot spot.

    Raises SuggestionNotFound, SuggestionSettled, and Flawed within `/plan`.
    """
    suggestion = await _open(connection, by, suggestion_id, check_version)
    try:
        row = await patrol_plans.create(connection, by, await _filled(connection, suggestion, given))
    except Flawed as error:
        raise error.within("/plan") from error
    await _settle(connection, by, suggestion, state="accepted", plan=row["id"])
    return UUID(str(row["id"]))


async def dismiss(
    connection: AsyncConnection, by: Planning, suggestion_id: UUID, reason: str, check_version: CheckVersion
) -> None:
    """Say why nobody shall go there. Raises SuggestionNotFound, SuggestionSettled."""
    suggestion = await _open(connection, by, suggestion_id, check_version)
    await _settle(connection, by, suggestion, state="dismissed", reason=reason)


async def _open(connection: AsyncConnection, by: Planning, suggestion_id: UUID, check_version: CheckVersion) -> Row:
    suggestion = await patrol_suggestions.find(connection, by.tenant, suggestion_id, lock=True)
    check_version(suggestion["version"])
    if suggestion["state"] != "open":
        raise SuggestionSettled
    return suggestion


async def _settle(connection: AsyncConnection, by: Planning, suggestion: Row, **decision: Any) -> None:
    await patrol_suggestions.decide(
        connection, suggestion, decided_at=by.now, decided_by=by.actor, updated_at=by.now, **decision
    )


async def _filled(connection: AsyncConnection, suggestion: Row, given: Row) -> dict[str, Any]:
    """Return `given` with name, team and points, where it has none, as the hot spot suggests them."""
    filled = {name: value for name, value in given.items() if value is not None or name != "points"}
    filled["name"] = given["name"] or _title(suggestion["hotspot"])
    if given["team"] is None:
        filled |= {"team": suggestion["team"], "grid": suggestion["grid"]}
    if given["points"] is None:
        filled["points"] = await _points(connection, suggestion)
    return filled


def _title(hotspot: Mapping[str, Any]) -> str:
    return f"热点巡查 {hotspot.get('category') or '各类诉求'}"[:100]


async def _points(connection: AsyncConnection, suggestion: Row) -> list[dict[str, Any]]:
    """Return the middle of the hot spot, and the nearest posts within its radius."""
    hotspot = suggestion["hotspot"]
    middle = (suggestion["lon"], suggestion["lat"])
    radius = min(max(round(hotspot["radius_metres"]), _LEAST_METRES), _MOST_METRES)
    centre = {
        "key": "centre",
        "post": None,
        "name": "热点中心",
        "lon": middle[0],
        "lat": middle[1],
        "radius": radius,
        "look_at": f"{hotspot['count']} 件诉求，往常约 {hotspot['expected']:.1f} 件",
        "evidence": [Evidence.PHOTO.value, Evidence.POSITION.value],
        "required": True,
    }
    return [centre, *[_at(post) for post in await _posts_near(connection, suggestion["tenant"], middle, radius)]]


async def _posts_near(connection: AsyncConnection, tenant: str, middle: tuple[float, float], radius: int) -> list[Row]:
    far_enough = 2 * radius / METRES_PER_DEGREE  # a degree of longitude is half as long at 60 degrees of latitude
    lon, lat = middle
    box = (lon - far_enough, lat - far_enough, lon + far_enough, lat + far_enough)
    found = [
        (metres_between(middle, (post["lon"], post["lat"])), post)
        for post in await patrol_places.posts_within(connection, tenant, box)
    ]
    near = sorted((each for each in found if each[0] <= radius), key=lambda each: (each[0], each[1]["code"]))
    return [post for _, post in near[:_MOST_POSTS]]


def _at(post: Row) -> dict[str, Any]:
    return {
        "key": None,
        "post": post["code"],
        "name": None,
        "lon": None,
        "lat": None,
        "radius": 100,
        "look_at": None,
        "evidence": [Evidence.POSITION.value],
        "required": False,
    }
