"""Where something is, as requests say it to any service."""

from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from contracts.coordinates import Crs, to_wgs84
from runtime.problems import register_texts
from runtime.types import FiniteFloat, is_blank

register_texts(
    {
        "half-a-point": ("经度和纬度须同时提供。", "lon and lat go together."),
        "no-place": ("请提供经纬度或地址。", "Give lon and lat, or an address."),
    }
)


def _said(address: str | None) -> str | None:
    return None if address is None or is_blank(address) else address


class LocationIn(BaseModel):
    """Where it is: `lon` and `lat` in degrees with their datum, or an `address` alone, or both.

    A blank address is none.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    lon: Annotated[FiniteFloat, Field(ge=-180, le=180)] | None = None
    lat: Annotated[FiniteFloat, Field(ge=-90, le=90)] | None = None
    crs: Crs = "WGS84"
    address: Annotated[Annotated[str, Field(min_length=1, max_length=500)] | None, AfterValidator(_said)] = None

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
