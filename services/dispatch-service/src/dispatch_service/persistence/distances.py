"""How far cases and components are from a point, computed by the database."""

from math import cos, radians
from typing import Any

import sqlalchemy as sa

from dispatch_service.domain.plane import METRES_PER_DEGREE
from dispatch_service.domain.routing import Point
from dispatch_service.persistence.tables import dispatch_case


def metres_from(point: Point, table: sa.Table = dispatch_case) -> sa.ColumnElement[Any]:
    """Return the straight line from `point` to a row of `table` in whole metres; null for one without a place.

    It is exact to half a percent within a county.
    """
    lon, lat = point
    east = (table.c.lon - sa.literal(lon)) * sa.literal(cos(radians(lat)))
    north = table.c.lat - sa.literal(lat)
    return sa.cast(sa.func.round(sa.func.sqrt(east * east + north * north) * METRES_PER_DEGREE), sa.Integer)
