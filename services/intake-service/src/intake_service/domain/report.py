"""A report as it came in, and the rules it must keep."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from contracts.events import HandlingMode, RequestKind
from intake_service.domain.complaint import Location, Reporter
from intake_service.domain.configuration.answers import flaws_of_answers, stop_of
from intake_service.domain.configuration.items import Bilingual
from intake_service.domain.configuration.reference import ALWAYS, KnownCategory, KnownSource, Reference
from intake_service.domain.flaws import Flaw
from intake_service.domain.origin import NOTHING, Origin
from intake_service.domain.source_rules import flaws_of_origin, flaws_of_source

CLOCK_TOLERANCE = timedelta(minutes=5)
_TRUSTED_WITH_REFERENCES = frozenset({"operator", "partner", "inspector"})
_HANDLE_THEMSELVES = frozenset({"inspector", "officer"})


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


def flaws(report: Report, roles: frozenset[str], now: datetime, reference: Reference) -> Iterator[Flaw]:
    """Yield every rule of `reference` that `report` breaks when a caller with `roles` sends it at `now`."""
    yield from _flaws_of_source(report, roles, now, reference.sources.get(report.source))
    yield from flaws_of_origin(report, now)
    if report.category is not None:
        yield from _flaws_of_category(report, now, reference.categories.get(report.category))
    if report.occurred_at is not None and report.occurred_at > now + CLOCK_TOLERANCE:
        yield Flaw("/occurred_at", "in-the-future")
    if report.handling is not None:
        yield from _flaws_of_handling(report.handling, roles, now)


def suits(report: Report, now: datetime, reference: Reference) -> bool:
    """Return whether its category takes it with the answers and attachments that it has; see `needs_photo`."""
    category = reference.categories.get(report.category or "")
    return next(_flaws_of_category(report, now, category), None) is None


def needs_photo(report: Report, reference: Reference) -> bool:
    """Return whether its category needs an image among the attachments: what they are is known where they are kept."""
    category = None if report.category is None else reference.categories.get(report.category)
    return category is not None and category.needs_photo


def without_photo(category: str | None) -> Flaw:
    """Return what is wrong with a report that has no photo where its category needs one."""
    return Flaw("/attachments", "category-needs-photo", category or "")


def advice(report: Report, reference: Reference) -> tuple[str, Bilingual] | None:
    """Return where the report says that it is out of scope, and what to do instead; None where it does not."""
    category = None if report.category is None else reference.categories.get(report.category)
    if category is None or category.is_plain:
        return None
    if category.advice is not None:
        return "/category", category.advice
    stop = stop_of(category.questions, report.attributes)
    return None if stop is None else (f"/attributes/{stop[0]}", stop[1])


def _flaws_of_source(
    report: Report, roles: frozenset[str], now: datetime, source: KnownSource | None
) -> Iterator[Flaw]:
    if source is None:
        yield Flaw("/source", "unknown-source", report.source)
    elif source.roles.isdisjoint(roles):
        yield Flaw("/source", "source-not-yours", report.source)
    elif source.span is not ALWAYS and (standing := source.span.at(now)) != "active":
        yield Flaw("/source", "source-retired" if standing == "retired" else "source-not-yet", report.source)
    else:
        yield from flaws_of_source(report, source, roles)
    if report.external_ref is not None and _TRUSTED_WITH_REFERENCES.isdisjoint(roles):
        yield Flaw("/external_ref", "external-ref-not-yours")


def _flaws_of_category(report: Report, now: datetime, category: KnownCategory | None) -> Iterator[Flaw]:
    if category is None:
        yield Flaw("/category", "unknown-category", report.category or "")
    elif not category.is_plain:
        standing = category.span.at(now)
        if standing != "active":
            code = "category-retired" if standing == "retired" else "category-not-yet"
            yield Flaw("/category", code, category.code)
        if category.needs_photo and not report.attachments:
            yield without_photo(category.code)
        yield from flaws_of_answers(category.questions, report.attributes)


def _flaws_of_handling(handling: Handling, roles: frozenset[str], now: datetime) -> Iterator[Flaw]:
    if not _HANDLE_THEMSELVES & roles:
        yield Flaw("/self_handled", "self-handling-not-yours")
    if handling.at is not None and handling.at > now + CLOCK_TOLERANCE:
        yield Flaw("/self_handled/handled_at", "in-the-future")
