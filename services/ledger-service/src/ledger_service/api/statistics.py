"""Indicators, rankings and series 统计: what was done, how fast, and what people say of it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Query, Response
from sqlalchemy.ext.asyncio import AsyncEngine

from ledger_service.api import statistics_views as views
from ledger_service.api.deps import Engine, Staff
from ledger_service.api.statistics_asking import (
    MOST_LINES,
    STEPS,
    By,
    Compare,
    DimensionName,
    Indicators,
    InForm,
    InScope,
    RankedBy,
    Scope,
    step_of,
    wanted,
)
from ledger_service.api.statistics_problems import being_made, too_many_lines, too_wide
from ledger_service.api.statistics_schemas import IndicatorsView, RankingView, SeriesView
from ledger_service.domain.cubes import Grain, Period
from ledger_service.domain.indicators import Sums
from ledger_service.domain.ranking import SCORE, rank
from ledger_service.service import figures
from ledger_service.service.figures import Answer, Line, NotMade, TooManyLines, TooWide, Wanted
from operations.preferences import InLanguage
from operations.sheets.lines import CSV, MARK, csv_lines
from runtime.problems import PROBLEM_RESPONSES

router = APIRouter(tags=["statistics"], responses=PROBLEM_RESPONSES, prefix="/statistics")
_FORMS: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The figures, in the form that was asked for.",
        "content": {CSV: {"schema": {"type": "string"}}},
    }
}
_NAMES = {grain: name for name, grain in STEPS.items()}
Step = Annotated[str, Query(pattern="^(day|month|year)$", description="`day`, `month` or `year`.")]


@router.get("/indicators", response_model=IndicatorsView, responses=_FORMS)
async def show_indicators(
    caller: Staff,
    engine: Engine,
    scope: InScope,
    form: InForm,
    language: InLanguage,
    by: Annotated[list[By] | None, Query(description="One or two things; `none` is the whole.")] = None,
    indicators: Indicators = None,
    compare: Compare = None,
) -> Response:
    """Show indicators of a period by one or two things, and how they compare to the period and to the year before.

    Days are those of the county's time zone. docs/statistics.md says what is divided by what.
    """
    step = step_of(by or ())
    question = wanted(scope, by or (), indicators, step=step, compare=compare)
    answer = await _answer(engine, caller.tenant, scope, question)
    names = [*([] if step is None else [_NAMES[step]]), *question.by]
    if form == "csv":
        return _file("indicators", views.table(question, answer, names, language))
    settings = answer.settings.settings
    return _json(
        {
            **views.asked(question, answer, scope.zone),
            "by": names,
            "compared_with": {
                step: {"from": days.first.isoformat(), "to": days.last.isoformat()}
                for step, days in answer.compared_with.items()
            },
            "rows": [
                views.head(names, key, answer.labels) | views.body(line, question.indicators, settings)
                for key, line in answer.lines.items()
            ],
        }
    )


@router.get("/series", response_model=SeriesView, responses=_FORMS)
async def show_series(
    caller: Staff,
    engine: Engine,
    scope: InScope,
    form: InForm,
    language: InLanguage,
    step: Step = "month",
    by: Annotated[DimensionName | None, Query(description="One thing, with a series for each.")] = None,
    indicators: Indicators = None,
) -> Response:
    """Show indicators day by day, month by month or year by year; steps in which nothing happened as well."""
    question = wanted(scope, () if by is None else (by,), indicators, step=STEPS[step])
    answer = _filled(await _answer(engine, caller.tenant, scope, question), question)
    names = [step, *question.by]
    if form == "csv":
        return _file("series", views.table(question, answer, names, language))
    settings = answer.settings.settings
    series: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
    for (at, *key), line in answer.lines.items():
        point = {"at": at.isoformat()} | views.body(line, question.indicators, settings)
        series.setdefault(tuple(key), []).append(point)
    made = [views.head(question.by, key, answer.labels) | {"points": points} for key, points in series.items()]
    return _json({**views.asked(question, answer, scope.zone), "step": step, "series": made})


@router.get("/ranking", response_model=RankingView, responses=_FORMS)
async def show_ranking(
    caller: Staff,
    engine: Engine,
    scope: InScope,
    form: InForm,
    language: InLanguage,
    by: Annotated[DimensionName, Query(description="What is ranked.")],
    indicator: Annotated[RankedBy, Query(description="By what; `score` is the weighted one.")] = SCORE,
    min_sample: Annotated[int | None, Query(ge=0, le=1_000_000, description="By default as set.")] = None,
) -> Response:
    """Rank communities, grids, teams, officers and others by an indicator or by the weighted score.

    Those with a sample below `min_sample` are listed without a rank, unless the indicator is a plain number; scores
    have grades from A to D.
    """
    question = replace(wanted(scope, (by,), None), ranked_by=indicator)
    answer = await _answer(engine, caller.tenant, scope, question)
    settings = answer.settings.settings
    least = settings.min_sample if min_sample is None else min_sample
    places = rank({str(key): line.sums for (key,), line in answer.lines.items() if key}, indicator, settings, least)
    if form == "csv":
        return _file("ranking", views.ranking_table(places, by, answer.indicators, indicator, language, answer.labels))
    facts = {"by": by, "indicator": indicator, "min_sample": least}
    rows = [views.place(each, by, answer.labels) for each in places]
    return _json({**views.asked(question, answer, scope.zone), **facts, "rows": rows})


async def _answer(engine: AsyncEngine, tenant: str, scope: Scope, question: Wanted) -> Answer:
    try:
        return await figures.answer(engine, tenant, scope.zone, question, today=scope.today, most=MOST_LINES)
    except TooManyLines as error:
        raise too_many_lines(error.most) from error
    except TooWide as error:
        raise too_wide(error.most) from error
    except NotMade as error:
        raise being_made() from error


def _filled(answer: Answer, question: Wanted) -> Answer:
    """Return the answer with a line for every step of every key; `Problem` 422 where that is too much."""
    assert question.step is not None  # noqa: S101 - series always have one
    keys = dict.fromkeys(key[1:] for key in answer.lines) or ({} if question.by else {(): None})
    steps = list(_steps(question.period, question.step))
    if len(keys) * len(steps) > MOST_LINES:
        raise too_many_lines(MOST_LINES)
    nothing = Line(Sums.none(with_work=True), {})
    lines = {(at, *key): answer.lines.get((at, *key), nothing) for key in keys for at in steps}
    return replace(answer, lines=lines)


def _steps(period: Period, step: Grain) -> Iterator[date]:
    at = step.floor(period.first)
    while at <= period.last:
        yield at
        at = step.next(at)


def _json(content: Mapping[str, Any]) -> Response:
    return Response(msgspec.json.encode(content), media_type="application/json", headers={"Vary": "Accept"})


def _file(name: str, rows: Iterable[Sequence[Any]]) -> Response:
    headers = {
        "Content-Disposition": f'attachment; filename="{name}.csv"',
        "Vary": "Accept, Accept-Language",
    }
    return Response(MARK + csv_lines(rows), media_type=f"{CSV}; charset=utf-8", headers=headers)
