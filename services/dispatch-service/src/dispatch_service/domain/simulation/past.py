"""Cases as they went: what a simulation knows of each, and how long the work on it takes."""

import random
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from contracts.lifecycle import UNCOUNTED
from dispatch_service.domain.limits import levels_of
from dispatch_service.domain.routing import Point

WITHOUT_WORK = frozenset({"transferred", *UNCOUNTED})
"""Cases in these states are left out: no unit of the county has ended them, or will."""
UNKNOWN_SECONDS = 1800
"""The work on a case while not a single one has been handled."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PastCase:
    """A case as it went, in its last round. Times are seconds since 1970, None where they have not come."""

    number: str
    category: str | None
    point: Point | None
    status: str
    self_handled: bool
    """Found and fixed on the spot: it took nobody's time afterwards."""
    team: str
    officer: str | None
    """Subject of the one who acted last."""
    received_at: float
    assigned_at: float
    accepted_at: float | None
    started_at: float | None
    resolved_at: float | None
    promised_at: float | None

    @property
    def is_left_out(self) -> bool:
        """Whether it took no work of a unit, or none that has an end: closed by force, it may have no result."""
        is_forced = self.status == "closed" and self.resolved_at is None
        return self.self_handled or is_forced or self.status in WITHOUT_WORK

    @property
    def handling_seconds(self) -> float | None:
        """From the start on site, or where that is not known from the acceptance, to the resolution."""
        begun = self.accepted_at if self.started_at is None else self.started_at
        if self.resolved_at is None or begun is None or self.resolved_at < begun:
            return None
        return self.resolved_at - begun


class Handling:
    """How long the work on cases takes, learned from those that were resolved."""

    def __init__(self, cases: Sequence[PastCase], seed: int | None = None) -> None:
        """With a `seed`, what is not known is drawn from the recorded times; else it is their median."""
        self._seed = seed
        self._recorded: dict[str | None, list[float]] = defaultdict(list)
        self.known = 0
        for case in cases:
            seconds = case.handling_seconds
            if seconds is not None and not case.is_left_out:
                self.known += 1
                for level in levels_of(case.category):
                    self._recorded[level].append(seconds)
        self._medians = {level: median(times) for level, times in self._recorded.items()}

    def seconds(self, case: PastCase) -> float:
        """Return the recorded time of a case or, where there is none, that of the lowest level of its category.

        The same case gets the same time from the same seed, whatever else is simulated.
        """
        own = case.handling_seconds
        if own is not None:
            return own
        level = next((level for level in levels_of(case.category) if level in self._recorded), None)
        if level not in self._recorded:
            return UNKNOWN_SECONDS
        if self._seed is None:
            return self._medians[level]
        return random.Random(f"{self._seed} {case.number}").choice(self._recorded[level])  # noqa: S311 - no secret
