"""What officers do in the field beside complaints: patrols, visits, campaigns, services.

Keyed by the id of the activity, or of the visit on patrol. Dispatch tells of patrols that become activities, the ledger
of what was done with activities there; it takes in what dispatch tells and reads its own again where it was restored.
So `sequence` of its own events is the number of the entry, which counts all that it has entered about the activity.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import Field

from contracts.correction_events import ErasureGround
from contracts.events import Payload, Place


class FieldEvent(StrEnum):
    """The kinds of field events."""

    RECORDED = "activity.recorded"
    CORRECTED = "activity.corrected"
    VOIDED = "activity.voided"
    PHOTOGRAPHED = "patrol.photographed"
    """Its subject is the visit, not an activity: the patrol may never become one."""
    EVIDENCED = "activity.evidenced"
    ERASED = "activity.erased"


class ActivityFacts(Payload):
    """What was done. It names no resident."""

    kind: str
    """As in the ledger's list of kinds, which says the unit too."""
    count: Annotated[int, Field(ge=1)]
    """In the unit of the kind."""
    started_at: datetime
    actor: str
    """Subject of who says so: the officer who did it, or who answers for what several did."""
    team: str | None = None
    community: str | None = None
    grid: str | None = None
    location: Place | None = None
    people: Annotated[int, Field(ge=1)] | None = None
    """How many took part."""
    evidence: tuple[str, ...] = ()
    """References to what shows it: ids of attachments of intake, or numbers of papers."""
    note: str | None = None
    day: date | None = None
    """On which it counts, where the ledger says so."""


class ActivityRecorded(ActivityFacts):
    """An activity has come to its end, and counts."""

    ended_at: datetime | None = None
    """None for what has no length."""
    plan: UUID | None = None
    """The plan 巡查计划 that it carries out."""
    patrol: UUID | None = None
    """The patrol or inspection round that it was part of."""
    point: str | None = None
    """The point of the plan that was visited."""
    generated: bool = False
    """Made up for a demonstration."""


class ActivityCorrected(ActivityFacts):
    """It was otherwise than recorded: all facts anew, and why."""

    reason: str


class ActivityVoided(Payload):
    """The activity shall not count: it was recorded in error."""

    actor: str
    reason: str


class PatrolPhotographed(Payload):
    """A visit on patrol has brought photos."""

    actor: str
    team: str
    patrol: UUID
    photos: tuple[UUID, ...]
    """Attachments of intake."""


class ActivityEvidenced(Payload):
    """Photos show an activity that was entered or corrected at a ledger of before, which told nothing else of it."""

    actor: str
    photos: tuple[UUID, ...]
    """Attachments of intake."""


class ActivityErased(Payload):
    """What was written about an activity was erased at the ledger, which comes to it here once more after a restore."""

    actor: str
    ground: ErasureGround
    reason: str
    """It names nobody."""


def photos_among(evidence: Iterable[str]) -> Iterator[UUID]:
    """Yield the attachments among the references of an activity, which may also be numbers of papers."""
    for each in evidence:
        with suppress(ValueError):
            yield UUID(each)


FIELD_PAYLOADS: Mapping[StrEnum, type[Payload]] = {
    FieldEvent.RECORDED: ActivityRecorded,
    FieldEvent.CORRECTED: ActivityCorrected,
    FieldEvent.VOIDED: ActivityVoided,
    FieldEvent.PHOTOGRAPHED: PatrolPhotographed,
    FieldEvent.EVIDENCED: ActivityEvidenced,
    FieldEvent.ERASED: ActivityErased,
}
_OF_LEDGER = ("ledger",)
_OF_BOTH = ("dispatch", "ledger")
FIELD_OWNERS: Mapping[StrEnum, tuple[str, ...]] = {
    FieldEvent.RECORDED: _OF_BOTH,
    FieldEvent.CORRECTED: _OF_LEDGER,
    FieldEvent.VOIDED: _OF_BOTH,
    FieldEvent.PHOTOGRAPHED: ("dispatch",),
    FieldEvent.EVIDENCED: _OF_LEDGER,
    FieldEvent.ERASED: _OF_LEDGER,
}
"""Who publishes what: patrols that are done are told by dispatch, what is done at the ledger by the ledger."""
