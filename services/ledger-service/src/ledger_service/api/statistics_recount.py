"""Whether the figures are what the complaints come to."""

from datetime import date, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, Field

from contracts.roles import Role
from ledger_service.api.deps import Engine
from ledger_service.api.parameters import Day
from ledger_service.domain.cubes import KEPT, Period
from ledger_service.domain.tally import Counter
from ledger_service.service.figures import NotMade, TooWide
from ledger_service.service.recounting import recount_receptions
from runtime import clock
from runtime.auth import Caller, require
from runtime.problems import PROBLEM_RESPONSES

router = APIRouter(prefix="/statistics", tags=["statistics"], responses=PROBLEM_RESPONSES)
Auditor = Annotated[Caller, Depends(require(Role.ANALYST, Role.ADMIN))]
_SHOWN = 100


class FigureDifference(BaseModel):
    """What a roll-up counts under a key, and what the complaints come to."""

    roll_up: str
    key: dict[str, str]
    count: str
    expected: int
    found: int


class RecountView(BaseModel):
    """How many complaints of the day were counted again, and what differs."""

    day: date
    complaints: Annotated[
        int | None, Field(description="Null where there are too many, or while all figures are being made anew.")
    ]
    differing: int
    differences: list[FigureDifference]


@router.get("/recount")
async def recount(
    caller: Auditor,
    engine: Engine,
    request: Request,
    day: Annotated[Day | None, Query(description="By default, yesterday.")] = None,
) -> RecountView:
    """Count the receptions of a day again, complaint by complaint, and compare all roll-ups and the details with it.

    `jieban statistics check` does so with everything that was ever counted. Of differences the first 100 are shown.
    """
    zone: str = request.app.state.settings.timezone
    chosen = day or clock.now().astimezone(ZoneInfo(zone)).date() - timedelta(days=1)
    try:
        found = await recount_receptions(engine, caller.tenant, zone, Period(chosen, chosen))
    except (NotMade, TooWide):
        return RecountView(day=chosen, complaints=None, differing=0, differences=[])
    shown = [
        FigureDifference(
            roll_up=each.cube.name.lower(),
            key=dict(zip(KEPT[each.cube], each.key, strict=False)),
            count=Counter(each.counter).name.lower(),
            expected=each.expected,
            found=each.found,
        )
        for each in found.differences[:_SHOWN]
    ]
    return RecountView(day=chosen, complaints=found.complaints, differing=len(found.differences), differences=shown)
