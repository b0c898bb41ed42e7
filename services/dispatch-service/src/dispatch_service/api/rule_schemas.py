"""Routing rules as JSON, which is also how they are stored."""

from typing import Annotated, Any, Literal, Self

import shapely
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StrictBool, model_validator
from pydantic_core import PydanticCustomError

from contracts.coordinates import Crs, to_wgs84
from dispatch_service.api.case_schemas import Code
from dispatch_service.api.clock_schemas import ClockTime
from dispatch_service.api.grid_schemas import MultiPolygonBody, Name, PolygonBody
from dispatch_service.api.written import Text
from dispatch_service.domain.limits import Grade
from operations.locations import on_earth
from runtime.types import FiniteFloat, Integer

MOST_RULES = 1_000


def _dotted(code: str) -> str:
    if any(not level or level.split() != [level] for level in code.split(".")):
        raise PydanticCustomError("category-form-invalid", "not a category")
    return code


def _speaking(word: str) -> str:
    if not word.strip():
        raise PydanticCustomError("word-blank", "a blank word")
    return word


Category = Annotated[str, Field(min_length=1, max_length=64), AfterValidator(_dotted)]
RuleCode = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$")]
Codes = Annotated[list[Code], Field(max_length=200)]
Value = StrictBool | FiniteFloat | Annotated[str, Field(max_length=1000)]
Word = Annotated[str, Field(min_length=1, max_length=100), AfterValidator(_speaking)]
Share = Annotated[FiniteFloat, Field(ge=0, le=1)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class RuleName(_Strict):
    """What people read."""

    zh: str
    en: str


class RuleNameBody(RuleName):
    """What people read."""

    zh: Name
    en: Name


class CircleBody(_Strict):
    """All points within `metres` of one, in the datum of the map that it was drawn on; kept in WGS84."""

    lon: Annotated[FiniteFloat, Field(ge=-180, le=180)]
    lat: Annotated[FiniteFloat, Field(ge=-90, le=90)]
    crs: Crs = "WGS84"
    metres: Annotated[FiniteFloat, Field(gt=0, le=50_000)]

    _on_earth = model_validator(mode="after")(on_earth)

    def row(self) -> dict[str, object]:
        """Return it as it is stored."""
        lon, lat = to_wgs84(self.lon, self.lat, self.crs)
        return {"lon": lon, "lat": lat, "metres": self.metres}


class TimeWindowBody(_Strict):
    """When a complaint is received, on the clock of the county.

    `ends` is exclusive; not later than `begins`, it is on the next day, and the weekday is that of the begin.
    `holiday` is a day off that has a name or is the tenant's own, `off` any day that is not worked.
    """

    weekdays: Annotated[list[Annotated[Integer, Field(ge=1, le=7)]], Field(max_length=7)] = []
    days: Literal["working", "off", "holiday"] | None = None
    begins: ClockTime | None = None
    ends: ClockTime | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if (self.begins is None) != (self.ends is None):
            raise PydanticCustomError("half-a-window", "begins and ends go together")
        if not self.weekdays and self.days is None and self.begins is None:
            raise PydanticCustomError("window-says-nothing", "a window without conditions")
        return self


class AttributeBody(_Strict):
    """What an attribute has to be: there or not, one of some values, a number in a range; all that is asked for."""

    name: Annotated[str, Field(min_length=1, max_length=100)]
    exists: StrictBool | None = None
    among: Annotated[list[Value], Field(max_length=50)] = []
    at_least: FiniteFloat | None = None
    at_most: FiniteFloat | None = None

    @model_validator(mode="after")
    def _asks_something(self) -> Self:
        if self.exists is None and not self.among and self.at_least is None and self.at_most is None:
            raise PydanticCustomError("test-asks-nothing", "a test without conditions")
        return self


class IntervalBody(_Strict):
    """From one number to another, both included."""

    at_least: Share | None = None
    at_most: Share | None = None

    @model_validator(mode="after")
    def _asks_something(self) -> Self:
        if self.at_least is None and self.at_most is None:
            raise PydanticCustomError("test-asks-nothing", "a test without conditions")
        return self


class WhenBody(_Strict):
    """A rule fits where every field that is given does. Of several values one is enough, of attributes all are needed.

    A category stands for those below it. `areas` (GeoJSON) and `circles` are one field: a point lies in one of them.
    `confidence` is that of the model, where it has named the category. `words` are looked for in the description.
    """

    categories: Annotated[list[Category], Field(max_length=200)] = []
    sources: Codes = []
    proactive: StrictBool | None = None
    communities: Codes = []
    grids: Codes = []
    areas: Annotated[
        list[Annotated[PolygonBody | MultiPolygonBody, Field(discriminator="type")]], Field(max_length=20)
    ] = []
    circles: Annotated[list[CircleBody], Field(max_length=50)] = []
    times: Annotated[list[TimeWindowBody], Field(max_length=20)] = []
    attributes: Annotated[list[AttributeBody], Field(max_length=20)] = []
    confidence: IntervalBody | None = None
    words: Annotated[list[Word], Field(max_length=50)] = []


class ThenBody(_Strict):
    """What a rule does: who leads 主办 (null: the grid's team), who helps 协办, how urgent it is, which skill it takes.

    With `stop` (the default) no later rule is asked. What an earlier rule has set stays; supporting teams add up.
    """

    team: Code | None = None
    supporting: Annotated[list[Code], Field(max_length=20)] = []
    grid_supports: StrictBool = False
    grade: Grade | None = None
    skill: Code | None = None
    stop: StrictBool = True


class RuleView(_Strict):
    """One rule, as it was put. A disabled one is kept and left out."""

    code: RuleCode
    name: RuleName
    enabled: StrictBool = True
    when: WhenBody = WhenBody()
    then: ThenBody


class RuleBody(RuleView):
    """One rule. A disabled one is kept and left out."""

    name: RuleNameBody

    def row(self) -> dict[str, Any]:
        """Return it as it is stored: shapes in WGS84 and in two dimensions."""
        row = self.model_dump(mode="json")
        row["when"]["areas"] = [shapely.geometry.mapping(area.area()) for area in self.when.areas]
        row["when"]["circles"] = [circle.row() for circle in self.when.circles]
        return row


Rules = Annotated[list[RuleBody], Field(max_length=MOST_RULES)]


class RulesBody(_Strict):
    """All rules of a tenant, in order: the first that fits wins."""

    rules: Rules


class PublicationBody(_Strict):
    """Why the rules change."""

    note: Text | None = None
