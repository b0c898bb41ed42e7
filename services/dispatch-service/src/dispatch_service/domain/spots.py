"""Posts and stations, and whether they count at a moment in what is covered."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from dispatch_service.domain.calendars import Calendar
from dispatch_service.domain.opening_hours import OpeningHours
from dispatch_service.domain.routing import Point

KEY_POST = "post"


@dataclass(frozen=True, slots=True)
class Spot:
    """A post or a station."""

    code: str
    kind: str
    at: Point
    hours: OpeningHours | None = None
    """None: always open."""
    duties: Sequence[tuple[datetime, datetime]] = field(default=())
    """When somebody is on duty there by the roster."""

    def counts(self, moment: datetime, calendar: Calendar, *, on_duty: bool) -> bool:
        """Say whether it counts at a moment on the clock of the county; a place that is closed never does.

        With `on_duty`, somebody has to be there: by the roster, or because a station has opening hours and is open.
        """
        if self.hours is not None and not self.hours.is_open(moment, calendar):
            return False
        is_staffed = self.hours is not None and self.kind != KEY_POST
        return not on_duty or is_staffed or any(begins <= moment < ends for begins, ends in self.duties)


@dataclass(frozen=True, slots=True)
class Setting:
    """Which posts and stations there are, and when they count; `added` always do."""

    spots: Sequence[Spot]
    added: Sequence[Point]
    calendar: Calendar
    on_duty: bool

    def times(self, moments: Sequence[datetime]) -> Iterator[tuple[Point, tuple[bool, ...]]]:
        """Yield each place with whether it counts at each of the moments, which are on the clock of the county."""
        for spot in self.spots:
            yield (
                spot.at,
                tuple(spot.counts(moment, self.calendar, on_duty=self.on_duty) for moment in moments),
            )
        for place in self.added:
            yield place, (True,) * len(moments)

    def counting(self, moment: datetime) -> list[Point]:
        """Return the places that count at a moment."""
        return [place for place, (counts,) in self.times([moment]) if counts]
