"""The query parameters of statistics."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from fastapi import Depends, Query, Request
from pydantic import BeforeValidator
from pydantic_core import PydanticCustomError

from ledger_service.api.parameters import Category, Day
from ledger_service.domain.cubes import BROKEN_DOWN_BY, WITH_WORK, Dimension, Grain, Period
from ledger_service.domain.indicators import INDICATORS, Indicator
from ledger_service.domain.ranking import SCORE
from ledger_service.service.figures import Wanted
from operations.filters import Code
from operations.periods import check_days
from operations.preferences import is_preferred
from operations.problems import invalid, refused
from runtime import clock

MOST_DAYS = 5 * 366
MOST_DAYS_BY_DAY = 366
MOST_LINES = 1_000
NO_DIMENSION = "none"
STEPS = {"day": Grain.DAY, "month": Grain.MONTH, "year": Grain.YEAR}
_BY = (*BROKEN_DOWN_BY, "month", "day", NO_DIMENSION)


def _known(kind: str, names: Sequence[str]) -> BeforeValidator:
    def check(given: object) -> str:
        if str(given) not in names:
            raise PydanticCustomError(f"{kind}-unknown", "not known", {"known": ", ".join(names)})
        return str(given)

    return BeforeValidator(check)


By = Annotated[str, _known("dimension", _BY)]
DimensionName = Annotated[str, _known("dimension", BROKEN_DOWN_BY)]
IndicatorCode = Annotated[str, _known("indicator", tuple(INDICATORS))]
RankedBy = Annotated[str, _known("indicator", (SCORE, *INDICATORS))]
Indicators = Annotated[
    list[IndicatorCode] | None,
    Query(alias="indicator", max_length=len(INDICATORS), description="May be repeated; all, unless given."),
]
Compare = Annotated[
    list[Literal["month", "year"]] | None,
    Query(max_length=2, description="`month` 环比: the period before; `year` 同比: a year earlier. May be repeated."),
]
Form = Literal["json", "csv"]


@dataclass(frozen=True, slots=True)
class Scope:
    """The days, what is left in, and as of when."""

    period: Period
    filters: Mapping[Dimension, str]
    as_of: date | None
    today: date
    zone: str


async def _scope(
    request: Request,
    first: Annotated[Day, Query(alias="from", description="The first day.", examples=["2026-03-01"])],
    last: Annotated[Day, Query(alias="to", description="The last day, included.", examples=["2026-03-31"])],
    as_of: Annotated[Day | None, Query(description="As it was at the end of this day; by default, as it is.")] = None,
    community: Code | None = None,
    grid: Code | None = None,
    team: Code | None = None,
    officer: Code | None = None,
    category: Category = None,
    source: Code | None = None,
    handling_mode: Code | None = None,
    department: Annotated[Code | None, Query(description="That it was transferred to 转办.")] = None,
) -> Scope:
    check_days(first, last, MOST_DAYS)
    zone: str = request.app.state.settings.timezone
    today = clock.now().astimezone(ZoneInfo(zone)).date()
    if as_of is not None and as_of > today:
        raise refused("query/as_of", "as-of-in-future", today=today.isoformat())
    given = (community, grid, team, officer, category, source, handling_mode, department)
    filters = {name: value for name, value in zip(Dimension, given, strict=True) if value is not None}
    return Scope(Period(first, last), filters, as_of, today, zone)


async def _form(
    request: Request,
    form: Annotated[Form | None, Query(alias="format", description="By default as `Accept` says.")] = None,
) -> Form:
    return form or ("csv" if is_preferred(request.headers.get("accept", ""), "text/csv") else "json")


InScope = Annotated[Scope, Depends(_scope)]
InForm = Annotated[Form, Depends(_form)]


def wanted(
    scope: Scope,
    by: Sequence[str],
    indicators: Sequence[str] | None,
    *,
    step: Grain | None = None,
    compare: Sequence[str] | None = None,
) -> Wanted:
    """Return the question; `Problem` 422 where it is asked so that there is no answer."""
    if step is Grain.DAY:
        check_days(scope.period.first, scope.period.last, MOST_DAYS_BY_DAY)
    if step is not None and compare:
        raise invalid("query/compare", "compared-by-steps")
    question = Wanted(
        period=scope.period,
        by=tuple(name for name in BROKEN_DOWN_BY if name in by),
        step=step,
        filters=scope.filters,
        as_of=scope.as_of,
        compare=tuple(dict.fromkeys(compare or ())),
    )
    return replace(question, indicators=_indicators(question, indicators))


def step_of(by: Sequence[str]) -> Grain | None:
    """Return the step that is among what figures are broken down by; `Problem` 422 where that is too much."""
    if len(set(by) - {NO_DIMENSION}) > 2 or {"day", "month"} <= set(by):
        raise invalid("query/by", "dimensions-too-many")
    return next((STEPS[name] for name in by if name in STEPS), None)


def _indicators(question: Wanted, codes: Sequence[str] | None) -> list[Indicator]:
    """Return those that are named, and otherwise all that the smallest roll-up has."""
    if codes:
        return [INDICATORS[code] for code in dict.fromkeys(codes)]
    return [each for each in INDICATORS.values() if question.cube in WITH_WORK or not each.needs_work]
