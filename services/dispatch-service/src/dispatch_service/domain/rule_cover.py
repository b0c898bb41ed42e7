"""Whether one condition fits whenever another does, as far as can be seen from the two alone."""

from collections.abc import Sequence

from dispatch_service.domain.limits import levels_of
from dispatch_service.domain.rules import Interval, When


def covers(wide: When, narrow: When) -> bool:
    """Say whether `wide` is sure to fit whatever `narrow` fits; False where that cannot be seen."""
    return (
        _holds_all(wide.sources, narrow.sources)
        and _holds_all(wide.communities, narrow.communities)
        and _holds_all(wide.grids, narrow.grids)
        and _holds_all(wide.times, narrow.times)
        and (wide.proactive is None or wide.proactive == narrow.proactive)
        and _covers_categories(wide.categories, narrow.categories)
        and _covers_areas(wide, narrow)
        and _covers_words(wide.words, narrow.words)
        and all(test in narrow.attributes for test in wide.attributes)
        and _covers_interval(wide.confidence, narrow.confidence)
    )


def _holds_all(wide: Sequence[object], narrow: Sequence[object]) -> bool:
    return not wide or (bool(narrow) and all(each in wide for each in narrow))


def _covers_categories(wide: Sequence[str], narrow: Sequence[str]) -> bool:
    return not wide or (bool(narrow) and all(any(level in wide for level in levels_of(each)) for each in narrow))


def _covers_areas(wide: When, narrow: When) -> bool:
    return _holds_all((*wide.areas, *wide.circles), (*narrow.areas, *narrow.circles))


def _covers_words(wide: Sequence[str], narrow: Sequence[str]) -> bool:
    """Whoever says a word says every word in it."""
    folded = [word.casefold() for word in wide]
    return not wide or (bool(narrow) and all(any(word in each.casefold() for word in folded) for each in narrow))


def _covers_interval(wide: Interval | None, narrow: Interval | None) -> bool:
    if wide is None:
        return True
    if narrow is None:
        return False
    low = wide.at_least is None or (narrow.at_least is not None and narrow.at_least >= wide.at_least)
    high = wide.at_most is None or (narrow.at_most is not None and narrow.at_most <= wide.at_most)
    return low and high
