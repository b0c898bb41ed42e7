"""Whether posts and components stand where they say: in the county, and posts in a grid of their community."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import shapely
from sqlalchemy.ext.asyncio import AsyncConnection

from dispatch_service.persistence import county
from dispatch_service.persistence.rows import Row
from dispatch_service.service.attendance import far_away, metres_to_area


@dataclass(frozen=True, slots=True)
class Sites:
    """What does not fit, by the number of a post among those given, from 0."""

    far: Sequence[int]
    """More than 50 km from every grid; none where the county has no grids."""
    elsewhere: Mapping[int, str]
    """Those whose grid belongs to another community, with that community."""
    outside: Mapping[int, int]
    """Those whose point lies a metre or more outside of their grid, with the metres."""


async def examine(connection: AsyncConnection, tenant: str, posts: Sequence[Row]) -> Sites:
    """Say which posts do not fit to the map, by the newest version of each grid.

    The caller holds the county's lock, and their communities and grids are there.
    """
    far = await far_away(connection, tenant, [(post["lon"], post["lat"]) for post in posts])
    in_grids = {place: post for place, post in enumerate(posts) if post.get("grid") is not None}
    grids = await county.newest_grids(connection, tenant, {post["grid"] for post in in_grids.values()})
    elsewhere = {
        place: str(grids[post["grid"]]["community"])
        for place, post in in_grids.items()
        if grids[post["grid"]]["community"] != post["community"]
    }
    return Sites(far, elsewhere, await asyncio.to_thread(_outside, in_grids, grids))


def _outside(posts: Mapping[int, Row], grids: Mapping[str, Row]) -> dict[int, int]:
    areas = {code: shapely.geometry.shape(grid["geometry"]) for code, grid in grids.items()}
    metres = {
        place: round(metres_to_area((post["lon"], post["lat"]), areas[post["grid"]])) for place, post in posts.items()
    }
    return {place: distance for place, distance in metres.items() if distance}
