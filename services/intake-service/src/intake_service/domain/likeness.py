"""How alike two descriptions are: what they share of rare pairs of neighbouring letters.

No dictionary and no word boundaries, as suits Chinese. What many descriptions say (小区, 投诉) counts little, names of
places and of firms much. `docs/quality.md` has how well that finds what several people say of one problem.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple, Self
from zlib import crc32

import numpy as np
import numpy.typing as npt

LONGEST = 500
"""Only so many characters of a text count: what it is about is said early, and the time is bounded."""
_BITS = 18
PAIRS = 1 << _BITS
"""Pairs of letters are hashed to so many numbers."""
_SALT_BITS = 12  # a key is a positive 32-bit integer
_FIRST, _SECOND, _SPREAD = np.uint32(2_654_435_761), np.uint32(2_246_822_519), np.uint32(0x9E37_79B1)
_SHIFT = np.uint32(32 - _BITS)
_UNSEEN = 0.3
_FEW = 1_000
"""So large a sample is supposed at least: of a handful of texts none says what is common."""

Pairs = npt.NDArray[np.int32]
"""The distinct pairs of a text, in order, each from 0 to PAIRS - 1."""
Weights = npt.NDArray[np.float32]


class Texts(NamedTuple):
    """The pairs of many texts, one text after the other, and how many each has."""

    joined: Pairs
    lengths: npt.NDArray[np.int64]

    @classmethod
    def of(cls, found: Sequence[Pairs]) -> Self:
        """Put the pairs of texts together."""
        joined = np.concatenate(found) if found else np.empty(0, np.int32)
        return cls(joined, np.array([len(each) for each in found], np.int64))


def said(description: str, address: str | None) -> str:
    """Return what is compared of a complaint: where, in words, and what."""
    return f"{address}\n{description}" if address else description


def pairs(text: str) -> Pairs:
    """Return the pairs of neighbouring letters or digits of `text`; empty where it has none."""
    folded = text[:LONGEST].lower()
    points = np.frombuffer(folded.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    is_word = np.fromiter((letter.isalnum() for letter in folded), dtype=np.bool_, count=len(folded))
    joined = is_word[:-1] & is_word[1:]
    hashes = points[:-1][joined] * _FIRST + points[1:][joined] * _SECOND
    spread = (hashes ^ (hashes >> np.uint32(15))) * _SPREAD >> _SHIFT
    return np.unique(spread).astype(np.int32)


def keys(found: Pairs, tenant: str, moment: datetime) -> Pairs:
    """Return what the index has for `found` of a complaint of `tenant` that came at `moment`.

    Other ones for each quarter of a year, so that the index is not read further back than is asked for.
    """
    salt = crc32(f"{tenant} {moment.year} {(moment.month - 1) // 3}".encode()) >> (32 - _SALT_BITS)
    return found | np.int32(salt << _BITS)


def unsalted(indexed: Pairs) -> Pairs:
    """Return the pairs that keys stand for."""
    return indexed & np.int32(PAIRS - 1)


class Rarity:
    """How rare each pair is, by a sample of what was said lately."""

    def __init__(self, sample: Texts) -> None:
        """Count in how many texts of the sample each pair is."""
        counts = np.bincount(sample.joined, minlength=PAIRS).astype(np.float32)
        self.size = len(sample.lengths)
        self._counts = counts
        weights = np.log((max(self.size, _FEW) + 1) / np.maximum(counts, _UNSEEN)).clip(0.05)
        self._squares: Weights = (weights**2).astype(np.float32)

    def rarest(self, found: Pairs, scale: float, budget: int) -> Pairs:
        """Return the rarest of `found`, as many as probably lead to no more than `budget` complaints.

        `scale` is how many complaints are searched for each one of the sample.
        """
        expected = np.maximum(self._counts[found], _UNSEEN) * scale
        order = np.argsort(expected, kind="stable")
        count = max(1, int(np.searchsorted(np.cumsum(expected[order]), budget)))
        return found[order[:count]]

    def likeness(self, asked: Pairs, others: Texts) -> list[float]:
        """Return how alike `asked` and each of `others` are: 0 for nothing rare in common, 1 for the same pairs."""
        if not asked.size:
            return [0.0] * len(others.lengths)
        is_asked = np.zeros(PAIRS, np.float32)
        is_asked[asked] = self._squares[asked]
        shared = _sums(is_asked[others.joined], others.lengths)
        whole = _sums(self._squares[others.joined], others.lengths)
        norm = np.sqrt(self._squares[asked].sum(dtype=np.float64) * np.maximum(whole, 1e-9))
        found: list[float] = np.minimum(shared / norm, 1.0).tolist()
        return found


def _sums(values: Weights, lengths: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """Return the sum of each run of so many values."""
    summed = np.concatenate(([0.0], np.cumsum(values, dtype=np.float64)))
    ends = np.cumsum(lengths)
    return np.asarray(summed[ends] - summed[ends - lengths])
