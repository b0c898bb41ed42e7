"""Who does better: by one indicator, or by a score that is made of several."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ledger_service.domain.indicators import INDICATORS, Figure, Indicator, Sums
from ledger_service.domain.statistics_settings import Settings
from ledger_service.domain.tally import Counter

SCORE = "score"


@dataclass(frozen=True, slots=True)
class Place:
    """One line of a ranking; `rank` is None where a score, a share or a time has too small a sample."""

    key: str
    value: float | None
    sample: int
    rank: int | None
    grade: str | None
    """Of a score that was ranked."""
    parts: Mapping[str, Figure]
    """What it is made of."""


def rank(lines: Mapping[str, Sums], indicator: str, settings: Settings, min_sample: int) -> Sequence[Place]:
    """Return all lines, the best first, those with a sample below `min_sample` last; equals share a rank.

    A number rests on no sample, so none is too small: it is ranked from zero on. A score is the weighted mean of its
    indicators times 100, one that is better low counting as 1 minus its value. An indicator without a sample is left
    out with its weight. The sample of a score is what was due.
    """
    places = [_place(key, sums, indicator, settings) for key, sums in lines.items()]
    is_better_high = indicator == SCORE or INDICATORS[indicator].is_better_high
    least = 0 if indicator != SCORE and INDICATORS[indicator].unit == "number" else max(1, min_sample)
    fit = [place for place in places if place.value is not None and place.sample >= least]
    values = sorted((place.value or 0.0 for place in fit), reverse=is_better_high)
    first = {value: at for at, value in reversed(list(enumerate(values, 1)))}
    ranked = [_ranked(place, first[place.value or 0.0], indicator, settings) for place in fit]
    rest = [place for place in places if place not in fit]
    return sorted(ranked, key=lambda place: (place.rank, place.key)) + sorted(rest, key=lambda place: place.key)


def needed(indicator: str, settings: Settings) -> list[Indicator]:
    """Return the indicators that a ranking is made of."""
    return [INDICATORS[code] for code in settings.weights] if indicator == SCORE else [INDICATORS[indicator]]


def _place(key: str, sums: Sums, indicator: str, settings: Settings) -> Place:
    parts = {each.code: each.formula(sums, settings) for each in needed(indicator, settings)}
    if indicator != SCORE:
        figure = parts[indicator]
        return Place(key, figure.value, figure.sample, None, None, parts)
    due = sums.of(Counter.IN_TIME, Counter.MISSED)
    return Place(key, _score(parts, settings), due, None, None, parts)


def _score(parts: Mapping[str, Figure], settings: Settings) -> float | None:
    weighed = [
        (settings.weights[code], figure.value if INDICATORS[code].is_better_high else 1 - figure.value)
        for code, figure in parts.items()
        if figure.value is not None
    ]
    weight = sum(each for each, _ in weighed)
    return 100 * sum(each * value for each, value in weighed) / weight if weight else None


def _ranked(place: Place, at: int, indicator: str, settings: Settings) -> Place:
    grade = settings.grade(place.value) if indicator == SCORE and place.value is not None else None
    return Place(place.key, place.value, place.sample, at, grade, place.parts)
