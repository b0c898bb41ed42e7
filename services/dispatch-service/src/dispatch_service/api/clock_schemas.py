"""Limits, calendars and office hours as JSON."""

import re
from datetime import date, datetime
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from dispatch_service.api.setting_schemas import SettingView
from dispatch_service.domain.limits import Grade, Stage, Unit
from runtime.types import Integer

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_CLOCK = r"^([01][0-9]|2[0-3]):[0-5][0-9]$"
LONGEST = 2000


def _day(value: object) -> date:
    """Refuse whatever pydantic would take for a date besides 2026-10-01."""
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    if isinstance(value, str) and _DAY.fullmatch(value):
        try:
            return date.fromisoformat(value)
        except ValueError as error:
            raise PydanticCustomError("date_parsing", "no such date") from error
    raise PydanticCustomError("date_type", "not a date")


Day = Annotated[date, BeforeValidator(_day)]
CategoryCode = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[^.\s]+(\.[^.\s]+)*$")]
ClockTime = Annotated[str, Field(pattern=_CLOCK)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", populate_by_name=True)


class LimitLine(_Strict):
    """How long a stage may take; no category or grade stands for all of them.

    `return`, `accept` and `on_site` count from the assignment to the team, `resolve` from the first assignment.
    """

    category: CategoryCode | None = None
    grade: Grade | None = None
    stage: Stage
    amount: Annotated[Integer, Field(ge=1, le=LONGEST)]
    unit: Unit


class Length(_Strict):
    """An amount of time; a year is the most that is given at once, whatever the unit."""

    amount: Annotated[Integer, Field(ge=1, le=366)]
    unit: Unit


class LimitsBody(_Strict):
    """All limits of a tenant. For each stage but `return` there must be one for all categories and grades."""

    limits: Annotated[list[LimitLine], Field(min_length=3, max_length=2000)]


class LimitsView(SettingView):
    """The limits in force; `shipped` says that the tenant has set none of its own."""

    limits: list[LimitLine]
    of_categories: list[LimitLine]


class OfficeSpan(_Strict):
    """From and to in the time of Asia/Shanghai; `to` 00:00 is the end of the day."""

    opens: ClockTime = Field(alias="from")
    closes: ClockTime = Field(alias="to")


class OfficeHoursBody(_Strict):
    """The office hours of every working day, in order and apart."""

    spans: Annotated[list[OfficeSpan], Field(min_length=1, max_length=6)]


class OfficeHoursView(SettingView):
    """The office hours in force; `shipped` says that the tenant has set none of its own."""

    spans: list[OfficeSpan]


class OwnDay(_Strict):
    """A day of which the tenant says itself whether it is worked."""

    date: Day
    working: Annotated[bool, Field(strict=True)]
    name: Annotated[str | None, Field(min_length=1, max_length=100)] = None


class CalendarBody(_Strict):
    """All of a tenant's own days of a year; they go before the public holidays."""

    days: Annotated[list[OwnDay], Field(max_length=366)]


class CalendarDay(BaseModel):
    """A day that is not as its day of the week would have it, or that the tenant has named."""

    date: date
    working: bool
    name: str | None
    own: bool


class CalendarView(BaseModel):
    """A year. Where `holidays_known` is false, Monday to Friday are worked, but for the tenant's own days."""

    year: int
    holidays_known: bool
    working_days: int
    changed_at: datetime | None
    changed_by: str | None
    days: list[CalendarDay]
