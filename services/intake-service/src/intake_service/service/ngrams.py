"""Texts as hashed character n-grams: no dictionary, no word boundaries, as suits Chinese."""

import numpy as np
import numpy.typing as npt

BUCKETS_LOG2 = 15
BUCKETS = 1 << BUCKETS_LOG2
LONGEST = 500
"""Only so many characters of a text count: what it is about is said early, and the time is bounded."""

Buckets = npt.NDArray[np.uint32]
_FIRST, _SECOND, _THIRD = np.uint32(2_654_435_761), np.uint32(2_246_822_519), np.uint32(3_266_489_917)
_PAIRS, _TRIPLES, _SPREAD = np.uint32(668_265_263), np.uint32(374_761_393), np.uint32(0x9E37_79B1)
_SHIFT = np.uint32(32 - BUCKETS_LOG2)


def buckets(text: str) -> Buckets:
    """Return the bucket of each 1-, 2- and 3-gram of `text`, blanks aside; empty for a blank text."""
    compact = "".join(text[:LONGEST].lower().split())
    points = np.frombuffer(compact.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    ones = points * _FIRST
    twos = ones[:-1] + points[1:] * _SECOND
    threes = twos[:-1] + points[2:] * _THIRD
    hashes = np.concatenate((ones, twos ^ _PAIRS, threes ^ _TRIPLES))
    spread: Buckets = (hashes ^ (hashes >> np.uint32(15))) * _SPREAD
    return spread >> _SHIFT
