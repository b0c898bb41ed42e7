"""Patrol plans as JSON."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from contracts.coordinates import Crs, to_wgs84
from dispatch_service.api.case_schemas import Code
from dispatch_service.api.clock_schemas import Day
from dispatch_service.api.grid_schemas import Name
from dispatch_service.api.roster_schemas import Subject, Weekday
from dispatch_service.domain.patrol import MOST_POINTS, Evidence, PatrolKind
from operations.locations import on_earth
from runtime.types import FiniteFloat, saying_something

Flag = Annotated[bool, Field(strict=True)]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class PointBody(_Body):
    """A place to visit: a post, or a point of the map with a name. Do not name residents in it."""

    key: Annotated[Code | None, Field(description="What visits call it; the number of the point, by default.")] = None
    post: Code | None = None
    name: Annotated[Name | None, Field(description="Needed without a post.")] = None
    lon: Annotated[FiniteFloat, Field(ge=-180, le=180)] | None = None
    lat: Annotated[FiniteFloat, Field(ge=-90, le=90)] | None = None
    crs: Crs = "WGS84"
    radius: Annotated[int, Field(strict=True, ge=10, le=5_000, description="Metres; a visit beyond is `far`.")] = 100
    look_at: Annotated[str, Field(min_length=1, max_length=500), AfterValidator(saying_something)] | None = None
    evidence: Annotated[
        list[Evidence], Field(max_length=3, description="What a visit has to bring; without it, it is refused.")
    ] = [Evidence.POSITION]
    required: Annotated[Flag, Field(description="Whether a completion that leaves it out needs a reason.")] = True

    _on_earth = model_validator(mode="after")(on_earth)

    @model_validator(mode="after")
    def _is_one_place(self) -> Self:
        on_the_map = (self.lon is not None, self.lat is not None, self.name is not None)
        is_post = self.post is not None and not any(on_the_map[:2])
        if not is_post and not (self.post is None and all(on_the_map)):
            raise PydanticCustomError("point_place", "neither a post nor a point of the map")
        return self

    def row(self) -> dict[str, Any]:
        """Return it as it is stored, in WGS84; a post's place is not known here."""
        lon, lat = self.lon, self.lat
        if lon is not None and lat is not None:
            lon, lat = to_wgs84(lon, lat, self.crs)
        return {**self.model_dump(mode="json", exclude={"crs"}), "lon": lon, "lat": lat}


Points = Annotated[list[PointBody], Field(max_length=MOST_POINTS)]
Officers = Annotated[
    list[Subject], Field(max_length=20, description="Members of the team; empty: whoever of the team starts it.")
]


class RecurrenceBody(_Body):
    """On which days: one of `weekdays`, `every_days` and `dates`, or every day."""

    weekdays: Annotated[list[Weekday], Field(max_length=7, description="Monday is 1.")] = []
    every_days: Annotated[int | None, Field(strict=True, ge=1, le=366, description="Counted from `first_day`.")] = None
    dates: Annotated[list[Day], Field(max_length=366)] = []
    working_days_only: Annotated[Flag, Field(description="By the tenant's calendar.")] = False

    @model_validator(mode="after")
    def _has_one_rule(self) -> Self:
        if sum(map(bool, (self.weekdays, self.every_days, self.dates))) > 1:
            raise PydanticCustomError("recurrence_rules", "more than one rule")
        return self

    def row(self) -> dict[str, Any]:
        """Return it as it is stored."""
        return {**self.model_dump(mode="json"), "every_days": self.every_days or 1}


class RecurrenceView(RecurrenceBody):
    """On which days."""

    model_config = ConfigDict(extra="ignore")


class PlanBody(_Body):
    """A plan as a whole 巡查计划: what kind, whose, when, where to."""

    name: Name
    kind: PatrolKind
    team: Code
    grid: Code | None = None
    officers: Officers = []
    shift: Annotated[Code, Field(description="Its hours are the window of each patrol.")]
    first_day: Day
    last_day: Annotated[Day | None, Field(description="Included; null is without end.")] = None
    recurrence: RecurrenceBody = RecurrenceBody()
    points: Annotated[Points, Field(min_length=1)]

    def row(self) -> dict[str, Any]:
        """Return it as it is stored."""
        points = [point.row() for point in self.points]
        return {**self.model_dump(), "kind": self.kind.value, "recurrence": self.recurrence.row(), "points": points}


class PointView(BaseModel):
    """A place to visit; WGS84 degrees, metres."""

    key: str
    post: str | None
    name: str
    lon: float
    lat: float
    radius: int
    look_at: str | None
    evidence: list[Evidence]
    required: bool


class PlanView(BaseModel):
    """A plan. `version` is the number in the `ETag`; patrols are made up to `made_until`."""

    id: UUID
    version: int
    name: str
    kind: PatrolKind
    team: str
    grid: str | None
    community: str | None
    officers: list[str]
    shift: str
    first_day: date
    last_day: date | None
    recurrence: RecurrenceView
    points: list[PointView]
    made_until: date
    changed_at: datetime
    changed_by: str
    ended_at: datetime | None
    generated: bool

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Self:
        """Return the view of a row of the plan table."""
        rules = dict(row["recurrence"])
        if rules["weekdays"] or rules["dates"]:
            rules["every_days"] = None
        return cls.model_validate({**row, "recurrence": rules})
