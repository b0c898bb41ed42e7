"""What reports of each source may and must say; the rules themselves are part of the sources' configuration."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Literal, NamedTuple

from intake_service.domain.flaws import Flaw

if TYPE_CHECKING:
    from intake_service.domain.configuration.reference import KnownSource
    from intake_service.domain.report import Report

Detail = Literal["reporter", "station", "device", "snapshot", "order", "external_ref", "self_handled"]


class _Place(NamedTuple):
    """Where a report says it, and whether one does."""

    pointer: str
    is_given: Callable[["Report"], bool]


_PLACES: Mapping[Detail, _Place] = {
    "reporter": _Place("/reporter", lambda report: report.reporter.known),
    "station": _Place("/station", lambda report: report.origin.station is not None),
    "device": _Place("/device", lambda report: report.origin.device is not None),
    "snapshot": _Place(
        "/device/snapshot",
        lambda report: report.origin.device is not None and report.origin.device.snapshot is not None,
    ),
    "order": _Place("/order", lambda report: report.origin.order is not None),
    "external_ref": _Place("/external_ref", lambda report: report.external_ref is not None),
    "self_handled": _Place("/self_handled", lambda report: report.handling is not None),
}
DETAILS = frozenset(_PLACES)


def flaws_of_source(report: "Report", source: "KnownSource", roles: frozenset[str]) -> Iterator[Flaw]:
    """Yield what `report` says and its source may not, and what a caller with `roles` has to say there and does not."""
    demanded = source.demanded_of(roles)
    for detail, place in _PLACES.items():
        is_given = place.is_given(report)
        if is_given and detail not in source.takes:
            yield Flaw(place.pointer, "not-of-this-source", source.code)
        elif not is_given and detail in demanded:
            yield Flaw(place.pointer, "source-demands", source.code)


def flaws_of_origin(report: "Report", now: datetime) -> Iterator[Flaw]:
    """Yield a snapshot that is not attached, and a deadline that is over."""
    device, order = report.origin.device, report.origin.order
    if device is not None and device.snapshot is not None and device.snapshot not in report.attachments:
        yield Flaw("/device/snapshot", "snapshot-not-attached", str(device.snapshot))
    if order is not None and order.deadline is not None and order.deadline <= now:
        yield Flaw("/order/deadline", "deadline-is-over")
