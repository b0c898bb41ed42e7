"""What makes a hot spot: the window, the time that it is compared with, and how sure one wants to be at each level."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Self

LEVELS = (1, 2, 3)
"""Of categories 大类, 小类, 立案条件: how many parts of the code are looked at."""
KEPT = timedelta(days=400)
"""For so long places of complaints are kept for comparison: more than any window with its baseline."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelRule:
    """From when on a group of complaints of one category level is a hot spot."""

    level: int
    min_count: int
    """Complaints in the window, within a cell and its neighbours: fewer never make one."""
    min_reporters: int
    """Different people among them, so that one alone cannot make one."""
    significance: float
    """Which part of what is found may be chance (false discovery rate), 0 to 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What hot spots of a tenant are found by; days are those of UTC."""

    window_days: int = 7
    """Whole days before today that count as recent, beside today."""
    baseline_days: int = 56
    """Days before the window that it is compared with: whole weeks, so that all weekdays weigh the same."""
    levels: tuple[LevelRule, ...] = (
        LevelRule(level=2, min_count=5, min_reporters=3, significance=0.01),
        LevelRule(level=1, min_count=10, min_reporters=5, significance=0.01),
    )

    @classmethod
    def of(cls, content: Mapping[str, Any] | None) -> Self:
        """Return what a tenant has set, or what is shipped."""
        if content is None:
            return cls()
        return cls(**{**content, "levels": tuple(LevelRule(**each) for each in content["levels"])})

    def content(self) -> dict[str, Any]:
        """Return it as `of` takes it."""
        return asdict(self)

    def finest_first(self) -> list[LevelRule]:
        """Return the rules of the levels, that with the most parts of a category first."""
        return sorted(self.levels, key=lambda rule: -rule.level)


@dataclass(frozen=True, slots=True)
class Period:
    """The window `since` … `at`, and the baseline before it, which begins at `before`."""

    before: datetime
    since: datetime
    at: datetime

    @classmethod
    def of(cls, rules: Rules, at: datetime, first_day: date | None) -> Self:
        """Return the period at a moment. The baseline does not begin before the day after `first_day`.

        That is the first day of which anything is known; it may have begun late.
        """
        today = datetime.combine(at.astimezone(UTC), time(), UTC)
        since = today - timedelta(days=rules.window_days)
        before = since - timedelta(days=rules.baseline_days)
        known = since if first_day is None else datetime.combine(first_day, time(), UTC) + timedelta(days=1)
        return cls(min(max(before, known), since), since, at)

    @property
    def share(self) -> float:
        """Which part of all the time the window is: 1 where there is nothing to compare it with."""
        return (self.at - self.since) / (self.at - self.before)

    @property
    def middle(self) -> datetime:
        """Halfway through the window."""
        return self.since + (self.at - self.since) / 2
