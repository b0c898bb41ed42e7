"""Whether more complaints came than are to be expected: an exact test of two rates, and how many tests may be wrong."""

import math
from collections.abc import Collection

PRIOR = 20.0
"""How many complaints it takes elsewhere to be believed half: few of them say little about how things are elsewhere."""
_NEGLIGIBLE = 1e-12


def tail(count: int, total: int, share: float) -> float:
    """Return how probable it is that at least `count` of `total` fall into a part with `share` (0 to 1) of the time.

    With the numbers of the window and of the time before as two Poisson counts of the same rate, the first given their
    sum is binomial: the conditional test of Przyborowski and Wilenski (1940, Biometrika 31, 313-323). It is exact for
    any rate, so it needs neither an estimate nor a baseline above 0. A count not above what is expected gives 1.
    """
    if count <= total * share or share >= 1:
        return 1.0
    log_first = (
        math.lgamma(total + 1)
        - math.lgamma(count + 1)
        - math.lgamma(total - count + 1)
        + count * math.log(share)
        + (total - count) * math.log1p(-share)
    )
    term = whole = 1.0
    odds = share / (1 - share)
    for at in range(count, total):  # above the mean each term is smaller than the one before
        term *= (total - at) / (at + 1) * odds
        whole += term
        if term < whole * _NEGLIGIBLE:
            break
    return min(1.0, math.exp(log_first) * whole)


def expected(before: int, share: float) -> float:
    """Return how many to expect in the window after `before` in the rest, where the window has `share` of the time."""
    return math.inf if share >= 1 else before * share / (1 - share)


def share_elsewhere(count: int, before: int, share: float) -> float:
    """Return the window's share of the complaints elsewhere, drawn towards its `share` of the time where they are few.

    Used in the place of the time, it takes out what rose everywhere: a season, a platform that grows. That is the idea
    of the space-time permutation scan (Kulldorff et al. 2005, PLoS Medicine 2(3), e59), which compares with elsewhere
    as well. Never below `share`, for a place is not hot because others are quiet.
    """
    return max(share, (count + PRIOR * share) / (count + before + PRIOR))


def threshold(chances: Collection[float], tests: int, rate: float) -> float:
    """Return the chance up to which findings count, such that `rate` of them at most are expected to be none.

    The step-up procedure of Benjamini and Hochberg (1995, J. R. Statist. Soc. B 57, 289-300). `tests` is how many
    places were looked at, those too quiet for a test included. 0 where nothing counts.
    """
    ordered = sorted(chances)
    passed = (chance for rank, chance in enumerate(ordered, start=1) if chance <= rank / tests * rate)
    return max(passed, default=0.0)


def score(chance: float) -> float:
    """Return a chance as a number that grows with surprise: -log10, at most 99; 3 stands for one in a thousand."""
    return 99.0 if chance <= 1e-99 else -math.log10(chance)
