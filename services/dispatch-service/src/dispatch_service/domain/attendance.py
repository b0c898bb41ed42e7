"""Whether an officer who clocks in or out is where and when the roster wants them."""

import math
from datetime import datetime, timedelta
from typing import Literal

from dispatch_service.domain.routing import Point

Absence = Literal["absent", "not_clocked_in", "late", "left_early", "not_clocked_out"]
"""How a duty was not done as planned: nobody came until its end, or has come until now, …"""
Presence = Literal["not_clocked_in", "present", "left"]
"""Whether somebody who is on the roster at a moment has come by then."""
EARLIEST = timedelta(hours=2)
"""Before the duty begins."""
LATEST = timedelta(hours=4)
"""After the duty has ended, for clocking out."""
SENT_LATE = timedelta(days=3)
"""A device that was offline may send a clocking so late."""
AHEAD = timedelta(minutes=5)
"""The clock of a device may be ahead by so much."""
NEAR_METRES = 500.0
"""Further from the post, or outside the grid by more, is marked as not on the spot."""
FARTHEST_METRES = 50_000.0
"""Positions further from every grid of the county are taken for an error."""
_EARTH_METRES = 6_371_008.8
"""Mean radius (IUGG)."""


def metres_between(one: Point, other: Point) -> float:
    """Return the great-circle distance of two points in WGS84 degrees (haversine), exact to half a percent."""
    lat1, lat2, east = math.radians(one[1]), math.radians(other[1]), math.radians(other[0] - one[0])
    half = math.sin((lat2 - lat1) / 2) ** 2 + math.cos(lat1) * math.cos(lat2) * math.sin(east / 2) ** 2
    return 2 * _EARTH_METRES * math.asin(math.sqrt(half))


def minutes_late(begins: datetime, arrived: datetime) -> int:
    """Return whole minutes after the begin of the duty; 0 for whoever is in time."""
    return max(0, math.floor((arrived - begins) / timedelta(minutes=1)))


def minutes_early(ends: datetime, left: datetime) -> int:
    """Return whole minutes before the end of the duty; 0 for whoever stayed."""
    return max(0, math.floor((ends - left) / timedelta(minutes=1)))
