"""Activities 活动: what officers and communities do beside complaints, recorded once and corrected in the open."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from contracts.correction_events import ErasureGround
from ledger_service.domain.activity_kinds import kinds

CLOCK_TOLERANCE = timedelta(minutes=5)
MOST = 100_000
"""Of one activity: more than that in one place and hour is a slip of the finger."""


class ActivityVoided(Exception):
    """The activity was voided; nothing can be done with it any more."""


class RecordedByAnother(Exception):
    """Whoever wants to correct the activity did not record it, and does not supervise those who do."""


class Erasure(NamedTuple):
    """Why what was written about an activity is erased. It is kept for good, and names nobody."""

    ground: ErasureGround
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """Who does something for which tenant, when, and in which time zone days are counted there."""

    tenant: str
    actor: str
    at: datetime
    zone: ZoneInfo
    event: UUID | None = None
    """What has said so; None where it is done here, and is to be told."""
    day: date | None = None
    """On which the event says that the activity counts."""


class Flaw(NamedTuple):
    """What is wrong with an activity: a JSON pointer, a code, and values for its text."""

    pointer: str
    code: str
    params: Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What was done. The quantity is in the unit of the kind; the place is in WGS84 degrees."""

    kind: str
    quantity: int
    happened_at: datetime
    community: str | None = None
    grid: str | None = None
    team: str | None = None
    people: int | None = None
    """How many took part."""
    lon: float | None = None
    lat: float | None = None
    address: str | None = None
    evidence: tuple[str, ...] = ()
    """References to what shows it: addresses or numbers of photos and papers."""
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity:
    """An activity as its entries make it; `version` counts them."""

    tenant: str
    id: UUID
    version: int
    facts: Facts
    day: date
    """The day of `happened_at` in the tenant's time zone, when that was entered: where it counts."""
    recorded_by: str
    recorded_at: datetime
    generated: bool = False
    """Made up, for the demo county."""
    voided_at: datetime | None = None
    void_reason: str | None = None
    erased_at: datetime | None = None
    """When what was written about it was erased last."""
    evidence_erased: int = 0
    """How many references went with that."""

    @property
    def evidence_count(self) -> int:
        """How many references there are or were."""
        return len(self.facts.evidence) + self.evidence_erased

    def corrected(self, facts: Facts, day: date) -> "Activity":
        """Return it with other facts; where it is voided, it stays so."""
        return replace(self, facts=facts, day=day, evidence_erased=0, version=self.version + 1)

    def voided(self, reason: str, at: datetime) -> "Activity":
        """Return it without effect."""
        return replace(self, voided_at=at, void_reason=reason, version=self.version + 1)

    def erased(self, at: datetime) -> "Activity":
        """Return it without what somebody has written, also where it is voided; whatever counts stays."""
        facts = replace(self.facts, address=None, evidence=(), note=None)
        return replace(
            self,
            facts=facts,
            void_reason=None,
            erased_at=at,
            evidence_erased=self.evidence_count,
            version=self.version + 1,
        )


class Cell(NamedTuple):
    """Where an activity counts: a day, a kind, a community and a team; an empty text stands for none."""

    tenant: str
    day: date
    kind: str
    community: str
    team: str


class Count(NamedTuple):
    """What counts there."""

    quantity: int
    activities: int


def count_of(activity: Activity) -> tuple[Cell, Count]:
    """Return where an activity counts, and how much: a voided one does not."""
    facts = activity.facts
    cell = Cell(activity.tenant, activity.day, facts.kind, facts.community or "", facts.team or "")
    return cell, Count(0, 0) if activity.voided_at else Count(facts.quantity, 1)


def day_of(facts: Facts, act: Act) -> date:
    """Return the day on which it counts: that of the event, or the one on which it happened there."""
    return act.day or facts.happened_at.astimezone(act.zone).date()


def flaws(facts: Facts, now: datetime) -> Iterator[Flaw]:
    """Yield what is wrong with what somebody wants to record."""
    if facts.kind not in kinds():
        yield Flaw("/kind", "unknown-activity-kind", {})
    if not 1 <= facts.quantity <= MOST:
        yield Flaw("/quantity", "quantity-out-of-range", {"most": MOST})
    if facts.people is not None and not 1 <= facts.people <= MOST:
        yield Flaw("/people", "people-out-of-range", {"most": MOST})
    if facts.happened_at > now + CLOCK_TOLERANCE:
        yield Flaw("/happened_at", "in-the-future", {})


def as_json(activity: Activity, **more: Any) -> str:
    """Return the data of an entry that says all there is about an activity, and `more`; what is not known is left out.

    The day is among it, so that counts can be made again from entries alone.
    """
    facts = activity.facts
    said = {
        "kind": facts.kind,
        "quantity": facts.quantity,
        "happened_at": facts.happened_at.isoformat(),
        "day": activity.day.isoformat(),
        "community": facts.community,
        "grid": facts.grid,
        "team": facts.team,
        "people": facts.people,
        "lon": facts.lon,
        "lat": facts.lat,
        "address": facts.address,
        "evidence": list(facts.evidence) or None,
        "evidence_erased": activity.evidence_erased or None,
        "note": facts.note,
        "generated": activity.generated or None,
        **more,
    }
    present = {name: value for name, value in said.items() if value is not None}
    return json.dumps(present, ensure_ascii=False, separators=(",", ":"))
