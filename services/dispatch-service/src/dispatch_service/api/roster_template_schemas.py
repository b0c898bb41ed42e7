"""Templates of rosters, and what one makes of a period, as JSON."""

from datetime import date, datetime
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from dispatch_service.api.case_schemas import Code
from dispatch_service.api.grid_schemas import Name
from dispatch_service.api.roster_problems import code_of
from dispatch_service.api.roster_schemas import LeftOutView, PlannedPlace, RosterDay, WeekPlaceBody, facts_of
from dispatch_service.domain.roster_errors import InTwoPlaces
from dispatch_service.domain.roster_template import MOST_WEEKS, OnHoliday, OnMakeUpWorkday, TemplateDay, Why
from dispatch_service.service.applying_templates import Application
from dispatch_service.service.holidays import is_known
from dispatch_service.service.replanning import Flaw

Week = Annotated[list[WeekPlaceBody], Field(max_length=500)]


class TemplateBody(BaseModel):
    """A template as a whole 排班模板: who of a team works which shift on which weekday, and what a holiday does to it.

    Several weeks are worked in turn 轮班, the first of them in the week of `turns_from` (of today, if it is not given).
    `holiday` 节假日: nobody works, the places of Sunday do, or all is as usual. `make_up_workday` 调休上班: a Saturday
    or Sunday that is worked goes as the weekday that it stands for (Monday, where no notice says), as Monday, or as
    usual.
    """

    model_config = ConfigDict(extra="forbid")

    name: Name
    team: Code
    weeks: Annotated[list[Week], Field(min_length=1, max_length=MOST_WEEKS)]
    turns_from: RosterDay | None = None
    holiday: OnHoliday = OnHoliday.SKIP
    make_up_workday: OnMakeUpWorkday = OnMakeUpWorkday.AS_REPLACED

    def row(self, today: date) -> dict[str, Any]:
        """Return it as it is stored."""
        return {
            "name": self.name,
            "team": self.team,
            "weeks": [[place.model_dump() for place in week] for week in self.weeks],
            "turns_from": self.turns_from or today,
            "holiday": self.holiday.value,
            "make_up_workday": self.make_up_workday.value,
        }


class TemplateView(BaseModel):
    """A template. `version` is the number in the `ETag`."""

    id: UUID
    version: int
    name: str
    team: str
    weeks: list[list[WeekPlaceBody]]
    turns_from: date
    holiday: OnHoliday
    make_up_workday: OnMakeUpWorkday
    changed_at: datetime
    changed_by: str


class ConflictView(PlannedPlace):
    """What keeps the template from being applied; `begins` and `ends` are those of the duty that is there."""

    code: str
    begins: datetime | None
    ends: datetime | None

    @classmethod
    def of(cls, conflict: Flaw) -> Self:
        """Return the view of it."""
        reason = conflict.reason
        taken = reason if isinstance(reason, InTwoPlaces) else None
        return cls(
            day=conflict.day,
            code=code_of(reason),
            begins=taken and taken.begins,
            ends=taken and taken.ends,
            **facts_of(conflict.place),
        )


class SpecialDay(BaseModel):
    """A day that is not worked as its own weekday is, or need not be: why, as which it is worked (null: by nobody)."""

    day: date
    why: Why
    worked_as: int | None
    duties: Annotated[int, Field(description="That the week has for it, leave and conflicts left out of account.")]

    @classmethod
    def of(cls, day: TemplateDay, why: Why) -> Self:
        """Return the view of it."""
        return cls(day=day.day, why=why, worked_as=day.worked_as, duties=len(day.places))


class ApplicationView(BaseModel):
    """What a template makes of a period. With conflicts, nothing is planned."""

    dry_run: bool
    template_version: int
    team: str
    duties: Annotated[int, Field(description="That are planned, or would be.")]
    replaced: Annotated[int, Field(description="That were planned before and go; leave stays, and what is the same.")]
    over: Annotated[int, Field(description="That are over, and stay as they are.")]
    holidays_known: Annotated[bool, Field(description="False where no notice for a year of the period is known.")]
    days: list[SpecialDay]
    left_out: list[LeftOutView]
    conflicts: list[ConflictView]

    @classmethod
    def of(cls, applied: Application, *, dry_run: bool) -> Self:
        """Return the view of it."""
        return cls(
            dry_run=dry_run,
            template_version=applied.template["version"],
            team=applied.template["team"],
            duties=applied.duties,
            replaced=applied.replaced,
            over=applied.over,
            holidays_known=all(map(is_known, {each.day.year for each in applied.days})),
            days=[SpecialDay.of(each, each.why) for each in applied.days if each.why],
            left_out=[LeftOutView.of(each) for each in applied.left_out],
            conflicts=[ConflictView.of(each) for each in applied.conflicts],
        )
