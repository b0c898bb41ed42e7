"""What really happened, in the same terms as what is simulated."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

from dispatch_service.domain.routing import Point
from dispatch_service.domain.simulation.duties import Roster
from dispatch_service.domain.simulation.past import PastCase
from dispatch_service.domain.simulation.travel import Travel
from dispatch_service.domain.simulation.work import Work

_SAME_ROUND = timedelta(hours=5).total_seconds()
"""Off the roster, an officer comes from the case before where it was begun not longer ago."""


class Record:
    """Cases as they went until a moment; distances and busy hours are reckoned as a simulation reckons them."""

    def __init__(
        self,
        roster: Roster,
        middles: Mapping[str, Point],
        travel: Travel,
        *,
        longest_work: timedelta,
        until: float,
    ) -> None:
        """`middles` are those of the teams' grids, from where officers without a post come."""
        self._roster = roster
        self._middles = middles
        self._travel = travel
        self._longest = longest_work.total_seconds()
        self._until = until

    def work(self, cases: Sequence[PastCase]) -> list[Work]:
        """Return what became of each case, by the moment of its start."""
        last: dict[str, PastCase] = {}
        works = []
        for case in sorted(cases, key=lambda case: (case.started_at or self._until, case.number)):
            works.append(self._work(case, None if case.officer is None else last.get(case.officer)))
            if case.officer is not None and case.started_at is not None:
                last[case.officer] = case
        return works

    def _work(self, case: PastCase, before: PastCase | None) -> Work:
        started_at = self._by_then(case.started_at)
        metres = None if started_at is None else self._travel.metres(self._origin(case, before), case.point)
        busy = 0.0
        if started_at is not None:
            stays = min(case.handling_seconds or 0.0, self._longest)
            busy = min(stays, self._until - started_at) + self._travel.seconds(metres)
        return Work(
            team=case.team,
            assigned_at=case.assigned_at,
            promised_at=case.promised_at,
            on_site_at=started_at,
            resolved_at=self._by_then(case.resolved_at),
            metres=metres,
            busy=busy,
        )

    def _by_then(self, moment: float | None) -> float | None:
        return moment if moment is not None and moment <= self._until else None

    def _origin(self, case: PastCase, before: PastCase | None) -> Point | None:
        """Return where the officer came from: the case before of the same duty, the post, the middle of the grids."""
        if case.officer is None or case.started_at is None:
            return None
        duty = self._roster.duty_of(case.officer, case.started_at)
        since = case.started_at - _SAME_ROUND if duty is None else duty.begins
        if before is not None and before.started_at is not None and before.started_at >= since and before.point:
            return before.point
        return self._middles.get(case.team) if duty is None else duty.place
