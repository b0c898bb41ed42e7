"""Complaints to which anything happens that the state table allows, at any time."""

from collections.abc import Callable
from datetime import datetime, timedelta
from random import Random
from uuid import UUID

from contracts.closing_events import FollowUpOutcome, Satisfaction
from contracts.envelope import Event
from contracts.events import ComplaintRescheduled, ComplaintResolved, ComplaintStarted
from contracts.lifecycle import TRANSITIONS, UNCOUNTED, EventType, Status
from ledger.eventful import Eventful
from ledger_service.domain.cubes import Dimension

_TEAMS = ("team-01", "team-02", "team-03")
_OFFICERS = ("officer-1", "officer-2")
_CATEGORIES = ("street_order.vendors", "street_order.parking", "noise.night")
_MODES = ("guidance", "case_filed")
_SOURCES = ("hotline", "resident_app")
_DEPARTMENTS = ("power", "water")
_WORDS: tuple[Satisfaction, ...] = ("satisfied", "basically_satisfied", "dissatisfied")
_OUTCOMES: tuple[FollowUpOutcome, ...] = ("reached", "no_answer", "refused", "wrong_number")
MOST = 30


class Wandering(Eventful):
    """A history of up to MOST events, on and on until nothing more can happen or chance ends it."""

    def __init__(self, random: Random, tenant: str, begin: datetime) -> None:
        super().__init__(tenant=tenant)
        self._random = random
        self._now = begin
        self._status = Status.RECEIVED
        self._rating = self._appeal = self.id
        self._appealed: set[UUID] = set()
        occurred_at = begin - timedelta(minutes=random.randint(-5, 3000)) if random.random() < 0.5 else None
        self.received(
            category=random.choice((*_CATEGORIES, None)),
            source=random.choice(_SOURCES),
            received_at=begin,
            occurred_at=occurred_at,
        )
        self.at(begin)
        while len(self.events) < MOST and random.random() < 0.96:
            self._step()

    @staticmethod
    def value(name: Dimension, random: Random) -> str:
        """Return what complaints may be filtered by."""
        values: dict[Dimension, tuple[str, ...]] = {
            Dimension.COMMUNITY: ("fulai", ""),
            Dimension.GRID: ("grid-01", "grid-02"),
            Dimension.TEAM: _TEAMS,
            Dimension.OFFICER: _OFFICERS,
            Dimension.CATEGORY: (*_CATEGORIES, "street_order"),
            Dimension.SOURCE: _SOURCES,
            Dimension.HANDLING_MODE: _MODES,
            Dimension.DEPARTMENT: (*_DEPARTMENTS, ""),
        }
        return random.choice(values[name])

    def _step(self) -> None:
        makers = self._makers()
        legal = [each for each in makers if self._status in TRANSITIONS[each].sources]
        if self._rating in self._appealed:
            legal = [each for each in legal if each is not EventType.RATING_APPEALED]
        weights = [3 if TRANSITIONS[each].target not in (None, *UNCOUNTED) else 1 for each in legal]
        [chosen] = self._random.choices(legal, weights)
        self._now += timedelta(minutes=self._random.choice((1, 20, 200, 2000, 6000)))
        makers[chosen]()
        event = self.at(self._now)
        if chosen in (EventType.FEEDBACK_RECEIVED, EventType.FOLLOWED_UP):
            self._rating = event.id
        elif chosen is EventType.RATING_APPEALED:
            self._appeal = event.id
            self._appealed.add(self._rating)
        self._status = TRANSITIONS[chosen].target or self._status

    def _makers(self) -> dict[EventType, Callable[[], Event]]:
        random = self._random
        later = self._now + timedelta(minutes=random.choice((60, 1500, 5000)))
        satisfaction = random.choice(_WORDS)
        return {
            EventType.ASSIGNED: lambda: (
                self.promised(later, team=random.choice(_TEAMS), officer=random.choice((None, *_OFFICERS)))
                if random.random() < 0.9
                else self.assigned(number=self._round())
            ),
            EventType.ACCEPTED: self.accepted,
            EventType.STARTED: self._started,
            EventType.RETURNED: self.returned,
            EventType.TRANSFERRED: lambda: self.transferred(random.choice(_DEPARTMENTS)),
            EventType.CONTRIBUTED: self._contributed,
            EventType.ESCALATED: lambda: self.ordered(random.choice(_TEAMS), deadline=later),
            EventType.ORDER_REPLIED: lambda: self.order_replied(random.choice(_OFFICERS), late=random.random() < 0.3),
            EventType.ORDER_MISSED: lambda: self.order_missed(random.choice(_TEAMS), deadline=later),
            EventType.ORDER_WITHDRAWN: self.order_withdrawn,
            EventType.EXTENDED: lambda: self.extended(later),
            EventType.RESCHEDULED: lambda: self.event(EventType.RESCHEDULED, ComplaintRescheduled(promised_at=later)),
            EventType.SUSPENDED: self.suspended,
            EventType.RESUMED: lambda: self.resumed(later),
            EventType.RESOLVED: self._resolved,
            EventType.VERIFIED: self.verified,
            EventType.REWORK_ORDERED: lambda: self.rework_ordered(self._round() + 1),
            EventType.FOLLOWED_UP: self._called,
            EventType.CLOSED: self.closed,
            EventType.FEEDBACK_RECEIVED: lambda: self.rated(satisfaction, solved=random.random() < 0.5),
            EventType.RATING_APPEALED: lambda: self.appealed(self._rating),
            EventType.APPEAL_DECIDED: lambda: self.decided(self._appeal, upheld=random.random() < 0.7),
            EventType.REOPENED: lambda: self.reopened(self._round() + 1),
            EventType.FORCE_CLOSED: self.force_closed,
            EventType.VOIDED: self.voided,
            EventType.WITHDRAWN: self.withdrawn,
            EventType.SUPPLEMENTED: self.supplemented,
            EventType.QUESTION_ASKED: self.asked,
            EventType.QUESTION_ANSWERED: self.answered,
            EventType.QUESTION_LAPSED: self.lapsed,
            EventType.REJECTED: self.rejected,
            EventType.MERGED: self.merged,
            EventType.UNMERGED: self.unmerged,
            EventType.LOCATED: lambda: self.located(community=random.choice(("xingui", None))),
            EventType.RECLASSIFIED: lambda: self.reclassified(random.choice(_CATEGORIES)),
            EventType.CLEARED: self.cleared,
            EventType.EXCLUDED: lambda: self.excluded(
                random.choice(("timeliness", "satisfaction", "all")), excluded=random.random() < 0.6
            ),
        }

    def _round(self) -> int:
        return 1 + sum(event.type in (EventType.REWORK_ORDERED, EventType.REOPENED) for event in self.events)

    def _started(self) -> Event:
        at = self._now - timedelta(minutes=5)
        data = ComplaintStarted(actor=self._random.choice(_OFFICERS), team="team-01", started_at=at)
        return self.event(EventType.STARTED, data)

    def _resolved(self) -> Event:
        facts = {
            "actor": self._random.choice(_OFFICERS),
            "team": "team-01",
            "handling_mode": self._random.choice(_MODES),
            "result": "已劝离",
            "resolved_at": self._random.choice(
                (None, self._now - timedelta(minutes=self._random.choice((3, 90, 3000))))
            ),
        }
        return self.event(EventType.RESOLVED, ComplaintResolved.model_validate(facts))

    def _contributed(self) -> Event:
        team, is_done = self._random.choice(_TEAMS), self._random.random() < 0.4
        supporting = self._random.random() < 0.8
        return self.contributed(team, self._random.choice(_OFFICERS), supporting=supporting, part_done=is_done)

    def _called(self) -> Event:
        outcome = self._random.choice(_OUTCOMES)
        if outcome != "reached":
            return self.called(outcome)
        satisfaction = self._random.choice((None, *_WORDS))
        return self.called("reached", satisfaction, solved=self._random.choice((None, True, False)))
