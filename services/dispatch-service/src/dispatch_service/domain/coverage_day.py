"""The course of a day: what is covered hour by hour, or shift by shift."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from dispatch_service.domain.coverage import Coverage, Ground, Walk
from dispatch_service.domain.roster import Hours
from dispatch_service.domain.routing import Point
from dispatch_service.domain.spots import Setting

_HOUR = timedelta(hours=1)


class Stretch(NamedTuple):
    """A part of a day, on the clock of the county; `shift` where it is one."""

    begins: datetime
    ends: datetime
    shift: str | None = None

    @property
    def middle(self) -> datetime:
        """The moment that stands for it."""
        zone = self.begins.tzinfo
        begins, ends = self.begins.astimezone(UTC), self.ends.astimezone(UTC)
        return (begins + (ends - begins) / 2).astimezone(zone)


def hours_of(day: date, zone: ZoneInfo) -> Iterator[Stretch]:
    """Yield the hours of a day."""
    begins, last = (datetime.combine(each, time(), zone).astimezone(UTC) for each in (day, day + timedelta(days=1)))
    while begins < last:
        yield Stretch(begins.astimezone(zone), (begins + _HOUR).astimezone(zone))
        begins += _HOUR


def shifts_of(day: date, zone: ZoneInfo, shifts: Mapping[str, Hours]) -> Iterator[Stretch]:
    """Yield the shifts that begin on a day."""
    for code, hours in shifts.items():
        yield Stretch(*hours.on(day, zone), code)


def course(
    ground: Ground, setting: Setting, walk: Walk, stretches: Sequence[Stretch]
) -> Iterator[tuple[Stretch, int, Coverage]]:
    """Yield, for each of the `stretches`, how many places count and what they cover.

    Places that count at the same times are laid out together, and what the same places cover is looked at once.
    """
    groups: dict[tuple[bool, ...], list[Point]] = defaultdict(list)
    for place, times in setting.times([stretch.middle for stretch in stretches]):
        groups[times].append(place)
    reaches = {times: ground.reach(places, walk) for times, places in groups.items()}
    known: dict[tuple[tuple[bool, ...], ...], Coverage] = {}
    for index, stretch in enumerate(stretches):
        here = tuple(times for times in groups if times[index])
        if here not in known:
            known[here] = ground.cover([reaches[times] for times in here])
        yield stretch, sum(len(groups[times]) for times in here), known[here]
