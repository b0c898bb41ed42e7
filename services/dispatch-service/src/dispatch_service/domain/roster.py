"""Who is on duty when and where: shifts on days become duties, and nobody is in two places at once."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from typing import NamedTuple
from zoneinfo import ZoneInfo


class Hours(NamedTuple):
    """When a shift begins and ends on the clock of the county; an end that is not later is on the next day."""

    begins: time
    ends: time

    def on(self, day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
        """Return the moments of its begin and end on a day."""
        last = day if self.ends > self.begins else day + timedelta(days=1)
        return datetime.combine(day, self.begins, zone), datetime.combine(last, self.ends, zone)


@dataclass(frozen=True, slots=True)
class Place:
    """What a duty is besides its day: the shift, the officer, and the post where there is one."""

    shift: str
    subject: str
    post: str | None = None


@dataclass(frozen=True, slots=True)
class Stint:
    """A stretch of time that somebody is taken for. `source` says what it was made from."""

    subject: str
    begins: datetime
    ends: datetime
    source: object


def clashes(stints: Sequence[Stint]) -> list[tuple[Stint, Stint]]:
    """Return pairs of neighbouring stints of one officer that overlap; one that begins as another ends does not."""
    of_each: dict[str, list[Stint]] = defaultdict(list)
    for stint in stints:
        of_each[stint.subject].append(stint)
    found = []
    for own in of_each.values():
        own.sort(key=lambda stint: (stint.begins, stint.ends))
        found += [(one, other) for one, other in pairwise(own) if other.begins < one.ends]
    return found
