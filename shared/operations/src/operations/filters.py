"""Query parameters that the lists of all services take."""

from typing import Annotated

from fastapi import Depends, Query

from operations.problems import invalid

Code = Annotated[str, Query(min_length=1, max_length=100)]
"""A code of reference data, such as a category."""
BoundingBox = tuple[float, float, float, float]
"""West, south, east, north in WGS84 degrees."""
_BBOX = "west,south,east,north in WGS84 degrees, such as `107.18,26.53,107.29,26.63`."


async def bounding_box(
    bbox: Annotated[str | None, Query(max_length=100, description=_BBOX)] = None,
) -> BoundingBox | None:
    """Return the box that the query asks for, None for no box; `Problem` 422 for a box that is none."""
    if bbox is None:
        return None
    box = box_of(bbox)
    if box is None:
        raise invalid("query/bbox", "bbox-invalid")
    return box


def box_of(text: str) -> BoundingBox | None:
    """Return the box that a text of four numbers says, None where it says none."""
    try:
        west, south, east, north = (float(part) for part in text.split(","))
    except ValueError:
        return None
    is_box = -180 <= west <= east <= 180 and -90 <= south <= north <= 90  # false for NaN too
    return (west, south, east, north) if is_box else None


Box = Annotated[BoundingBox | None, Depends(bounding_box)]
