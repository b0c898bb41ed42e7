"""What all payloads are made of: strict for producers, tolerant for consumers (unknown fields are ignored)."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Longitude = Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)]
Latitude = Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False)]


class Payload(BaseModel):
    """The JSON value of an event."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Place(Payload):
    """Where: WGS84 degrees, or an address alone."""

    lon: Longitude | None = None
    lat: Latitude | None = None
    address: str | None = None


RequestKind = Literal["complaint", "inquiry", "help", "report", "suggestion"]
"""What the reporter wants: 投诉, 咨询, 求助, 举报 (of somebody's wrong), 建议."""

HandlingMode = Literal[
    "guidance", "on_site_rectification", "rectification_within_limit", "verbal_education", "case_filed"
]
