"""The overview as JSON."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Self, get_args
from uuid import UUID

from pydantic import BaseModel, Field

from contracts.events import Satisfaction
from contracts.lifecycle import EventType, Status
from ledger_service.api.hotspot_schemas import CentreView
from ledger_service.api.schemas import LabelView
from ledger_service.domain.hotspots import Trend
from ledger_service.domain.labels import EVENT_LABELS
from ledger_service.domain.lights import LIGHTS, OPEN
from ledger_service.domain.overview import MEASURES, Figures, Measure, TeamOnDuty
from ledger_service.persistence.directory import Kind, Named
from ledger_service.persistence.stories import Row

Names = Mapping[tuple[Kind, str], Named]
_NO_LIGHT = "none"
_STATUSES = tuple(status for status in Status if status in OPEN)
_SATISFACTIONS: tuple[Satisfaction, ...] = get_args(Satisfaction)


class NamedCode(BaseModel):
    """A code and what it is called; null: dispatch has not told yet."""

    code: str
    name: str | None

    @classmethod
    def of(cls, kind: Kind, code: str | None, names: Names) -> Self | None:
        """Return a code with its name; None for none."""
        if code is None:
            return None
        known = names.get((kind, code))
        return cls(code=code, name=known.name if known else None)


class OpenView(BaseModel):
    """Cases that are neither closed nor ended otherwise."""

    total: int
    by_status: dict[Status, int]
    lights: Annotated[dict[str, int], Field(description="green, yellow, red; none: no time is promised yet.")]
    overdue: Annotated[int, Field(description="Still to be resolved, and beyond the promised time.")]


class DutyView(BaseModel):
    """Duties that go on by the roster, and how many of these officers have clocked in and not out."""

    planned: int
    on_duty: int


class TeamDutyView(DutyView):
    """Who is on duty of a team, as dispatch told at that moment."""

    team: str
    name: str | None
    at: datetime
    until: Annotated[datetime | None, Field(description="When its roster changes that next, within a day.")]

    @classmethod
    def of(cls, duty: TeamOnDuty) -> Self:
        """Return it as it is shown."""
        return cls.model_validate(duty._asdict())


class CommunityFigures(BaseModel):
    """How a community stands. What happened today counts where the complaint is now."""

    community: NamedCode
    flow: Annotated[dict[Measure, int], Field(description="Today, each time it happened.")]
    open: OpenView
    satisfaction: Annotated[dict[Satisfaction, int], Field(description="The last word of each reporter today.")]
    duty: DutyView


class HourView(BaseModel):
    """What happened in an hour of the day, counted from midnight."""

    hour: int
    flow: dict[Measure, int]


class HotspotLine(BaseModel):
    """A live hot spot; `GET /hotspots/{id}` tells more."""

    id: UUID
    category: str
    community: NamedCode | None
    grid: str | None
    centre: CentreView
    radius_metres: int
    count: int
    expected: float
    score: float
    trend: Trend

    @classmethod
    def of(cls, row: Row, names: Names) -> Self:
        """Return a hot spot as `persistence.overview` reads it."""
        community = NamedCode.of("community", row["community"], names)
        return cls.model_validate({**row, "community": community, "centre": CentreView(lon=row["lon"], lat=row["lat"])})


class LatestLine(BaseModel):
    """An entry and what its complaint is about, without what people wrote."""

    position: int
    complaint_id: UUID
    number: str
    type: EventType
    label: LabelView
    at: datetime
    to_status: Annotated[Status, Field(serialization_alias="to")]
    category: str | None
    source: str
    community: NamedCode | None
    grid: str | None
    team: NamedCode | None

    @classmethod
    def of(cls, row: Row, names: Names) -> Self:
        """Return an entry as `persistence.overview` reads it."""
        return cls.model_validate(
            {
                **row,
                "label": EVENT_LABELS[EventType(row["type"])]._asdict(),
                "community": NamedCode.of("community", row["community"], names),
                "team": NamedCode.of("team", row["team"], names),
            }
        )


class OverviewView(BaseModel):
    """What a wall screen needs of a county, or of one of its communities, at a moment."""

    as_of: datetime
    timezone: str
    day: Annotated[date, Field(description="Today, in that time zone.")]
    community: NamedCode | None
    flow: dict[Measure, int]
    by_hour: list[HourView]
    open: OpenView
    satisfaction: dict[Satisfaction, int]
    duty: DutyView
    teams: list[TeamDutyView]
    hotspots: list[HotspotLine]
    latest: list[LatestLine]
    communities: Annotated[list[CommunityFigures], Field(description="All of the county, or the one asked for.")]


def flow_view(flow: Mapping[Measure, int]) -> dict[Measure, int]:
    """Return all measures in their order."""
    return {measure: flow.get(measure, 0) for measure in MEASURES}


def open_view(figures: Figures) -> OpenView:
    """Return how many cases are open."""
    lights: dict[str, int] = {light: figures.lights[light] for light in LIGHTS}
    return OpenView(
        total=figures.statuses.total(),
        by_status={status: figures.statuses[status] for status in _STATUSES},
        lights={**lights, _NO_LIGHT: figures.lights[None]},
        overdue=figures.overdue,
    )


def satisfaction_view(figures: Figures) -> dict[Satisfaction, int]:
    """Return what reporters said."""
    return {each: figures.words[each] for each in _SATISFACTIONS}


def duty_view(figures: Figures) -> DutyView:
    """Return how many are on duty."""
    return DutyView(planned=figures.planned, on_duty=figures.on_duty)
