"""Compares what the services published with what each applied: by hour first, and where that differs, id by id."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from eventbus.books import PUBLISHED, Bucket, Line, totals
from jieban.doctor.asking import Facts, Period, Source
from jieban.services import ServiceName

_HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Missing:
    """A published event that a service which takes it has not applied."""

    at: ServiceName
    event: Line
    published_by: ServiceName
    why: str
    """`waiting` in the outbox, `set_aside` there, `parked` at the service, or `not applied`: it never came."""


@dataclass
class Comparison:
    """What differs."""

    missing: list[Missing] = field(default_factory=list)
    unknown: list[tuple[ServiceName, UUID]] = field(default_factory=list)
    """Ids that a service applied, and that no outbox has."""

    @property
    def is_clean(self) -> bool:
        """Whether everything has arrived, and nothing else has."""
        return not self.missing and not self.unknown


def compare(facts: Mapping[ServiceName, Facts], sources: Mapping[ServiceName, Source], period: Period) -> Comparison:
    """Compare all services with all others; ids are asked for only of the hours in which counts or digests differ."""
    found = Comparison()
    for taker in facts.values():
        for hour in differing_hours(facts.values(), taker):
            part = Period(max(hour, period.start), min(hour + _HOUR, period.end))
            _compare_ids(found, facts, sources, taker, part)
    return found


def differing_hours(all_facts: Iterable[Facts], taker: Facts) -> list[datetime]:
    """Return the hours in which `taker` applied something else than what it should have."""
    wanted = (bucket for facts in all_facts for bucket in facts.published if bucket.type in taker.types)
    expected, present = totals(wanted), totals(taker.applied)
    return sorted(hour for hour in expected.keys() | present.keys() if expected[hour] != present[hour])


def _compare_ids(
    found: Comparison,
    facts: Mapping[ServiceName, Facts],
    sources: Mapping[ServiceName, Source],
    taker: Facts,
    part: Period,
) -> None:
    present = set(sources[taker.service].applied(part))
    for publisher in facts:
        for event in sources[publisher].published(part, taker.types):
            if event.id in present:
                present.remove(event.id)
            else:
                found.missing.append(Missing(taker.service, event, publisher, _why(event, taker)))
    found.unknown += [(taker.service, event_id) for event_id in sorted(present)]


def _why(event: Line, taker: Facts) -> str:
    if event.state != PUBLISHED:
        return event.state
    return "parked" if event.id in taker.parked else "not applied"


class TypeSum(NamedTuple):
    """The events of one type."""

    type: str
    events: int
    waiting: int
    set_aside: int


def types_of(facts: Facts) -> Sequence[TypeSum]:
    """Sum up all that a service published, by type."""
    by_type: dict[str, list[Bucket]] = defaultdict(list)
    for bucket in facts.published:
        by_type[str(bucket.type)].append(bucket)
    return [
        TypeSum(
            name,
            sum(each.events for each in buckets),
            sum(each.waiting for each in buckets),
            sum(each.set_aside for each in buckets),
        )
        for name, buckets in sorted(by_type.items())
    ]
