"""What a tenant chooses of its figures: shares, minutes, weights and grades. Ours are a proposal, no standard."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Self

from ledger_service.domain.durations import EDGES, Measure

GRADES = ("A", "B", "C", "D")
_WEIGHTS = {
    "closing_in_time_rate": 30.0,
    "closing_rate": 10.0,
    "rework_rate": 10.0,
    "reopening_rate": 10.0,
    "response_rate": 10.0,
    "solution_rate": 15.0,
    "satisfaction_rate": 15.0,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Minutes:
    """Within how many minutes is in time; each is one of `domain.durations.EDGES`."""

    dispatch: int = 30
    discovery: int = 60
    on_site: int = 30
    removal: int = 240

    def of(self, measure: Measure) -> int:
        """Return those of a measure."""
        minutes: int = getattr(self, measure.name.lower())
        return minutes


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """One version of what was chosen."""

    basically_satisfied: float = 0.8
    """w: the share of 基本满意 that counts as satisfied, 0 to 1."""
    minutes: Minutes = field(default_factory=Minutes)
    weights: Mapping[str, float] = field(default_factory=_WEIGHTS.copy)
    """Of indicators that are shares, in the score; only how they compare to each other matters."""
    grades: tuple[float, float, float] = (90.0, 80.0, 60.0)
    """The lowest scores for A, B and C, of 100."""
    min_sample: int = 10
    """Who has fewer complaints due is not ranked."""
    exclusions: bool = True
    """Whether what was excluded 剔除 is left out."""

    @classmethod
    def of(cls, content: Mapping[str, Any] | None) -> Self:
        """Return what a tenant has set, or what is shipped."""
        if content is None:
            return cls()
        return cls(**{**content, "minutes": Minutes(**content["minutes"]), "grades": tuple(content["grades"])})

    def content(self) -> dict[str, Any]:
        """Return it as `of` takes it."""
        return {
            "basically_satisfied": self.basically_satisfied,
            "minutes": asdict(self.minutes),
            "weights": dict(self.weights),
            "grades": list(self.grades),
            "min_sample": self.min_sample,
            "exclusions": self.exclusions,
        }

    def flaws(self, shares: Mapping[str, bool]) -> Iterator[tuple[str, str]]:
        """Yield where something does not fit, and the code that says what; `shares` tells which indicators are one."""
        for name, minutes in asdict(self.minutes).items():
            if minutes not in EDGES:
                yield f"/minutes/{name}", "minutes-no-step"
        for code in self.weights:
            if code not in shares:
                yield f"/weights/{code}", "indicator-unknown"
            elif not shares[code]:
                yield f"/weights/{code}", "indicator-no-share"
        if not any(self.weights.values()):
            yield "/weights", "weights-missing"
        if not self.grades[0] > self.grades[1] > self.grades[2]:
            yield "/grades", "grades-not-falling"

    def grade(self, score: float) -> str:
        """Return the grade of a score."""
        return next((name for name, least in zip(GRADES, self.grades, strict=False) if score >= least), GRADES[-1])
