"""Zones 管控区域 and hours within which reports are looked at first 限报."""

from collections.abc import Callable
from datetime import datetime, time, timedelta
from typing import Annotated, Literal, Self

import shapely
from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from contracts.clock_time import ClockTime

MOST_POINTS = 500
_MIDNIGHT = time(0)
Longitude = Annotated[float, Field(ge=-180, le=180)]
Latitude = Annotated[float, Field(ge=-90, le=90)]
Ring = Annotated[list[tuple[Longitude, Latitude]], Field(min_length=4, max_length=MOST_POINTS)]


class Polygon(BaseModel):
    """A GeoJSON Polygon (RFC 7946): an outer ring and perhaps holes, WGS84 degrees."""

    model_config = ConfigDict(extra="forbid")

    type: Literal["Polygon"]
    coordinates: Annotated[list[Ring], Field(min_length=1, max_length=20)]

    @model_validator(mode="after")
    def _is_valid(self) -> Self:
        if any(ring[0] != ring[-1] for ring in self.coordinates):
            raise PydanticCustomError("zone-not-closed", "A ring ends elsewhere than it begins")
        shape = self.shape()
        if not shape.is_valid or shape.is_empty:
            raise PydanticCustomError("zone-invalid", "No polygon", {"why": shapely.is_valid_reason(shape)})
        return self

    def shape(self) -> shapely.Polygon:
        """Return it as something that points can lie in."""
        outer, *holes = self.coordinates
        return shapely.Polygon(outer, holes)


class Hours(BaseModel):
    """Hours of days, by the clock of the county. From 22:00 to 06:00 belongs to the day on which it begins."""

    model_config = ConfigDict(extra="forbid")

    begins: ClockTime
    ends: Annotated[ClockTime, Field(description="Exclusive; 00:00 is the end of the day.")]
    weekdays: Annotated[
        tuple[Annotated[int, Field(ge=1, le=7)], ...], Field(max_length=7, description="1 is Monday; none given: all.")
    ] = ()

    @model_validator(mode="after")
    def _is_some_time(self) -> Self:
        if self.begins == self.ends != _MIDNIGHT:
            raise PydanticCustomError("zone-hours-empty", "They end when they begin")
        return self

    def include(self, local: datetime) -> bool:
        """Say whether a moment of the county's clock lies in them."""
        clock, day = local.time(), local.date()
        if self.begins < self.ends or self.ends == _MIDNIGHT:
            is_inside = self.begins <= clock and (clock < self.ends or self.ends == _MIDNIGHT)
        else:
            is_inside = clock >= self.begins or clock < self.ends
            day -= timedelta(days=clock < self.ends)
        return is_inside and (not self.weekdays or day.isoweekday() in self.weekdays)


def within(area: Polygon) -> Callable[[float, float], bool]:
    """Return what says of a longitude and a latitude whether they lie in the area, its border included."""
    shape = area.shape()
    shapely.prepare(shape)
    return lambda lon, lat: bool(shapely.intersects_xy(shape, lon, lat))
