"""件件有着落: every accepted complaint has ended, or has a responsible unit and a promised time.

Here is what may be missing.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Self

from contracts.lifecycle import Status


class Reason(StrEnum):
    """Why a complaint has no place."""

    NO_UNIT = "no_unit"
    NO_PROMISE = "no_promise"
    OVERDUE = "overdue"
    UNVERIFIED = "unverified"
    GATE_WAITING = "gate_waiting"
    ORDER_OVERDUE = "order_overdue"
    PARKED = "parked"
    STUCK = "stuck"


REASON_NAMES: Mapping[Reason, tuple[str, str]] = {
    Reason.NO_UNIT: ("无责任单位", "no responsible unit"),
    Reason.NO_PROMISE: ("无承诺时限", "no promised time"),
    Reason.OVERDUE: ("超过承诺时限", "the promised time is over"),
    Reason.UNVERIFIED: ("久未核查", "resolved, and not verified"),
    Reason.GATE_WAITING: ("久未结案", "verified, and not closed"),
    Reason.ORDER_OVERDUE: ("督办逾期未回复", "a supervision order was not answered in time"),
    Reason.PARKED: ("消息停放", "events of it are parked at a service"),
    Reason.STUCK: ("服务间滞留", "events of it did not get from one service to another"),
}
"""In Chinese and English."""
BY_STATE = (Reason.NO_UNIT, Reason.NO_PROMISE, Reason.OVERDUE, Reason.UNVERIFIED, Reason.GATE_WAITING)
"""Those that the complaint itself shows; it has one of them at most.

What a supervisor waits for comes in addition, and so does what is found by comparing services.
"""
PROMISED = frozenset({Status.ASSIGNED, Status.ACCEPTED, Status.IN_PROGRESS, Status.TRANSFERRED})
"""Where the clock runs and a promised time is owed. While a case is suspended its clock stands still."""
WAITING: Mapping[Status, Reason] = {
    Status.RECEIVED: Reason.NO_UNIT,  # or given back by its unit: who answers for it until another does?
    Status.RESOLVED: Reason.UNVERIFIED,
    Status.VERIFIED: Reason.GATE_WAITING,
}
"""What a state lacks, whatever was promised."""


def reason_of(status: Status, promised_at: datetime | None, waiting_since: datetime | None = None) -> Reason | None:
    """Return what a complaint lacks, or will once its time is over; None where it has ended or its clock stands."""
    if status in PROMISED and promised_at is not None and waiting_since is not None:
        return None
    if status in PROMISED:
        return Reason.NO_PROMISE if promised_at is None else Reason.OVERDUE
    return WAITING.get(status)


@dataclass(frozen=True)
class Graces:
    """For how long each reason is let pass before it counts."""

    no_unit: timedelta = timedelta(minutes=5)
    no_promise: timedelta = timedelta(minutes=5)
    overdue: timedelta = timedelta(0)
    unverified: timedelta = timedelta(days=3)
    gate_waiting: timedelta = timedelta(days=3)
    order_overdue: timedelta = timedelta(0)

    @classmethod
    def of_gates(cls, days: int) -> Self:
        """Return the graces with so many days for each of the closing gates."""
        return replace(cls(), unverified=timedelta(days=days), gate_waiting=timedelta(days=days))

    def before(self, now: datetime) -> dict[Reason, datetime]:
        """Return the moment at or before which a reason must have begun to count at `now`.

        For each that has such a moment: what is found between services counts whenever it was found.
        """
        return {reason: now - getattr(self, reason) for reason in (*BY_STATE, Reason.ORDER_OVERDUE)}
