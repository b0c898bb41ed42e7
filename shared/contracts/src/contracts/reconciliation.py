"""Accounts 对账: the ledger asks what the other services published and applied, and they state what differs.

Everything counts by event id. Ids are UUIDv7, so an id says in which hour its event was made, the same on every side.
All of it concerns the life of complaints, of all tenants; the envelope's tenant is the one that operates the platform.
"""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from contracts.payload import Payload

MOST_HOURS = 168
"""How many hours one question may be about."""
MOST_PUBLISHED, MOST_APPLIED, MOST_PARKED = 2_000, 8_000, 500
"""How many events a statement lists: so it stays below what a broker takes."""


class ReconciliationEvent(StrEnum):
    """The kinds of events of a reconciliation, whose id is their subject."""

    ASKED = "reconciliation.asked"
    INTAKE_STATED = "reconciliation.intake_stated"
    DISPATCH_STATED = "reconciliation.dispatch_stated"


class HourSum(Payload):
    """What the ledger has entered of one type and hour."""

    hour: datetime
    type: str
    events: int
    digest: str
    """XOR of the last 15 hexadecimal digits of their ids, as so many digits."""


class ReconciliationAsked(Payload):
    """The ledger asks for accounts: here are its own, where do yours differ?"""

    until: datetime
    """Events made later are left out: they may still be on their way."""
    hours: Annotated[tuple[datetime, ...], Field(max_length=MOST_HOURS)]
    """Whole hours of UTC, in order."""
    entered: tuple[HourSum, ...]


class PublishedLine(Payload):
    """One event of the service's outbox."""

    id: UUID
    type: str
    complaint: UUID
    tenant: str
    state: Literal["waiting", "published", "set_aside"]


class DifferingHour(Payload):
    """What the service has of an hour in which its sums are not the ledger's; None where they are."""

    hour: datetime
    published: tuple[PublishedLine, ...] | None = None
    applied: tuple[UUID, ...] | None = None
    published_whole: bool = True
    applied_whole: bool = True
    """False where there are more than are listed."""


class ParkedComplaint(Payload):
    """A complaint of which messages are parked at the service."""

    complaint: UUID
    tenant: str
    since: datetime
    """When the first was parked."""
    event: UUID | None = None
    """The first; None where it names none."""
    messages: int


class AccountsStated(Payload):
    """A service's answer. What is not named agrees with the ledger."""

    takes: tuple[str, ...]
    """Which types the service applies."""
    published: int
    applied: int
    """Events of all hours that were asked about."""
    published_since: datetime
    """Of earlier hours the outbox is not whole any more: what was published then is not compared."""
    differing: tuple[DifferingHour, ...]
    parked: Annotated[tuple[ParkedComplaint, ...], Field(max_length=MOST_PARKED)]
    """The longest parked first."""
    parked_messages: int
    """All that are parked, of whatever topic."""


RECONCILIATION_PAYLOADS: Mapping[StrEnum, type[Payload]] = {
    ReconciliationEvent.ASKED: ReconciliationAsked,
    ReconciliationEvent.INTAKE_STATED: AccountsStated,
    ReconciliationEvent.DISPATCH_STATED: AccountsStated,
}
RECONCILIATION_OWNERS: Mapping[StrEnum, str] = {
    ReconciliationEvent.ASKED: "ledger",
    ReconciliationEvent.INTAKE_STATED: "intake",
    ReconciliationEvent.DISPATCH_STATED: "dispatch",
}
