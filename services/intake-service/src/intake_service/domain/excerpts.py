"""The part of a text where the words stand that were looked for."""

import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from intake_service.domain.search import Term, spans

LONGEST = 120
"""Characters of an excerpt."""
_LOOKED_AT = 2_000
_BEFORE = 20


class Excerpt(NamedTuple):
    """A part of a text, and where in it the words are: from, to (exclusive)."""

    text: str
    marks: list[tuple[int, int]]


def excerpt(text: str, wanted: Sequence[Term]) -> Excerpt | None:
    """Return the part of `text` with the first of the words; None where its beginning has none of them."""
    shown = text[:_LOOKED_AT]
    folded: list[str] = []
    origins: list[int] = []
    for place, character in enumerate(shown):
        plain = _folded(character)
        folded.append(plain)
        origins += [place] * len(plain)
    found = sorted({mark for term in wanted if term.wanted for mark in spans("".join(folded), term)})
    marks = _joined([(origins[begin], origins[end - 1] + 1) for begin, end in found])
    if not marks:
        return None
    begin = max(0, min(marks[0][0] - _BEFORE, len(shown) - LONGEST))
    part = shown[begin : begin + LONGEST]
    return Excerpt(part, [(a - begin, b - begin) for a, b in marks if b - begin <= len(part)])


@lru_cache(maxsize=10_000)
def _folded(character: str) -> str:
    return unicodedata.normalize("NFKC", character).casefold()


def _joined(marks: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return marks in order, those that touch each other as one."""
    joined: list[tuple[int, int]] = []
    for begin, end in marks:
        if joined and begin <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        else:
            joined.append((begin, end))
    return joined
