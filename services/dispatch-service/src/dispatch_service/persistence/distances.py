"""How far cases are from a point, computed by the database."""

from math import cos, radians
from typing import Any

import sqlalchemy as sa

from dispatch_service.domain.plane import METRES_PER_DEGREE
from dispatch_service.domain.routing import Point
from dispatch_service.persistence.tables import dispatch_case


def metres_from(point: Point) -> sa.ColumnElement[Any]:
    """Return the straight line from `point` to a case in whole metres, exact to half a percent within a county.

    Null for a case without a place.
    """
    lon, lat = point
    east = (dispatch_case.c.lon - sa.literal(lon)) * sa.literal(cos(radians(lat)))
    north = dispatch_case.c.lat - sa.literal(lat)
    return sa.cast(sa.func.round(sa.func.sqrt(east * east + north * north) * METRES_PER_DEGREE), sa.Integer)
