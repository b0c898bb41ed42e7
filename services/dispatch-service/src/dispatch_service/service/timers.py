"""Tells of cases whose units have used up 80, 100 and 200 % of the time to accept them, be on site, or resolve them."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import NamedTuple

from prometheus_client import Counter, Gauge
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from contracts.envelope import Event
from contracts.events import ComplaintEscalated, SupervisionOrder
from contracts.lifecycle import EventType
from contracts.topics import LIFECYCLE
from dispatch_service.domain.clocks import Timer
from dispatch_service.domain.standing import stage_of
from dispatch_service.domain.supervision import RULE_ACTOR
from dispatch_service.persistence import timers
from dispatch_service.persistence.timers import DueTimer
from dispatch_service.service import automatic_orders
from dispatch_service.service.announcements import announce
from dispatch_service.service.backlogs import batches
from dispatch_service.service.clockworks import Clockworks
from eventbus import outbox

FIRED = Counter("jieban_timers_fired", "Levels of a limit that were announced", ["stage", "level"])
OLDEST = Gauge("jieban_timers_oldest_seconds", "For how long the oldest timer has been due and not fired")
_BATCH = 500


class Fired(NamedTuple):
    """A case of which the levels `announced` were announced, in order."""

    case: DueTimer
    announced: Sequence[Timer]


async def fire_due(engine: AsyncEngine, clockworks: Clockworks, *, size: int = _BATCH) -> int:
    """Fire all timers that are due, those of up to `size` cases in a transaction; return how many.

    Any number of replicas may do it at once. A case that has passed several levels is told of each, in order.
    """
    fired = 0
    async for batch in batches(engine, partial(fire_batch, clockworks=clockworks), size):
        for timer in (timer for each in batch for timer in each.announced):
            FIRED.labels(timer.stage.value, str(timer.level)).inc()
            fired += 1
    async with engine.connect() as connection:
        OLDEST.set(await timers.oldest_due_seconds(connection))
    return fired


async def fire_batch(connection: AsyncConnection, size: int, clockworks: Clockworks) -> Sequence[Fired]:
    """Fire due timers of up to `size` cases in the transaction of `connection`.

    Events, timers and the orders that follow by rule change together.
    """
    due = await timers.lock_due(connection, size)
    if not due:
        return []
    fired = [_fire(case) for case in due]
    orders = await automatic_orders.give(connection, clockworks, fired)
    events = [
        _escalate(each.case, timer, orders.get((each.case.case.complaint_id, timer)))
        for each in fired
        for timer in each.announced
    ]
    await timers.save(connection, [each.case for each in fired])
    await outbox.append(connection, LIFECYCLE.name, events)
    return fired


def _fire(due: DueTimer) -> Fired:
    clock, announced = due.clock.announce_due(due.timers, due.now)
    return Fired(replace(due, clock=clock), announced)


def _escalate(due: DueTimer, timer: Timer, order: SupervisionOrder | None) -> Event:
    due.case.tell(EventType.ESCALATED)
    data = ComplaintEscalated(
        level=timer.level,
        limit=timer.stage.value,
        stage=stage_of(due.case.status).value,
        team=due.case.team,
        department=due.department,
        promised_at=due.clock.promised_at,
        warn_at=due.clock.warn_at,
        order=order,
        actor=None if order is None else RULE_ACTOR,
    )
    return announce(due.case, EventType.ESCALATED, data, at=due.now, traceparent=None)
