"""A report as it came in, and the rules it must keep."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from contracts.events import HandlingMode, RequestKind
from intake_service.domain import reference
from intake_service.domain.complaint import Location, Reporter
from intake_service.domain.flaws import Flaw
from intake_service.domain.origin import NOTHING, Origin
from intake_service.domain.source_rules import flaws_of_origin, flaws_of_source

CLOCK_TOLERANCE = timedelta(minutes=5)
_HANDLE_THEMSELVES = frozenset({"inspector", "officer"})
_TRUSTED_WITH_REFERENCES = frozenset({"operator", "partner", "inspector"})


@dataclass(frozen=True, slots=True)
class Handling:
    """What the caller has done about it on the spot 自处理."""

    mode: HandlingMode
    result: str
    at: datetime | None
    """None: just now."""


@dataclass(frozen=True, slots=True)
class Report:
    """What a caller wants to be accepted."""

    source: str
    category: str | None
    description: str
    location: Location
    reporter: Reporter
    occurred_at: datetime | None
    external_ref: str | None
    attributes: dict[str, object]
    attachments: tuple[UUID, ...] = ()
    """What was uploaded before, by the same caller."""
    handling: Handling | None = None
    kind: RequestKind = "complaint"
    origin: Origin = NOTHING


def flaws(report: Report, roles: frozenset[str], now: datetime) -> Iterator[Flaw]:
    """Yield every rule that `report` breaks when a caller with `roles` sends it at `now`."""
    source = reference.sources().get(report.source)
    if source is None:
        yield Flaw("/source", "unknown-source", report.source)
    elif not source.roles & roles:
        yield Flaw("/source", "source-not-yours", report.source)
    else:
        yield from flaws_of_source(report, source)
    yield from flaws_of_origin(report, now)
    if report.category is not None and report.category not in reference.categories():
        yield Flaw("/category", "unknown-category", report.category)
    if report.occurred_at is not None and report.occurred_at > now + CLOCK_TOLERANCE:
        yield Flaw("/occurred_at", "in-the-future")
    if report.external_ref is not None and not _TRUSTED_WITH_REFERENCES & roles:
        yield Flaw("/external_ref", "external-ref-not-yours")
    if report.handling is not None:
        yield from _flaws_of_handling(report.handling, roles, now)


def _flaws_of_handling(handling: Handling, roles: frozenset[str], now: datetime) -> Iterator[Flaw]:
    if not _HANDLE_THEMSELVES & roles:
        yield Flaw("/self_handled", "self-handling-not-yours")
    if handling.at is not None and handling.at > now + CLOCK_TOLERANCE:
        yield Flaw("/self_handled/handled_at", "in-the-future")
