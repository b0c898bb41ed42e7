"""The places that a patrol is to visit, checked against the county."""

from collections.abc import Mapping, Sequence
from typing import Any

import shapely
from sqlalchemy.ext.asyncio import AsyncConnection

from dispatch_service.domain.attendance import NEAR_METRES
from dispatch_service.domain.patrol_errors import Flawed
from dispatch_service.domain.routing import Point
from dispatch_service.persistence import patrol_places, positions
from dispatch_service.persistence.rows import Row
from dispatch_service.service.attendance import metres_to_area


async def checked(
    connection: AsyncConnection, tenant: str, points: Sequence[Row], *, pointer: str = "/points"
) -> list[dict[str, Any]]:
    """Return the points as they are stored: with keys, names and places.

    A point without a key gets its number. Raises Flawed with `duplicate-code`, `unknown-post`, or
    `point-outside-county` for one more than 500 m from every grid; a county without grids has no bounds.
    """
    posts = await patrol_places.posts(connection, tenant, {point["post"] for point in points if point["post"]})
    areas = [shapely.from_geojson(text) for text in await positions.shapes(connection, tenant)]
    made: list[dict[str, Any]] = []
    keys: set[str] = set()
    for index, point in enumerate(points):
        here = f"{pointer}/{index}"
        key = point["key"] or str(index + 1)
        if key in keys:
            raise Flawed(f"{here}/key", "duplicate-code")
        keys.add(key)
        if point["post"] is not None and point["post"] not in posts:
            raise Flawed(f"{here}/post", "unknown-post")
        if point["post"] is None and not _is_near((point["lon"], point["lat"]), areas):
            raise Flawed(here, "point-outside-county")
        made.append(at_post({**point, "key": key}, posts))
    return made


def at_post(point: Row, posts: Mapping[str, Row]) -> dict[str, Any]:
    """Return a point with the place of its post, and the post's name where it has none of its own.

    A point whose post is no more stays where the post was.
    """
    post = posts.get(point["post"] or "")
    if post is None:
        return dict(point)
    return {**point, "name": point["name"] or post["name"], "lon": post["lon"], "lat": post["lat"]}


def _is_near(here: Point, areas: Sequence[Any]) -> bool:
    return not areas or any(metres_to_area(here, area) <= NEAR_METRES for area in areas)
