"""The part of a text where the words stand that were looked for."""

import unicodedata
from collections.abc import Sequence
from typing import NamedTuple

from intake_service.domain.search import Term, spans

LONGEST = 120
"""Characters of an excerpt."""
_LOOKED_AT = 2_000
_BEFORE = 20
_MOST_FOLDED = 20_000


class _Folding(dict[int, str]):
    """What each character is compared as, by its code point."""

    def __missing__(self, code: int) -> str:
        if len(self) >= _MOST_FOLDED:
            self.clear()
        folded = self[code] = unicodedata.normalize("NFKC", chr(code)).casefold()
        return folded


_FOLDED = _Folding()


class Excerpt(NamedTuple):
    """A part of a text, and where in it the words are: from, to (exclusive)."""

    text: str
    marks: list[tuple[int, int]]


def excerpt(text: str, wanted: Sequence[Term]) -> Excerpt | None:
    """Return the part of `text` with the first of the words; None where its beginning has none of them."""
    shown = text[:_LOOKED_AT]
    plain = shown.translate(_FOLDED)
    origins: Sequence[int] = range(len(plain))
    if len(plain) > len(shown):  # no character becomes none, so else each has become one
        origins = [place for place, character in enumerate(shown) for _ in character.translate(_FOLDED)]
    found = sorted(spans(plain, [term for term in wanted if term.wanted]))
    marks = _joined([(origins[begin], origins[end - 1] + 1) for begin, end in found])
    if not marks:
        return None
    begin = max(0, min(marks[0][0] - _BEFORE, len(shown) - LONGEST))
    part = shown[begin : begin + LONGEST]
    return Excerpt(part, [(a - begin, b - begin) for a, b in marks if b - begin <= len(part)])


def _joined(marks: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return marks in order, those that touch each other as one."""
    joined: list[tuple[int, int]] = []
    for begin, end in marks:
        if joined and begin <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        else:
            joined.append((begin, end))
    return joined
