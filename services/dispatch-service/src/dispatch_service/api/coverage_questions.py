"""What is asked about the 15-minute circle, and the facts that answer it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Annotated, NamedTuple

import shapely
from fastapi import Depends, Query

from dispatch_service.api.coverage_schemas import WhatIfBody
from dispatch_service.api.deps import ReadEngine, Staff, TenantClockworks, Zone
from dispatch_service.domain.calendars import Calendar
from dispatch_service.domain.coverage import DETOUR, Ground, Walk
from dispatch_service.domain.spots import Setting, Spot
from dispatch_service.persistence import coverage as stored
from dispatch_service.persistence.rows import Row
from dispatch_service.service.attendance import far_from
from operations.periods import check_order
from operations.problems import invalid
from runtime.clock import now
from runtime.problems import FieldError, Problem, register_texts
from runtime.types import Instant

register_texts(
    {
        "no-grids": (
            "没有网格",
            "No grids",
            "本县还没有网格，无法计算覆盖。",
            "The county has no grids yet: there is nothing to cover.",
        ),
        "moved-and-removed": (
            "同一点位不能既迁移又撤除。",
            "The place is moved as well: it is either moved or removed.",
        ),
    }
)
MOST_CASES = 200_000
_WINDOW = timedelta(days=30)


class _Frame(NamedTuple):
    walk: Walk
    on_duty: bool
    begin: datetime
    end: datetime


async def _frame(
    on_duty: Annotated[bool, Query(description="Only posts and stations where somebody is there.")] = True,
    minutes: Annotated[float, Query(gt=0, le=120, allow_inf_nan=False)] = 15,
    speed: Annotated[float, Query(gt=0, le=30, allow_inf_nan=False, description="On foot, km/h.")] = 4.5,
    detour: Annotated[float, Query(ge=1, le=5, allow_inf_nan=False, description="Way by straight line.")] = DETOUR,
    begin: Annotated[Instant | None, Query(alias="from", description="Cases received since; 30 days.")] = None,
    end: Annotated[Instant | None, Query(alias="to", description="Cases received before; now.")] = None,
) -> _Frame:
    last = end or now()
    first = begin or last - _WINDOW
    check_order(first, last, "query/from" if end is None else "query/to")
    return _Frame(Walk(minutes, speed, detour), on_duty, first, last)


@dataclass(frozen=True, slots=True)
class Facts:
    """What a county has."""

    grids: Sequence[Row]
    spots: Sequence[Spot]
    cases: Sequence[Row]
    calendar: Calendar

    def ground(self) -> Ground:
        """Return its communities and cases laid out."""
        shapes = shapely.from_geojson([row["geometry"] for row in self.grids])
        grids = zip((row["community"] for row in self.grids), shapes, strict=True)
        return Ground(list(grids), [(row["community"], (row["lon"], row["lat"])) for row in self.cases])

    def check(self, what_if: WhatIfBody) -> None:
        """Refuse codes that there are not, places that are moved and removed, and points far away: 422."""
        known = {spot.code for spot in self.spots}
        for code in what_if.moved:
            if code not in known:
                raise invalid(f"/moved/{code}", "unknown-post")
        for index, code in enumerate(what_if.removed):
            if code not in known:
                raise invalid(f"/removed/{index}", "unknown-post")
            if code in what_if.moved:
                raise invalid(f"/removed/{index}", "moved-and-removed")
        given = {f"/moved/{code}": position for code, position in what_if.moved.items()}
        given |= {f"/added/{index}": position for index, position in enumerate(what_if.added)}
        far = far_from([row["geometry"] for row in self.grids], [position.point() for position in given.values()])
        if far:
            pointers = list(given)
            errors = [FieldError(f"{pointers[place]}/lon", "position-far-away") for place in far]
            raise Problem(422, "position-far-away", errors=errors, count=len(errors))

    def setting(self, what_if: WhatIfBody, *, on_duty: bool) -> Setting:
        """Return the places, moved, added and removed as asked; those that are moved keep their hours and duties."""
        gone = set(what_if.removed)
        spots = [self._moved(spot, what_if) for spot in self.spots if spot.code not in gone]
        return Setting(spots, [position.point() for position in what_if.added], self.calendar, on_duty)

    def _moved(self, spot: Spot, what_if: WhatIfBody) -> Spot:
        position = what_if.moved.get(spot.code)
        return spot if position is None else replace(spot, at=position.point())


class _Asking:
    """The answering of one question."""

    def __init__(self, zone: Zone, frame: _Frame, caller: Staff, engine: ReadEngine, works: TenantClockworks):
        self.walk, self.on_duty, self._begin, self._end = frame
        self.zone = zone
        self.tenant = caller.tenant
        self.engine = engine
        self._clockworks = works

    async def facts(self, first: datetime, last: datetime) -> Facts:
        """Return what there is, with the duties from `first` to `last`; 409 `no-grids` where there is nothing."""
        async with self.engine.connect() as connection:
            grids = await stored.grids(connection, self.tenant)
            if not grids:
                raise Problem(409, "no-grids")
            spots = await stored.spots(connection, self.tenant, first, last)
            cases = await stored.cases(connection, self.tenant, self._begin, self._end, size=MOST_CASES)
            await self._clockworks.of_one(connection, self.tenant)
        return Facts(grids, spots, cases, self._clockworks.calendar(self.tenant))


async def _asking(
    zone: Zone,
    frame: Annotated[_Frame, Depends(_frame)],
    caller: Staff,
    engine: ReadEngine,
    clockworks: TenantClockworks,
) -> _Asking:
    return _Asking(zone, frame, caller, engine, clockworks)


Asking = Annotated[_Asking, Depends(_asking)]
