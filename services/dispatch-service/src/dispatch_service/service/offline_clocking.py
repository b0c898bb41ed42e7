"""Clocks officers in and out by what their devices send late, with the time and the place of then."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from dispatch_service.domain.attendance import AHEAD, SENT_LATE
from dispatch_service.domain.mobile_errors import ActionIdReused
from dispatch_service.domain.roster_errors import (
    AlreadyClocked,
    MomentInTheFuture,
    MomentTooOld,
    NoDutyNow,
    RosterError,
)
from dispatch_service.domain.routing import Point
from dispatch_service.persistence import offline_actions
from dispatch_service.persistence.positions import Fix
from dispatch_service.persistence.rows import Row
from dispatch_service.service import attendance
from dispatch_service.service.attendance import Way
from dispatch_service.service.offline_batches import Actions, Batch, Result, SentAction

Show = Callable[[Row], Mapping[str, Any]]
"""Returns a duty, as JSON has it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Clocking(SentAction):
    """Somebody clocked in or out of a duty at a place."""

    way: Way
    point: Point


async def apply(connection: AsyncConnection, batch: Batch, clockings: Sequence[Clocking], show: Show) -> list[Result]:
    """Apply the clockings of a device in the transaction of `connection`; return what became of each, in order."""
    await offline_actions.hold(connection, batch.sender)
    return await _Clockings(connection, batch, show).apply(clockings)


class _Clockings(Actions[Clocking]):
    """The clockings of one device."""

    def __init__(self, connection: AsyncConnection, batch: Batch, show: Show) -> None:
        super().__init__(connection, batch, None)
        self._show = show

    async def _first_time(self, action: Clocking) -> Result:
        try:
            async with self._connection.begin_nested():
                _check_moment(action.at, self._now)
                fix = Fix(min(action.at, self._now), *action.point, None)
                duty = await attendance.clock(self._connection, self._sender, action.way, fix, self._now)
                result = Result("done", answer={"duties": [self._show(duty)]})
                await self._keep(action, result)
        except ActionIdReused:
            return self._reused()
        except RosterError as error:
            result = await self._refusal(action, error)
            await self._keep(action, result)
        return result

    async def _refusal(self, action: Clocking, error: RosterError) -> Result:
        problem = {"problem": self._explain(error)}
        if not isinstance(error, (NoDutyNow, AlreadyClocked)):
            return Result("refused", answer=problem)
        present = await attendance.duties_about(self._connection, self._sender, action.at)
        return Result("conflict", answer={"duties": [self._show(duty) for duty in present], **problem})


def _check_moment(at: datetime, now: datetime) -> None:
    if at > now + AHEAD:
        raise MomentInTheFuture
    if at < now - SENT_LATE:
        raise MomentTooOld
