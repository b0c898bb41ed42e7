"""Communities, teams, posts and components as they are given."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from contracts.coordinates import Crs, to_wgs84
from dispatch_service.api.case_schemas import Code
from dispatch_service.api.grid_schemas import Name
from dispatch_service.api.reference_schemas import ComponentState, MemberRole, PostKind
from dispatch_service.domain.opening_hours import OpeningHoursInvalid, opening_hours
from operations.locations import on_earth
from runtime.types import FiniteFloat, OneLine

CODE_PATTERN = r"^[a-z0-9][a-z0-9._-]{0,63}$"


def _in_one_cell(subject: str) -> str:
    if ";" in subject or "；" in subject:
        raise PydanticCustomError("separator_in_subject", "a semicolon in a subject")
    return subject


Subject = Annotated[OneLine, Field(min_length=1, max_length=200), AfterValidator(_in_one_cell)]
"""Of an officer's token; without the semicolon that stands between officers in a cell of a file."""


def _hours(text: str) -> str | None:
    if not text.strip():
        return None
    try:
        return opening_hours(text).text
    except OpeningHoursInvalid as error:
        raise PydanticCustomError("hours_invalid", "no opening hours") from error


HoursText = Annotated[
    str,
    Field(max_length=200, description="Such as `Mo-Fr 08:00-12:00,14:00-18:00; PH off`; empty: always open."),
    AfterValidator(_hours),
]
"""Opening hours 开放时间."""


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class CommunityBody(_Body):
    """A community 社区 and the sub-district 街道 that it belongs to."""

    name: Name
    sub_district: Name


class MemberBody(_Body):
    """A member by the subject of their token, and their part in the team "1+2+2"."""

    subject: Subject
    role: MemberRole


def _each_once(members: list[MemberBody]) -> list[MemberBody]:
    if len({member.subject for member in members}) < len(members):
        raise PydanticCustomError("member_twice", "somebody is a member twice")
    return members


class TeamBody(_Body):
    """A unit with all of its members; `community` is null where it works everywhere."""

    name: Name
    community: Code | None = None
    members: Annotated[list[MemberBody], Field(max_length=500), AfterValidator(_each_once)]


class PlacedBody(_Body):
    """What stands at a point, in the datum of the caller's map."""

    lon: Annotated[FiniteFloat, Field(ge=-180, le=180)]
    lat: Annotated[FiniteFloat, Field(ge=-90, le=90)]
    crs: Crs = "WGS84"

    _on_earth = model_validator(mode="after")(on_earth)

    def row(self) -> dict[str, object]:
        """Return it as it is stored, in WGS84."""
        lon, lat = to_wgs84(self.lon, self.lat, self.crs)
        return {**self.model_dump(exclude={"crs"}), "lon": lon, "lat": lat}


class PostBody(PlacedBody):
    """A key post, a station, a kiosk or a guide point."""

    name: Name
    kind: PostKind
    community: Code
    grid: Code | None = None
    hours: HoursText | None = None


class ComponentBody(PlacedBody):
    """A component 部件: its class by code and names, the department that owns it 权属单位, and its state."""

    class_code: Annotated[str, Field(pattern=CODE_PATTERN, examples=["0103"])]
    class_zh: Name
    class_en: Name | None = None
    owner: Code | None = None
    state: ComponentState = "in_use"
