"""The 15-minute circle: what is within a walk of a post or station where somebody is, and what would be."""

import asyncio
from datetime import datetime
from typing import Annotated

import shapely
from fastapi import APIRouter, Query

from dispatch_service.api.coverage_questions import Asking
from dispatch_service.api.coverage_schemas import CoverageView, GapFeature, Summary, WhatIfBody
from dispatch_service.domain.coverage import Coverage, Ground, Walk
from dispatch_service.domain.spots import Setting
from runtime.clock import now
from runtime.problems import PROBLEM_RESPONSES
from runtime.types import Instant

router = APIRouter(prefix="/coverage", tags=["coverage"], responses=PROBLEM_RESPONSES)
At = Annotated[Instant | None, Query(description="Who is on duty and what is open then; now, if it is not given.")]


@router.get("")
async def show_coverage(asking: Asking, at: At = None) -> CoverageView:
    """Say how much of each community, and how many of its cases, are within a walk of a post or station.

    The features are the areas that are not. A place that is closed never counts; with `on_duty` somebody has to be
    there, by the roster or because a station has opening hours and is open. At most the newest 200,000 cases of the
    period are counted.
    """
    moment = (at or now()).astimezone(asking.zone)
    facts = await asking.facts(moment, moment)
    setting = facts.setting(WhatIfBody(), on_duty=asking.on_duty)
    return await asyncio.to_thread(lambda: _answer(facts.ground(), setting, moment, asking.walk))


@router.post("")
async def try_coverage(body: WhatIfBody, asking: Asking, at: At = None) -> CoverageView:
    """Say what would be within a walk if posts were moved, added or removed; `present` says how it is.

    Nothing is changed. 422 for a code that there is not, `position-far-away` for a point more than 50 km from every
    grid, `moved-and-removed` for a place that is both.
    """
    moment = (at or now()).astimezone(asking.zone)
    facts = await asking.facts(moment, moment)
    facts.check(body)
    settings = [facts.setting(what_if, on_duty=asking.on_duty) for what_if in (WhatIfBody(), body)]

    def answer() -> CoverageView:
        ground = facts.ground()
        present, planned = (_answer(ground, setting, moment, asking.walk) for setting in settings)
        return planned.model_copy(update={"present": present.summary})

    return await asyncio.to_thread(answer)


def _answer(ground: Ground, setting: Setting, moment: datetime, walk: Walk) -> CoverageView:
    places = setting.counting(moment)
    coverage = ground.cover([ground.reach(places, walk)])
    return CoverageView(features=_features(coverage), summary=Summary.describe(coverage, len(places), walk.metres))


def _features(coverage: Coverage) -> list[GapFeature]:
    return [
        GapFeature(id=code, geometry=shapely.geometry.mapping(gap), properties={"community": code})
        for code, gap in coverage.gaps.items()
    ]
