"""Who is on duty in a simulation, for which team, from where."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from dispatch_service.domain.routing import Point
from dispatch_service.domain.staffing import Officer, TeamStaff


@dataclass(frozen=True, slots=True, kw_only=True)
class Duty:
    """Somebody's duty. Times are seconds since 1970."""

    team: str
    subject: str
    begins: float
    ends: float
    place: Point | None = None
    """Where it begins: the post or, without one, the middle of the team's grids; None where neither is known."""
    skills: frozenset[str] = frozenset()
    assumed: bool = False
    """The team has no roster: its members are taken to work the office hours."""


_SOMEBODY = TeamStaff(on_duty=(Officer(""),))


class Roster:
    """All duties of a simulation."""

    def __init__(self, duties: Sequence[Duty], planned_ahead: timedelta) -> None:
        """A team with no duty for as long as `planned_ahead` has no roster, as dispatch sees it."""
        self.duties = sorted(duties, key=lambda duty: (duty.begins, duty.team, duty.subject))
        self._ahead = planned_ahead.total_seconds()
        self._begins: dict[str, list[float]] = defaultdict(list)
        self._open_until: dict[str, list[float]] = defaultdict(list)
        self._of_subject: dict[str, list[Duty]] = defaultdict(list)
        for duty in self.duties:
            self._of_subject[duty.subject].append(duty)
            if not duty.assumed:
                ends = self._open_until[duty.team]
                ends.append(max(duty.ends, ends[-1]) if ends else duty.ends)
                self._begins[duty.team].append(duty.begins)

    @property
    def assumed_teams(self) -> list[str]:
        """Codes of the teams that have no roster and are taken to work the office hours."""
        return sorted({duty.team for duty in self.duties if duty.assumed})

    def staff_at(self, team: str, moment: float) -> TeamStaff:
        """Say whether somebody of a team is on duty, and if nobody is, when the next shift begins."""
        begins = self._begins.get(team, [])
        place = bisect_right(begins, moment)
        if place and self._open_until[team][place - 1] > moment:
            return _SOMEBODY
        if place == len(begins) or begins[place] > moment + self._ahead:
            return TeamStaff()
        return TeamStaff(next_shift=datetime.fromtimestamp(begins[place], UTC))

    def duty_of(self, subject: str, moment: float) -> Duty | None:
        """Return the duty that an officer has at a moment; None for one who has none."""
        own = self._of_subject.get(subject, [])
        place = bisect_right(own, moment, key=lambda duty: duty.begins)
        return own[place - 1] if place and own[place - 1].ends > moment else None

    def teams(self) -> Iterator[str]:
        """Yield the codes of all teams that have duties."""
        yield from sorted({duty.team for duty in self.duties})
