"""What lists of complaints are narrowed to: one table says what each filter asks of a row."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from itertools import chain
from math import cos, floor, radians
from typing import Any, Literal, TypeAlias

import sqlalchemy as sa

from contracts.lifecycle import ENDED
from eventbus.janitor import first_id_at
from intake_service.persistence.attachment_tables import attachment
from intake_service.persistence.tables import complaint
from operations.filters import BoundingBox

Order: TypeAlias = Literal["newest", "oldest", "updated_newest", "updated_oldest"]
Condition: TypeAlias = sa.ColumnElement[bool]
METRES_PER_DEGREE = 111_195.0
"""Of a great circle, on a sphere of 6,371 km."""
BANDS_PER_DEGREE = 1_000
"""Of latitude, in the index of places (`complaint_past_by_band`): some hundred metres each."""
_MOST_BANDS = 300
"""A box that is higher has so much in it that going through complaints by their time is as good."""
_CLOCKS_DIFFER = timedelta(days=1)
"""No id was made so long before or after its complaint was received, wherever clocks were set meanwhile."""
_C = complaint.c
_band: sa.ColumnElement[int] = sa.cast(sa.func.floor(_C.lat * sa.literal_column(str(BANDS_PER_DEGREE))), sa.Integer)
_category: sa.ColumnElement[Any] = _C.category.collate("C")


@dataclass(frozen=True, slots=True)
class Circle:
    """Places within so many metres of a point in WGS84 degrees."""

    lon: float
    lat: float
    metres: float

    @property
    def box(self) -> BoundingBox:
        """What encloses it."""
        north = self.metres / METRES_PER_DEGREE
        east = min(180.0, north / max(cos(radians(self.lat)), 1e-6))
        return self.lon - east, self.lat - north, self.lon + east, self.lat + north


@dataclass(frozen=True, slots=True, kw_only=True)
class ComplaintFilter:
    """What a list is narrowed down to: to what matches all of it, and of several values any one."""

    status: tuple[str, ...] = ()
    category: tuple[str, ...] = ()
    """Each stands for those below it too."""
    source: tuple[str, ...] = ()
    kind: tuple[str, ...] = ()
    community: tuple[str, ...] = ()
    grid: tuple[str, ...] = ()
    unit: tuple[str, ...] = ()
    number: tuple[str, ...] = ()
    external_ref: tuple[str, ...] = ()
    proactive: bool | None = None
    anonymous: bool | None = None
    categorised: bool | None = None
    located: bool | None = None
    """Whether it has a point, or an address alone."""
    outside_area: bool | None = None
    has_attachments: bool | None = None
    confidential: bool | None = None
    """Whether the reporter wishes to be known to as few as possible."""
    confidence_from: float | None = None
    """Of the category that was suggested; complaints that came with one have none."""
    confidence_below: float | None = None
    received_from: datetime | None = None
    received_to: datetime | None = None
    """Exclusive, so that two periods side by side share no complaint."""
    updated_after: datetime | None = None
    updated_to: datetime | None = None
    bbox: BoundingBox | None = None
    near: Circle | None = None
    q: str | None = None
    """What is looked for in the words, as `domain.search` reads it."""
    sort: Order = "newest"

    def narrows(self) -> set[str]:
        """Return the names of the filters that are given."""
        return {each.name for each in fields(self) if getattr(self, each.name) not in (None, ())} - {"sort"}


def _any_of(column: sa.ColumnElement[Any]) -> Callable[[Sequence[str]], Iterator[Condition]]:
    def condition(values: Sequence[str]) -> Iterator[Condition]:
        yield column == values[0] if len(values) == 1 else column.in_(values)

    return condition


def _is(condition: Condition) -> Callable[[bool], Iterator[Condition]]:
    def chosen(wanted: bool) -> Iterator[Condition]:
        yield condition if wanted else sa.not_(condition)

    return chosen


def _of_category(codes: Sequence[str]) -> Iterator[Condition]:
    # In the order of code points, the slash follows the dot.
    below = [sa.and_(_category >= f"{code}.", _category < f"{code}/") for code in codes]
    yield sa.or_(_category.in_(codes), *below)


def _received_from(moment: datetime) -> Iterator[Condition]:
    yield _C.received_at >= moment
    yield _C.id >= first_id_at(moment - _CLOCKS_DIFFER)


def _received_to(moment: datetime) -> Iterator[Condition]:
    yield _C.received_at < moment
    yield _C.id < first_id_at(moment + _CLOCKS_DIFFER)


def _within(box: BoundingBox) -> Iterator[Condition]:
    west, south, east, north = box
    yield _C.lon.between(west, east)
    yield _C.lat.between(south, north)


def _in_circle(circle: Circle) -> Iterator[Condition]:
    east = (_C.lon - sa.literal(circle.lon)) * sa.literal(cos(radians(circle.lat)))
    north = _C.lat - sa.literal(circle.lat)
    yield east * east + north * north <= (circle.metres / METRES_PER_DEGREE) ** 2


def _past_within(box: BoundingBox) -> Iterator[Condition]:
    """Ask for the bands of a box: so its index is gone through band by band, in each from west to east.

    Bands and latitudes say nearly the same; as a condition of its own, the second would make the planner expect far
    less than there is.
    """
    west, south, east, north = box
    bands = range(floor(south * BANDS_PER_DEGREE), floor(north * BANDS_PER_DEGREE) + 1)
    if len(bands) > _MOST_BANDS:
        yield from _within(box)
        return
    yield _band.in_(bands)
    yield _C.lon.between(west, east)
    yield sa.case((_C.lat.between(south, north), sa.true()), else_=sa.false())


_HAS_ATTACHMENTS = sa.exists().where(attachment.c.complaint_id == _C.id)
CONDITIONS: Mapping[str, Callable[[Any], Iterator[Condition]]] = {
    "status": _any_of(_C.status),
    "category": _of_category,
    "source": _any_of(_C.source),
    "kind": _any_of(_C.kind),
    "community": _any_of(_C.community),
    "grid": _any_of(_C.grid),
    "unit": _any_of(_C.unit),
    "number": _any_of(_C.number),
    "external_ref": _any_of(_C.external_ref),
    "proactive": _is(_C.proactive),
    "anonymous": _is(_C.anonymous),
    "categorised": _is(_C.category.is_not(None)),
    "located": _is(_C.lon.is_not(None)),
    "outside_area": _is(_C.outside_area),
    "has_attachments": _is(_HAS_ATTACHMENTS),
    "confidential": _is(_C.confidential),
    "confidence_from": lambda least: iter([_C.suggested_confidence >= least]),
    "confidence_below": lambda limit: iter([_C.suggested_confidence < limit]),
    "received_from": _received_from,
    "received_to": _received_to,
    "updated_after": lambda moment: iter([_C.updated_at > moment]),
    "updated_to": lambda moment: iter([_C.updated_at <= moment]),
    "bbox": _within,
    "near": lambda circle: chain(_within(circle.box), _in_circle(circle)),
}
"""By filter, what it asks of a row. The words, `q`, are looked for by `persistence.searching`."""
# A complaint that has ended has these as columns of indexes.
_OF_PAST: Mapping[str, Callable[[Any], Iterator[Condition]]] = {
    "status": lambda statuses: _any_of(_C.ended_as)([each for each in statuses if each in ENDED]),
    "updated_after": lambda moment: iter([_C.ended_at > moment]),
    "updated_to": lambda moment: iter([_C.ended_at <= moment]),
    "bbox": _past_within,
    "near": lambda circle: chain(_past_within(circle.box), _in_circle(circle)),
}
_RARE_PERHAPS = frozenset(CONDITIONS) - {
    "received_from",
    "received_to",
    "proactive",
    "anonymous",
    "confidential",
    "number",
}
"""What may match so little that going through all complaints by their time would take long."""


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the complaints, with the conditions of a filter as its indexes have them."""

    has_ended: bool | None
    conditions: tuple[Condition, ...]


def conditions(wanted: ComplaintFilter) -> list[Condition]:
    """Return what the filter asks of a row, but for its words."""
    given = ((name, getattr(wanted, name)) for name in CONDITIONS)
    return [each for name, value in given if value not in (None, ()) for each in CONDITIONS[name](value)]


def parts(wanted: ComplaintFilter) -> list[Part]:
    """Return where to look: among those that go on, which are few, among those that have ended, or at all in one."""
    narrowed = wanted.narrows()
    if not narrowed & _RARE_PERHAPS and not wanted.sort.startswith("updated"):
        return [Part(None, tuple(conditions(wanted)))]
    statuses = set(wanted.status)
    found = []
    if not statuses or statuses - ENDED:
        found.append(Part(False, (_C.ended_as.is_(None), *conditions(wanted))))
    if not statuses or statuses & ENDED:
        found.append(Part(True, (_C.ended_as.is_not(None), *_past(wanted))))
    return found


def _past(wanted: ComplaintFilter) -> list[Condition]:
    table = {**CONDITIONS, **_OF_PAST}
    given = ((name, getattr(wanted, name)) for name in table)
    return [each for name, value in given if value not in (None, ()) for each in table[name](value)]
