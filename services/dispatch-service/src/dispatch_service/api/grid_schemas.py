"""A map of grids as it is given: GeoJSON (RFC 7946), and what is answered to it."""

from typing import Annotated, Any, Literal, Self

import shapely
from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError
from shapely.geometry.base import BaseGeometry

from dispatch_service.api.case_schemas import Code
from dispatch_service.domain.survey import Finding
from runtime.types import FiniteFloat, OneLine, saying_something

MOST_GRIDS = 5_000
Name = Annotated[OneLine, Field(min_length=1, max_length=100), AfterValidator(saying_something)]
Position = Annotated[list[FiniteFloat], Field(min_length=2, max_length=3)]
"""Longitude, latitude, and an altitude that is left out of account."""


def _closed(ring: list[list[float]]) -> list[list[float]]:
    if ring[0] != ring[-1]:
        raise PydanticCustomError("ring_open", "the ring is not closed")
    if any(not (-180 <= lon <= 180 and -90 <= lat <= 90) for lon, lat, *_ in ring):
        raise PydanticCustomError("ring_not_in_degrees", "not degrees of longitude and latitude")
    return ring


Ring = Annotated[list[Position], Field(min_length=4, max_length=20_000), AfterValidator(_closed)]
Rings = Annotated[list[Ring], Field(min_length=1, max_length=500)]
"""The outer one first, then holes."""


class PolygonBody(BaseModel):
    """An area in one piece."""

    type: Literal["Polygon"]
    coordinates: Rings

    def area(self) -> BaseGeometry:
        """Return it as shapely has it."""
        return _polygon(self.coordinates)


class MultiPolygonBody(BaseModel):
    """An area in several pieces."""

    type: Literal["MultiPolygon"]
    coordinates: Annotated[list[Rings], Field(min_length=1, max_length=500)]

    def area(self) -> BaseGeometry:
        """Return it as shapely has it."""
        return shapely.MultiPolygon([_polygon(rings) for rings in self.coordinates])


class GridPropertiesBody(BaseModel):
    """What a grid is besides its shape; other properties, such as a drawing program writes, are left out of account."""

    code: Code
    name: Name
    community: Code
    team: Code


class GridFeatureBody(BaseModel):
    """A grid."""

    type: Literal["Feature"]
    geometry: Annotated[PolygonBody | MultiPolygonBody, Field(discriminator="type")]
    properties: GridPropertiesBody


def wgs84(crs: dict[str, Any] | None) -> dict[str, Any] | None:
    """Return the `crs` of GeoJSON, which must be that of RFC 7946."""
    if crs is not None and not str(crs).rstrip("}'\" ").endswith(("CRS84", ":4326")):
        raise PydanticCustomError("crs_unsupported", "GeoJSON is in WGS84")
    return crs


class GridsBody(BaseModel):
    """The whole map: grids that are not in it go out of force."""

    model_config = ConfigDict(extra="ignore")

    type: Literal["FeatureCollection"]
    crs: Annotated[dict[str, Any] | None, AfterValidator(wgs84)] = None
    features: Annotated[list[GridFeatureBody], Field(max_length=MOST_GRIDS)]


class FindingView(BaseModel):
    """Something to look at: `overlap` of two grids, an enclosed `gap`, or `ring_turned` to the way that is usual."""

    kind: Literal["overlap", "gap", "ring_turned"]
    grids: list[str]
    lon: float
    lat: float
    square_metres: float | None

    @classmethod
    def of(cls, finding: Finding) -> Self:
        """Return it as it is shown."""
        lon, lat = finding.at
        grids = list(finding.grids)
        return cls(kind=finding.kind, grids=grids, lon=lon, lat=lat, square_metres=finding.square_metres)


class RedrawingView(BaseModel):
    """What the map changes: codes of grids. `version` is that of the county's data, as in the `ETag`."""

    dry_run: bool
    version: int
    created: list[str]
    changed: list[str]
    retired: list[str]
    unchanged: list[str]
    findings: list[FindingView]


def _polygon(rings: list[list[list[float]]]) -> shapely.Polygon:
    outer, *holes = [[position[:2] for position in ring] for ring in rings]
    return shapely.Polygon(outer, holes)
