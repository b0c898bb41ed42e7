"""What officers do in the field beside complaints: patrols, visits, campaigns, services.

Keyed by the id of the activity, or of the visit on patrol.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import Field

from contracts.correction_events import ErasureGround
from contracts.events import Payload, Place


class FieldEvent(StrEnum):
    """The kinds of field events."""

    RECORDED = "activity.recorded"
    VOIDED = "activity.voided"
    PHOTOGRAPHED = "patrol.photographed"
    """Its subject is the visit, not an activity: the patrol may never become one."""
    EVIDENCED = "activity.evidenced"
    ERASED = "activity.erased"


class ActivityRecorded(Payload):
    """An activity has come to its end. It names no resident."""

    kind: str
    """As in the ledger's list of kinds, which says the unit too."""
    count: Annotated[int, Field(ge=1)]
    """In the unit of the kind."""
    started_at: datetime
    ended_at: datetime | None = None
    """None for what has no length."""
    actor: str
    """Subject of the officer who did it, or who answers for what several did."""
    team: str | None = None
    community: str | None = None
    grid: str | None = None
    location: Place | None = None
    people: Annotated[int, Field(ge=1)] | None = None
    """How many took part."""
    evidence: tuple[str, ...] = ()
    """References to what shows it: ids of attachments of intake, or numbers of papers."""
    plan: UUID | None = None
    """The plan 巡查计划 that it carries out."""
    patrol: UUID | None = None
    """The patrol or inspection round that it was part of."""
    point: str | None = None
    """The point of the plan that was visited."""
    note: str | None = None
    generated: bool = False
    """Made up for a demonstration."""


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
    """Photos show an activity that was entered or corrected at the ledger, which counts it without being told."""

    actor: str
    photos: tuple[UUID, ...]
    """Attachments of intake."""


class ActivityErased(Payload):
    """What was written about an activity was erased at the ledger; whoever holds some of it erases it as well."""

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
    FieldEvent.VOIDED: ActivityVoided,
    FieldEvent.PHOTOGRAPHED: PatrolPhotographed,
    FieldEvent.EVIDENCED: ActivityEvidenced,
    FieldEvent.ERASED: ActivityErased,
}
OF_LEDGER = frozenset({FieldEvent.EVIDENCED, FieldEvent.ERASED})
"""What the ledger publishes of the activities that it counts; the others are published by dispatch."""
