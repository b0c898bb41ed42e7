"""Shifts, duties and what is asked about them, as JSON."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from contracts.clock_time import ClockTime
from dispatch_service.api.case_schemas import Code
from dispatch_service.api.grid_schemas import Name
from dispatch_service.api.written import Text
from dispatch_service.domain.attendance import NEAR_METRES, Presence, minutes_early, minutes_late
from dispatch_service.domain.roster import Place
from dispatch_service.domain.roster_template import Why, expand_week
from dispatch_service.service.duty_planning import MOST_DUTIES, LeftOut

Subject = Annotated[str, Field(min_length=1, max_length=200)]
Weekday = Annotated[int, Field(strict=True, ge=1, le=7)]
RosterDay = Annotated[date, Field(ge=date(2000, 1, 1), le=date(2100, 12, 31))]
"""A day in the years of which there are calendars."""


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ShiftBody(_Body):
    """When a shift 班次 begins and ends on the clock of the county; an end that is not later is on the next day."""

    name: Name
    begins: ClockTime
    ends: ClockTime


class ShiftView(ShiftBody):
    """A shift."""

    model_config = ConfigDict(extra="ignore")

    name: str
    code: str
    generated: bool


class PlaceBody(_Body):
    """Who works which shift, at which post where there is one."""

    shift: Code
    subject: Subject
    post: Code | None = None

    def place(self) -> Place:
        """Return it as rosters have it."""
        return Place(self.shift, self.subject, self.post)


class DayPlaceBody(PlaceBody):
    """A place on one day."""

    day: date


class WeekPlaceBody(PlaceBody):
    """A place on a weekday, of every week; Monday is 1."""

    weekday: Weekday


class DaysBody(_Body):
    """What a planner says of single days."""

    days_off: Annotated[list[date], Field(max_length=366, description="Days on which the week does not apply.")] = []
    as_weekday: Annotated[
        dict[date, Weekday], Field(max_length=366, description="Days worked as another weekday, 调休.")
    ] = {}


class RosterBody(DaysBody):
    """The duties of a team in a period: a week that repeats, single duties, or both."""

    week: Annotated[list[WeekPlaceBody], Field(max_length=1_000)] = []
    duties: Annotated[list[DayPlaceBody], Field(max_length=MOST_DUTIES)] = []

    def by_day(self, first: date, last: date) -> Iterator[tuple[date, Place]]:
        """Yield the places that the week has from `first` to `last`, each with its day."""
        week: dict[int, list[Place]] = {}
        for each in self.week:
            week.setdefault(each.weekday, []).append(each.place())
        return expand_week(week, first, last, days_off=frozenset(self.days_off), as_weekday=self.as_weekday)


class PlannedPlace(BaseModel):
    """A place on a day."""

    day: date
    shift: str
    subject: str
    post: str | None


class LeftOutView(PlannedPlace):
    """A place that the week has and nobody is planned for: what the day is, or `leave` 请假."""

    reason: Why | Literal["leave"]

    @classmethod
    def of(cls, left_out: LeftOut) -> Self:
        """Return the view of it."""
        return cls(day=left_out.day, reason=left_out.reason, **facts_of(left_out.place))


class PlannedView(BaseModel):
    """How many duties are planned now, how many are over and stay, and what of the week is not planned, for leave."""

    duties: int
    over: int
    left_out: list[LeftOutView]


class AttendanceView(BaseModel):
    """When and where somebody clocked in or out; `on_the_spot` means within 500 m of the post or the grid."""

    at: datetime
    metres: Annotated[int, Field(description="From the post or, where there is none, from the team's grid.")]
    on_the_spot: bool
    minutes: Annotated[int, Field(description="Late for clocking in, early for clocking out; 0 is in time.")]


class DutyView(BaseModel):
    """Somebody's duty. On leave nobody does it, unless it was handed over."""

    id: UUID
    day: date
    shift: str
    team: str
    post: str | None
    subject: str
    begins_at: datetime
    ends_at: datetime
    state: Literal["planned", "leave"]
    clocked_in: AttendanceView | None
    clocked_out: AttendanceView | None

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Self:
        """Return the view of a row of the duty table."""
        came, left = row["clocked_in_at"], row["clocked_out_at"]
        late = None if came is None else minutes_late(row["begins_at"], came)
        early = None if left is None else minutes_early(row["ends_at"], left)
        attendance = {
            "clocked_in": _attendance(came, row["clocked_in_metres"], late),
            "clocked_out": _attendance(left, row["clocked_out_metres"], early),
        }
        return cls.model_validate({**row, **attendance})


class OnDutyView(DutyView):
    """A duty that goes on at a moment, and whether the officer had come by then."""

    presence: Presence


class RequestBody(_Body):
    """What an officer asks: leave 请假, that somebody takes over 替班, or a swap 换班 with another duty."""

    kind: Literal["leave", "handover", "swap"]
    to: Subject | None = None
    other_duty: UUID | None = None
    reason: Text

    @model_validator(mode="after")
    def _has_what_its_kind_needs(self) -> Self:
        needed = {"leave": (False, False), "handover": (True, False), "swap": (False, True)}[self.kind]
        if (self.to is not None, self.other_duty is not None) != needed:
            raise PydanticCustomError("duty_request_parts", "the kind and the parts do not fit")
        return self


class DecisionBody(_Body):
    """What a dispatcher decides."""

    approved: Annotated[bool, Field(strict=True)]
    note: Text | None = None


RequestState = Literal["pending", "approved", "refused", "dropped"]
"""Dropped: the roster was planned anew, without the duty."""


class RequestView(BaseModel):
    """What was asked about a duty, and what became of it; the duty of what was `dropped` is no more."""

    model_config = ConfigDict(populate_by_name=True)

    id: UUID
    duty: UUID
    kind: Literal["leave", "handover", "swap"]
    to: Annotated[str | None, Field(alias="to_subject", serialization_alias="to")]
    other_duty: UUID | None
    reason: str
    asked_by: str
    asked_at: datetime
    state: RequestState
    decided_by: str | None
    decided_at: datetime | None
    note: Annotated[str | None, Field(description="Of whoever has decided; why, where it was dropped.")]


def facts_of(place: Place) -> Mapping[str, Any]:
    """Return what a place says besides its day."""
    return {"shift": place.shift, "subject": place.subject, "post": place.post}


def _attendance(at: datetime | None, metres: int | None, minutes: int | None) -> dict[str, Any] | None:
    if at is None or metres is None:
        return None
    return {"at": at, "metres": metres, "on_the_spot": metres <= NEAR_METRES, "minutes": minutes}
