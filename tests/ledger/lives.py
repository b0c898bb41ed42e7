"""Histories whose steps are drawn, as far as the state table lets them happen."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

from contracts.events import (
    ComplaintAssigned,
    ComplaintEscalated,
    ComplaintRescheduled,
    ComplaintResumed,
    ComplaintSuspended,
    Satisfaction,
)
from contracts.lifecycle import EventType, IllegalTransition, Status, next_status
from histories import OFFICER
from ledger.eventful import Eventful

_ASKED = {"actor": "dispatcher-1", "team": "team-01", "reason": "等配件", "asked_by": OFFICER}


class Draw(NamedTuple):
    """What a step may make use of."""

    minutes: int = 1
    """Until the next step."""
    hours: int = 1
    """Until what is promised."""
    community: str = "fulai"
    satisfaction: Satisfaction = "satisfied"


class Life(Eventful):
    """One complaint; no step is later than `latest`."""

    def __init__(self, tenant: str, began: datetime, latest: datetime) -> None:
        super().__init__(tenant=tenant)
        self.status: Status | None = None
        self.rounds = 1
        self._clock, self._latest = began, latest
        self.step("received", Draw())

    def step(self, name: str, draw: Draw) -> None:
        """Let a step happen, unless the state table refuses it."""
        STEPS[name](self, draw)
        try:
            self.status = next_status(self.status, EventType(self.events[-1].type))
        except IllegalTransition:
            self.events.pop()
            return
        self.rounds += name in ("reopened", "rework_ordered")
        self.at(self._clock)
        self._clock = min(self._latest, self._clock + timedelta(minutes=draw.minutes))

    def until(self, draw: Draw) -> datetime:
        return self._clock + timedelta(hours=draw.hours)

    def placed(self, draw: Draw) -> None:
        """Assign it; every other time, the event does not say when the light turns yellow."""
        warned = {"warn_at": self._clock + timedelta(hours=draw.hours * 0.7)} if draw.hours % 2 else {}
        facts = {
            "team": "team-01",
            "team_name": "一队",
            "community": draw.community,
            "round": self.rounds,
            "rule": "grid",
        }
        data = ComplaintAssigned.model_validate({**facts, "promised_at": self.until(draw), **warned})
        self.event(EventType.ASSIGNED, data)

    def laid_aside(self) -> None:
        self.event(EventType.SUSPENDED, ComplaintSuspended.model_validate(_ASKED))

    def taken_up(self, draw: Draw) -> None:
        data = ComplaintResumed.model_validate({**_ASKED, "promised_at": self.until(draw)})
        self.event(EventType.RESUMED, data)

    def reckoned_anew(self, draw: Draw) -> None:
        data = ComplaintRescheduled(promised_at=self.until(draw), warn_at=self.until(draw) - timedelta(minutes=9))
        self.event(EventType.RESCHEDULED, data)

    def told(self, draw: Draw) -> None:
        """Escalate it; the event says a promised time every other time."""
        promised = {"promised_at": self.until(draw)} if draw.hours % 2 else {}
        facts = {"level": 80, "stage": "resolve", "team": "team-01"}
        self.event(EventType.ESCALATED, ComplaintEscalated.model_validate({**facts, **promised}))


STEPS: Mapping[str, Callable[[Life, Draw], object]] = {
    "received": lambda life, _: life.received(received_at=life.until(Draw(hours=0))),
    "assigned": Life.placed,
    "accepted": lambda life, _: life.accepted(),
    "started": lambda life, _: life.started(),
    "suspended": lambda life, _: life.laid_aside(),
    "resumed": Life.taken_up,
    "extended": lambda life, draw: life.extended(life.until(draw)),
    "rescheduled": lambda life, draw: life.reckoned_anew(draw),
    "escalated": lambda life, draw: life.told(draw),
    "returned": lambda life, _: life.returned(),
    "resolved": lambda life, _: life.resolved(),
    "verified": lambda life, _: life.verified(),
    "closed": lambda life, _: life.closed(),
    "rated": lambda life, draw: life.rated(draw.satisfaction),
    "called": lambda life, draw: life.called("reached", draw.satisfaction),
    "reopened": lambda life, _: life.reopened(life.rounds + 1),
    "rework_ordered": lambda life, _: life.rework_ordered(life.rounds + 1),
    "voided": lambda life, _: life.voided(),
    "force_closed": lambda life, _: life.force_closed(),
    "asked": lambda life, _: life.asked(),
    "answered": lambda life, _: life.answered(),
    "lapsed": lambda life, _: life.lapsed(),
    "supplemented": lambda life, _: life.supplemented(),
    "withdrawn": lambda life, _: life.withdrawn(),
    "rejected": lambda life, _: life.rejected(),
    "merged": lambda life, _: life.merged(),
    "unmerged": lambda life, _: life.unmerged(),
    "located": lambda life, draw: life.located(community=draw.community),
}
