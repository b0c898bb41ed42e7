"""The query parameters that say where the caller is."""

from typing import Annotated

from fastapi import Depends, Query

from contracts.coordinates import Crs, to_wgs84
from dispatch_service.domain.routing import Point
from operations.problems import invalid

_NEAR = "lon,lat of where you are, such as `107.2357,26.5807`, in the datum `crs`."


async def _near(
    near: Annotated[str | None, Query(max_length=100, description=_NEAR)] = None, crs: Crs = "WGS84"
) -> Point | None:
    """Return the point in WGS84 degrees, None where none is given; `Problem` 422 for a point that is none."""
    if near is None:
        return None
    try:
        lon, lat = (float(part) for part in near.split(","))
    except ValueError as error:
        raise invalid("query/near", "near-invalid") from error
    if not (-180 <= lon <= 180 and -90 <= lat <= 90):  # false for NaN too
        raise invalid("query/near", "near-invalid")
    return to_wgs84(lon, lat, crs)


Near = Annotated[Point | None, Depends(_near)]
