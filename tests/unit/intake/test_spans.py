"""Where terms stand in a text: where reading it character by character finds their tokens."""

import unicodedata
from collections.abc import Iterator
from itertools import groupby

from hypothesis import example, given
from hypothesis import strategies as st

from intake_service.domain import search
from intake_service.domain.search import LONGEST_WORD, Term

LONG = "x" * LONGEST_WORD
PIECES = ["小", "区", "・", "カ", "々", "a", "ab", "7", "é", "_", "，", " ", "-", LONG, "\x00", "𠮷"]
TEXT = st.lists(st.sampled_from(PIECES), max_size=14).map("".join)
WANTED = st.lists(st.sampled_from(["小", "区", "・", "カ", "a", "ab", "7", LONG, "aab"]), min_size=1, max_size=3)


def _tokens(plain: str) -> Iterator[tuple[str, int, int]]:
    """Yield each token, from where to where it stands; a long word counts for its beginning."""
    for kind, run in groupby(enumerate(plain), lambda each: len(search.tokens(f"x{each[1]}x"))):
        places = [place for place, _ in run]
        if kind == 1:  # it is a part of the word around it
            yield plain[places[0] : places[-1] + 1][:LONGEST_WORD], places[0], places[-1] + 1
        elif kind == 3:
            yield from ((plain[place], place, place + 1) for place in places)


def _slowly(plain: str, term: Term) -> Iterator[tuple[int, int]]:
    *first, last = term.tokens
    found = list(_tokens(plain))
    for place in range(len(first), len(found)):
        token, _, end = found[place]
        before = found[place - len(first) : place]
        is_last = token.startswith(last) if term.prefix else token == last
        if is_last and [each for each, _, _ in before] == first:
            yield (before or [found[place]])[0][1], end


@given(TEXT, WANTED, st.booleans())
@example("小区小区小", ["小", "区", "小"], False)
@example("x" * 200 + "小", [LONG, "小"], False)
@example("aab ab_ab", ["ab", "ab"], False)
@example("7aab", ["7"], False)
@example("7aab a", ["7a"], True)
def test_terms_are_found_where_their_tokens_stand(text: str, wanted: list[str], is_prefix: bool) -> None:
    plain = unicodedata.normalize("NFKC", text).casefold()
    term = Term(tuple(wanted), wanted=True, prefix=is_prefix and wanted[-1].isascii())
    assert search.spans(plain, [term]) == set(_slowly(plain, term))
