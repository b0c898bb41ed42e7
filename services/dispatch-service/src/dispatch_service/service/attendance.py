"""Clocks officers in and out of their duties."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal

import shapely
from shapely.geometry.base import BaseGeometry
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from dispatch_service.domain.attendance import EARLIEST, FARTHEST_METRES, LATEST, metres_between
from dispatch_service.domain.roster_errors import AlreadyClocked, FarAway, NoDutyNow
from dispatch_service.domain.routing import Point
from dispatch_service.persistence import positions, rosters
from dispatch_service.persistence.offline_actions import Sender
from dispatch_service.persistence.positions import Fix
from dispatch_service.persistence.rosters import DutyFilter
from dispatch_service.persistence.rows import Row
from dispatch_service.service import duty_counting
from dispatch_service.service.directory import Occasion
from runtime.clock import now

Way = Literal["in", "out"]


async def clock(connection: AsyncConnection, sender: Sender, way: Way, fix: Fix, now: datetime) -> Row:
    """Clock an officer in at the duty that begins next or has begun, or out of the one they are in; return it.

    That was at the moment of `fix`, which may lie before now. The position is kept as well, and how many of the team
    are on duty is told. The sender is held (`offline_actions.hold`). Raises NoDutyNow, AlreadyClocked, FarAway.
    """
    tenant, subject = sender.tenant, sender.subject
    await check_reach(connection, tenant, [fix])
    found = await duties_about(connection, sender, fix.at, state="planned")
    locked = await rosters.lock(connection, tenant, [row["id"] for row in found])
    duty = _choose([locked[row["id"]] for row in found if row["id"] in locked], way, fix.at)
    metres = round(await _metres(connection, duty, (fix.lon, fix.lat)))
    changed = {f"clocked_{way}_at": fix.at, f"clocked_{way}_metres": metres}
    await rosters.change(connection, duty["id"], **changed)
    await positions.add(connection, tenant, subject, [fix])
    await duty_counting.tell(connection, Occasion(tenant, now), [duty["team"]])
    return {**duty, **changed}


async def duties_about(
    connection: AsyncConnection, sender: Sender, at: datetime, *, state: str | None = None
) -> Sequence[Row]:
    """Return an officer's duties that can be clocked in or out of at a moment, in the order of their begin."""
    wanted = DutyFilter(subject=sender.subject, state=state, begins_from=at - LATEST, begins_to=at + EARLIEST)
    return await rosters.page(connection, sender.tenant, wanted, after=None, size=10)


async def check_reach(connection: AsyncConnection, tenant: str, fixes: list[Fix]) -> None:
    """Raise FarAway if a position is far from every grid; a county without grids has no bounds."""
    places = await far_away(connection, tenant, [(fix.lon, fix.lat) for fix in fixes])
    if places:
        raise FarAway(places[0])


async def far_away(connection: AsyncConnection, tenant: str, points: Sequence[Point]) -> list[int]:
    """Return which of the points, counted from 0, are far from every grid; none where the county has no grids."""
    return far_from(await positions.shapes(connection, tenant), points)


def far_from(grids: Sequence[str], points: Sequence[Point]) -> list[int]:
    """Return which of the points, counted from 0, are far from every grid (GeoJSON); none where there are no grids."""
    areas = [shapely.from_geojson(text) for text in grids]
    if not areas:
        return []
    west, south, east, north = shapely.total_bounds(areas)
    nearest = [(min(max(lon, west), east), min(max(lat, south), north)) for lon, lat in points]
    pairs = enumerate(zip(points, nearest, strict=True))
    return [place for place, pair in pairs if metres_between(*pair) > FARTHEST_METRES]


async def forget_tracks(engine: AsyncEngine, *, keep: timedelta) -> None:
    """Remove a batch of positions that are older than `keep`."""
    async with engine.begin() as connection:
        await positions.forget(connection, now() - keep)


def _choose(duties: list[Row], way: Way, at: datetime) -> Row:
    """Return the duty to clock; duties come in the order of their begin."""
    if way == "in":
        open_ones = [duty for duty in duties if duty["ends_at"] > at]
        if open_ones and all(duty["clocked_in_at"] for duty in open_ones):
            raise AlreadyClocked
        open_ones = [duty for duty in open_ones if not duty["clocked_in_at"]]
    else:
        begun = [duty for duty in duties if duty["clocked_in_at"] and duty["clocked_in_at"] <= at]
        if begun and all(duty["clocked_out_at"] for duty in begun):
            raise AlreadyClocked
        open_ones = [duty for duty in begun if not duty["clocked_out_at"]]
    if not open_ones:
        raise NoDutyNow
    return open_ones[0]


async def _metres(connection: AsyncConnection, duty: Row, here: Point) -> float:
    """Return how far a point is from the post of a duty or, where it has none, from the grids of its team."""
    if duty["post"] is not None:
        there = await positions.post(connection, duty["tenant"], duty["post"])
        return 0.0 if there is None else metres_between(here, there)
    texts = await positions.shapes(connection, duty["tenant"], duty["team"])
    return min((metres_to_area(here, shapely.from_geojson(text)) for text in texts), default=0.0)


def metres_to_area(here: Point, area: BaseGeometry) -> float:
    """Return how far a point is from an area; 0 inside of it. WGS84 degrees."""
    nearest = shapely.shortest_line(area, shapely.Point(here)).coords[0]
    return metres_between(here, (nearest[0], nearest[1]))
