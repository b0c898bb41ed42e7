"""The 15-minute circle: what is within a walk of an on-duty post or station, and what would be."""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated, NamedTuple

import shapely
from fastapi import APIRouter, Depends, Query

from dispatch_service.api.coverage_schemas import CoverageView, GapFeature, Summary, WhatIfBody
from dispatch_service.api.deps import ReadEngine, Staff
from dispatch_service.domain.coverage import DETOUR, Coverage, Walk, cover
from dispatch_service.domain.routing import Point
from dispatch_service.persistence import coverage as stored
from dispatch_service.persistence.rows import Row
from operations.periods import check_order
from operations.problems import invalid
from runtime.clock import now
from runtime.problems import PROBLEM_RESPONSES, Problem, register_texts
from runtime.types import Instant

register_texts(
    {
        "no-grids": (
            "没有网格",
            "No grids",
            "本县还没有网格，无法计算覆盖。",
            "The county has no grids yet: there is nothing to cover.",
        ),
    }
)
router = APIRouter(prefix="/coverage", tags=["coverage"], responses=PROBLEM_RESPONSES)
MOST_CASES = 200_000
_WINDOW = timedelta(days=30)


class _Question(NamedTuple):
    walk: Walk
    at: datetime
    on_duty: bool
    begin: datetime
    end: datetime


class _Facts(NamedTuple):
    grids: Sequence[Row]
    spots: Sequence[Row]
    cases: Sequence[Row]


async def _question(
    at: Annotated[Instant | None, Query(description="Who is on duty then; now, if it is not given.")] = None,
    on_duty: Annotated[bool, Query(description="Only posts and stations where somebody is on duty.")] = True,
    minutes: Annotated[float, Query(gt=0, le=120, allow_inf_nan=False)] = 15,
    speed: Annotated[float, Query(gt=0, le=30, allow_inf_nan=False, description="On foot, km/h.")] = 4.5,
    detour: Annotated[float, Query(ge=1, le=5, allow_inf_nan=False, description="Way by straight line.")] = DETOUR,
    begin: Annotated[Instant | None, Query(alias="from", description="Cases received since; 30 days.")] = None,
    end: Annotated[Instant | None, Query(alias="to", description="Cases received before; now.")] = None,
) -> _Question:
    moment = now()
    last = end or moment
    first = begin or last - _WINDOW
    check_order(first, last, "query/from" if end is None else "query/to")
    return _Question(Walk(minutes, speed, detour), at or moment, on_duty, first, last)


Question = Annotated[_Question, Depends(_question)]


@router.get("")
async def show_coverage(question: Question, caller: Staff, engine: ReadEngine) -> CoverageView:
    """Say how much of each community, and how many of its cases, are within a walk of a post or station.

    The features are the areas that are not. At most the newest 200,000 cases of the period are counted.
    """
    facts = await _facts(engine, caller.tenant, question)
    return await asyncio.to_thread(_answer, facts, _places(facts, question, WhatIfBody()), question)


@router.post("")
async def try_coverage(body: WhatIfBody, question: Question, caller: Staff, engine: ReadEngine) -> CoverageView:
    """Say what would be within a walk if posts were moved, added or removed; `present` says how it is.

    Nothing is changed. 422 for a code that there is not.
    """
    facts = await _facts(engine, caller.tenant, question)
    known = {row["code"] for row in facts.spots}
    for code in body.moved:
        if code not in known:
            raise invalid(f"/moved/{code}", "unknown-post")
    for index, code in enumerate(body.removed):
        if code not in known:
            raise invalid(f"/removed/{index}", "unknown-post")
    present = await asyncio.to_thread(_answer, facts, _places(facts, question, WhatIfBody()), question)
    planned = await asyncio.to_thread(_answer, facts, _places(facts, question, body), question)
    return planned.model_copy(update={"present": present.summary})


async def _facts(engine: ReadEngine, tenant: str, question: _Question) -> _Facts:
    async with engine.connect() as connection:
        grids = await stored.grids(connection, tenant)
        if not grids:
            raise Problem(409, "no-grids")
        spots = await stored.spots(connection, tenant, question.at)
        cases = await stored.cases(connection, tenant, question.begin, question.end, size=MOST_CASES)
    return _Facts(grids, spots, cases)


def _places(facts: _Facts, question: _Question, what_if: WhatIfBody) -> list[Point]:
    """Return the spots that count: those on duty, unless all do, moved, added and removed as asked."""
    found = []
    for row in facts.spots:
        moved = what_if.moved.get(row["code"])
        if row["code"] not in what_if.removed and (row["on_duty"] or not question.on_duty):
            found.append((row["lon"], row["lat"]) if moved is None else moved.point())
    return found + [position.point() for position in what_if.added]


def _answer(facts: _Facts, spots: Sequence[Point], question: _Question) -> CoverageView:
    grids = [(row["community"], shapely.from_geojson(row["geometry"])) for row in facts.grids]
    cases = [(row["community"], (row["lon"], row["lat"])) for row in facts.cases]
    coverage = cover(grids, spots, cases, question.walk)
    summary = Summary.describe(coverage, len(spots), question.walk.metres)
    return CoverageView(features=_features(coverage), summary=summary)


def _features(coverage: Coverage) -> list[GapFeature]:
    return [
        GapFeature(id=code, geometry=shapely.geometry.mapping(gap), properties={"community": code})
        for code, gap in coverage.gaps.items()
    ]
