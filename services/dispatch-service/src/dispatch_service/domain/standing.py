"""How a case stands against its promised time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from contracts.lifecycle import ENDED, TRANSITIONS, EventType, Status
from dispatch_service.domain.case import RUNNING
from dispatch_service.domain.clocks import RUNS_FIRST, Clockwork, Light
from dispatch_service.domain.limits import Grade, Stage

DONE = frozenset({Status.RESOLVED, Status.VERIFIED, Status.CLOSED})
"""The clock has stopped with the resolution."""

GOING_ON = frozenset(Status) - ENDED
"""Something may still happen: the work itself, or what follows it."""

OPEN = GOING_ON - DONE
"""Somebody has still to do something on site."""

_RETURNABLE = TRANSITIONS[EventType.RETURNED].sources - {Status.TRANSFERRED}
"""Its unit may ask for it to be returned; a department's case is recalled."""


_ESCALATED: Mapping[Stage, str] = {
    Stage.ACCEPT: "accept_escalated",
    Stage.ON_SITE: "on_site_escalated",
    Stage.RESOLVE: "escalated",
}


@dataclass(frozen=True, slots=True)
class Standing:
    """The light, and what is left until the promised time: negative beyond it, None where the clock has stopped."""

    light: Light | None
    remaining: timedelta | None


@dataclass(frozen=True, slots=True)
class Escalation:
    """The highest level of a stage that runs which was announced, and when; None of a version that did not note it."""

    stage: Stage
    percent: int
    since: datetime | None


def stage_of(status: Status) -> Stage:
    """Return what has to be done next with an open case."""
    return {Status.RECEIVED: Stage.ACCEPT, Status.ASSIGNED: Stage.ACCEPT, Status.ACCEPTED: Stage.ON_SITE}.get(
        status, Stage.RESOLVE
    )


def running(status: Status) -> Sequence[Stage]:
    """Return the stages that have timers and are not over in a case whose clock runs, that which ends first before."""
    if status is Status.ASSIGNED:
        return RUNS_FIRST
    return RUNS_FIRST[1:] if status is Status.ACCEPTED else RUNS_FIRST[2:]


def standing_of(case: Mapping[str, Any], now: datetime) -> Standing:
    """Return how a case stands at `now`; nothing can be said of one without a clock, or that ended without a result."""
    moment = _moment(case, now)
    if moment is None or case["promised_at"] is None:
        return Standing(None, None)
    is_open = case["status"] not in DONE
    return Standing(
        light_at(moment, case["warn_at"], case["promised_at"]), case["promised_at"] - moment if is_open else None
    )


def escalation_of(case: Mapping[str, Any]) -> Escalation | None:
    """Return what was announced of an open case; of two stages at one level, the one that ends later.

    What is laid aside keeps it, and what has a result, or ended without one, has none any more.
    """
    status = Status(case["status"])
    if status not in OPEN:
        return None
    told = [
        Escalation(stage, case[_ESCALATED[stage]], case[f"{_ESCALATED[stage]}_at"])
        for stage in running(status)
        if case[_ESCALATED[stage]]
    ]
    return max(reversed(told), key=lambda each: each.percent, default=None)


def return_by(case: Mapping[str, Any], work: Clockwork) -> datetime | None:
    """Return until when the unit of a case may ask for its return; None without a limit, or while no unit has it."""
    if case["status"] not in _RETURNABLE:
        return None
    return work.return_by(case["category"], Grade(case["grade"]), case["assigned_at"])


def light_at(moment: datetime, warn_at: datetime, promised_at: datetime) -> Light:
    """Return the light at a moment: green until 80 % of the limit have passed, yellow until all has."""
    if moment <= warn_at:
        return "green"
    return "yellow" if moment <= promised_at else "red"


def _moment(case: Mapping[str, Any], now: datetime) -> datetime | None:
    """Return the moment at which the case's clock stands: that since which it waits for the reporter, where it does.

    A result stops it too, and may be of before the question: it is told late by a device that was offline.
    """
    status = Status(case["status"])
    waiting_since: datetime | None = case["waiting_since"]
    if status in RUNNING:
        return waiting_since or now
    if status is Status.SUSPENDED:
        suspended_at: datetime = case["suspended_at"]
        return suspended_at
    resolved_at: datetime | None = case["resolved_at"]
    if status not in DONE:
        return None
    return min((each for each in (waiting_since, resolved_at) if each is not None), default=None)
