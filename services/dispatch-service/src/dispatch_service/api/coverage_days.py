"""The 15-minute circle in the course of a day, in one call."""

import asyncio
from datetime import date
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query

from dispatch_service.api.coverage_questions import Asking, Facts
from dispatch_service.api.coverage_schemas import Course, CourseView, WhatIfBody
from dispatch_service.domain.coverage_day import Stretch, course, hours_of, shifts_of
from dispatch_service.persistence import rosters
from runtime.clock import now
from runtime.problems import PROBLEM_RESPONSES

router = APIRouter(prefix="/coverage/day", tags=["coverage"], responses=PROBLEM_RESPONSES)
MOST_SLICES = 48
Day = Annotated[
    date | None,
    Query(ge=date(2000, 1, 1), le=date(2199, 12, 31), description="On the clock of the county; today, if not given."),
]
By = Annotated[Literal["hour", "shift"], Query(description="Shifts are those that begin on the day, 48 at most.")]


class _Day:
    """The answering of one question about a day."""

    def __init__(self, asking: Asking, day: date | None, by: Literal["hour", "shift"]) -> None:
        self._asking = asking
        self._day = day or now().astimezone(asking.zone).date()
        self._by = by

    async def answer(self, what_if: WhatIfBody | None) -> CourseView:
        """Say how the day is, or how it would be beside how it is."""
        stretches = await self._stretches()
        middles = [stretch.middle for stretch in stretches] or [now()]
        facts = await self._asking.facts(min(middles), max(middles))
        if what_if is not None:
            facts.check(what_if)
        return await asyncio.to_thread(self._view, facts, stretches, what_if)

    async def _stretches(self) -> list[Stretch]:
        zone = self._asking.zone
        if self._by == "hour":
            return list(hours_of(self._day, zone))
        async with self._asking.engine.connect() as connection:
            shifts = await rosters.hours(connection, self._asking.tenant)
        return list(shifts_of(self._day, zone, shifts))[:MOST_SLICES]

    def _view(self, facts: Facts, stretches: list[Stretch], what_if: WhatIfBody | None) -> CourseView:
        ground = facts.ground()
        walk = self._asking.walk

        def shown(changes: WhatIfBody) -> Course:
            setting = facts.setting(changes, on_duty=self._asking.on_duty)
            return Course.of(course(ground, setting, walk, stretches))

        return CourseView(
            day=self._day,
            reach_metres=round(walk.metres),
            square_metres=round(ground.square_metres),
            cases=len(facts.cases),
            present=None if what_if is None else shown(WhatIfBody()),
            **dict(shown(what_if or WhatIfBody())),
        )


async def _of_a_day(asking: Asking, day: Day = None, by: By = "hour") -> _Day:
    return _Day(asking, day, by)


OfADay = Annotated[_Day, Depends(_of_a_day)]


@router.get("")
async def show_day(wanted: OfADay) -> CourseView:
    """Say how much of each community, and how many of its cases, are within a walk, hour by hour or shift by shift.

    Each slice is as `GET /dispatch/v1/coverage` tells of its middle; the cases are those of the period, in all slices.
    """
    return await wanted.answer(None)


@router.post("")
async def try_day(body: WhatIfBody, wanted: OfADay) -> CourseView:
    """Say how the day would be if posts were moved, added or removed; `present` says how it is.

    Nothing is changed. 422 for a code that there is not.
    """
    return await wanted.answer(body)
