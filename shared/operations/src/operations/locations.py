"""Where something is, as requests say it to any service."""

from typing import Annotated, Protocol, Self, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from contracts.coordinates import Crs, to_wgs84
from runtime.problems import register_texts
from runtime.types import FiniteFloat, is_blank

register_texts(
    {
        "half-a-point": ("经度和纬度须同时提供。", "lon and lat go together."),
        "no-place-on-earth": ("在所给坐标系中，此处不在地球上。", "In this datum, that is no place on earth."),
        "no-place": ("请提供经纬度或地址。", "Give lon and lat, or an address."),
    }
)


def _said(address: str | None) -> str | None:
    return None if address is None or is_blank(address) else address


class _Placed(Protocol):
    @property
    def lon(self) -> float | None: ...
    @property
    def lat(self) -> float | None: ...
    @property
    def crs(self) -> Crs: ...


Placed = TypeVar("Placed", bound=_Placed)


def on_earth(given: Placed) -> Placed:
    """Return a model that stands at a point; raise what pydantic reports where WGS84 has no such place.

    At the edge of what may be said, a datum of China lies beyond it.
    """
    if given.lon is not None and given.lat is not None:
        lon, lat = to_wgs84(given.lon, given.lat, given.crs)
        if abs(lon) > 180 or abs(lat) > 90:
            raise PydanticCustomError("no-place-on-earth", "no place on earth")
    return given


class LocationIn(BaseModel):
    """Where it is: `lon` and `lat` in degrees with their datum, or an `address` alone, or both.

    A blank address is none.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    lon: Annotated[FiniteFloat, Field(ge=-180, le=180)] | None = None
    lat: Annotated[FiniteFloat, Field(ge=-90, le=90)] | None = None
    crs: Crs = "WGS84"
    address: Annotated[Annotated[str, Field(min_length=1, max_length=500)] | None, AfterValidator(_said)] = None

    _on_earth = model_validator(mode="after")(on_earth)

    @model_validator(mode="after")
    def _somewhere(self) -> Self:
        if (self.lon is None) != (self.lat is None):
            raise PydanticCustomError("half-a-point", "lon and lat go together")
        if self.lon is None and self.address is None:
            raise PydanticCustomError("no-place", "Give lon and lat, or an address")
        return self

    def wgs84(self) -> tuple[float, float] | None:
        """Return lon and lat in WGS84 degrees; None where only an address is given."""
        if self.lon is None or self.lat is None:
            return None
        return to_wgs84(self.lon, self.lat, self.crs)
