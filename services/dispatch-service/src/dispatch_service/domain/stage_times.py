"""The times of one stage of a case: when parts of its limit have passed, and what of that was announced."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

Level = Literal[80, 100, 200]
WARNING: Level = 80
DUE: Level = 100
TWICE: Level = 200
LEVELS = (WARNING, DUE, TWICE)
"""Per cent of a limit at which somebody is told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StageTimes:
    """When 80, 100 and 200 % of the limit of a stage have passed.

    `warn_at` and `twice_at` are None where the times were set by a version that told nothing of the stage: nor is
    anything told of it now. `escalated` is the highest level that was announced, 0 for none, and `escalated_at` when;
    None where such a version has done it.
    """

    warn_at: datetime | None
    due_at: datetime
    twice_at: datetime | None
    escalated: int = 0
    escalated_at: datetime | None = None

    @property
    def next_level(self) -> Level | None:
        """The level that is announced next: each once, in order, unless another time was agreed."""
        return next((level for level in LEVELS if level > self.escalated), None)

    @property
    def timer_at(self) -> datetime | None:
        """When the next level is reached; None after the last."""
        return None if self.next_level is None else self._time_of(self.next_level)

    def _time_of(self, level: Level) -> datetime | None:
        return {WARNING: self.warn_at, DUE: self.due_at, TWICE: self.twice_at}[level]

    def announced(self, level: Level, at: datetime) -> "StageTimes":
        """Return the times of a stage of which `level` was announced."""
        return replace(self, escalated=level, escalated_at=at)

    def after(self, former: "StageTimes") -> "StageTimes":
        """Return these times as the successors of `former`: what was announced stays announced."""
        return replace(self, escalated=former.escalated, escalated_at=former.escalated_at)

    def agreed(self, at: datetime) -> "StageTimes":
        """Return these times as an agreement has set them `at` a moment: what lies ahead by them is told anew."""
        times = [(level, self._time_of(level)) for level in LEVELS if level <= self.escalated]
        reached = max((level for level, time in times if time is not None and time <= at), default=0)
        if reached == self.escalated:
            return self
        return replace(self, escalated=reached, escalated_at=self.escalated_at if reached else None)

    def moved(self, move: Callable[[datetime], datetime]) -> "StageTimes":
        """Return the stage with each of its times moved."""
        return replace(
            self,
            warn_at=None if self.warn_at is None else move(self.warn_at),
            due_at=move(self.due_at),
            twice_at=None if self.twice_at is None else move(self.twice_at),
        )
