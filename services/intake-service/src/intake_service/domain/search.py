"""Full text without a dictionary: texts and what is looked for, both as tokens side by side.

A token is one character of a script that is written without blanks (Chinese, Japanese, Korean), or a whole word or
number of any other. Signs and blanks are between tokens and are none. A text contains what is looked for where it has
the same tokens one behind the other. So Chinese is found by any part of it, and English by whole words, upper case or
not, full width or not.

The index has a pair of characters as one lexeme, and the last character of a run by itself: one that is looked for
alone is the beginning of a pair, or the last of a run.
"""

import hashlib
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from itertools import pairwise
from uuid import UUID

from contracts.categories import levels_of

MOST_CHARACTERS = 200
"""Of what is looked for."""
MOST_TERMS = 10
SHORTEST_PREFIX = 3
"""`parki*` finds words that begin so; numbers have no prefixes, for each complaint has its own."""
LONGEST_WORD = 64
"""Longer words count for their beginning, in texts and in what is looked for alike."""
_SHORTEST_PHONE = 5
_MOST_TOKENS = 16_000
"""What lies behind them in a text is not found: PostgreSQL keeps positions up to 16,383."""
_SINGLE = (
    "\u3005-\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff"
    "\U0001b000-\U0001b16f\U00020000-\U000323af"
)
_OF_WORD = rf"[^\W_{_SINGLE}]"
_TOKEN = re.compile(rf"[{_SINGLE}]|{_OF_WORD}+")
_BETWEEN = rf"(?:[^\w{_SINGLE}]|_)*"
_IS_SINGLE = re.compile(rf"[{_SINGLE}]")
_TERM = re.compile(r'(?<!\S)(-?)(?:"([^"]*)"|(\S+))')


class BadSearch(ValueError):
    """What is looked for cannot be; `code` says why, and `most` how much would do."""

    def __init__(self, code: str, most: int = 0) -> None:
        super().__init__(code)
        self.code = code
        self.most = most


@dataclass(frozen=True, slots=True)
class Term:
    """Tokens that a text has side by side, or must not have."""

    tokens: tuple[str, ...]
    wanted: bool
    prefix: bool
    """The last token is the beginning of a word."""


def tokens(text: str) -> list[str]:
    """Return the tokens of a text, in order."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    return [token[:LONGEST_WORD] for token in _TOKEN.findall(plain)]


def vector(texts: Sequence[str | None]) -> str:
    """Return the texts as PostgreSQL reads a `tsvector`; nothing is found across their borders."""
    entries: list[str] = []
    place = 1
    for text in texts:
        found = tokens(text or "")[: max(0, _MOST_TOKENS - place)]
        entries += [f"'{lexeme}':{number}" for number, lexeme in enumerate(_lexemes(found), start=place)]
        place += len(found) + 1
    return " ".join(entries)


def terms(wanted: str) -> list[Term]:
    """Return the terms of what somebody looks for: words or "phrases", all of them, and none with a minus in front.

    Raises BadSearch `search-too-long`, `search-too-many-terms`, `search-prefix-too-short`, and `search-empty` where
    nothing is left to look for.
    """
    if len(wanted) > MOST_CHARACTERS:
        raise BadSearch("search-too-long", MOST_CHARACTERS)
    plain = re.sub(r"[\u201c\u201d\u300c\u300d\uff02]", '"', wanted)
    found = [term for match in _TERM.finditer(plain) if (term := _term(match)) is not None]
    if len(found) > MOST_TERMS:
        raise BadSearch("search-too-many-terms", MOST_TERMS)
    if not any(term.wanted for term in found):
        raise BadSearch("search-empty")
    return list(dict.fromkeys(found))


def query(wanted: Sequence[Term], *, is_coarse: bool = False) -> str:
    """Return terms as PostgreSQL reads a `tsquery` against what `vector` made.

    With `is_coarse`, what an index is asked for instead: quicker, and finds all that has the terms, and perhaps more.
    It leaves out the beginning of a lexeme that ends a phrase, for an index goes through all lexemes that begin so,
    where what is left is still a phrase: a word or a number alone may be in every other text.
    """
    return " & ".join(
        f"{'' if term.wanted else '!'}({_phrase(term, is_coarse=is_coarse and term.wanted)})" for term in wanted
    )


def required(term: Term) -> list[str]:
    """Return the lexemes that each text has as they are which has a term that is wanted."""
    parts, is_beginning = _parts(term)
    return (parts[:-1] if is_beginning else parts) if term.wanted else []


def all_of(lexemes: Sequence[str]) -> str:
    """Return as PostgreSQL reads a `tsquery` what has all of these lexemes, wherever they stand."""
    return " & ".join(f"('{lexeme}')" for lexeme in dict.fromkeys(lexemes))


def spans(plain: str, wanted: Sequence[Term]) -> set[tuple[int, int]]:
    """Return where terms stand in a text that is normalised already: from, to (exclusive)."""
    return {span for term in wanted for span in _places(plain, _pattern(term))}


def _places(plain: str, pattern: re.Pattern[str]) -> Iterator[tuple[int, int]]:
    """Yield where a pattern is, also where one place reaches into the next."""
    place = 0
    while (match := pattern.search(plain, place)) is not None:
        yield match.span()
        place = match.start() + 1


@lru_cache(256)
def _pattern(term: Term) -> re.Pattern[str]:
    """Return the pattern of a term: its tokens with nothing but signs and blanks between them."""
    parts = [re.escape(token) if _IS_SINGLE.match(token) else _word(token) for token in term.tokens]
    if term.prefix:
        parts[-1] = _word(term.tokens[-1], is_whole=False)
    return re.compile(_BETWEEN.join(parts))


def _word(token: str, *, is_whole: bool = True) -> str:
    end = f"(?!{_OF_WORD})" if is_whole and len(token) < LONGEST_WORD else f"{_OF_WORD}*"
    return f"(?<!{_OF_WORD}){re.escape(token)}{end}"


def categories_of(code: str | None) -> list[str]:
    """Return the marks of a category and of all above it. No word is like a mark: these have a colon."""
    return [_mark("c", level) for level in levels_of(code)]


def category(code: str) -> str:
    """Return the mark of what is in a category or below it."""
    return _mark("c", code)


def moment_of(complaint: UUID) -> datetime:
    """Return when an id was made, as it says itself (RFC 9562: UUIDv7)."""
    return datetime.fromtimestamp((complaint.int >> 80) / 1000, UTC)


def month(moment: datetime) -> str:
    """Return the mark of the month (UTC) in which a complaint came in."""
    return _mark("m", f"{moment:%Y%m}")


def year(moment: datetime) -> str:
    """Return the mark of the year (UTC) in which a complaint came in."""
    return _mark("y", f"{moment:%Y}")


def phone(number: str) -> str | None:
    """Return the mark of a phone number, however it is written; None for what is none. It does not tell the number."""
    digits = re.sub(r"[^0-9]", "", unicodedata.normalize("NFKC", number)).removeprefix("00").removeprefix("86")
    return _mark("p", hashlib.sha256(digits.encode()).hexdigest()[:20]) if len(digits) >= _SHORTEST_PHONE else None


def with_supplements() -> str:
    """Return the mark of words among which are those of supplements: versions before this one did not read them."""
    return _mark("s", "1")


def _mark(kind: str, value: str) -> str:
    quoted = value.replace("\\", "\\\\").replace("'", "''")
    return f"'{kind}:{quoted}'"


def _term(match: re.Match[str]) -> Term | None:
    minus, quoted, word = match.groups()
    text = quoted if quoted is not None else word
    found = tuple(tokens(text))
    if not found:
        return None
    prefix = text.endswith("*") and not _IS_SINGLE.match(found[-1])
    if prefix and (len(found[-1]) < SHORTEST_PREFIX or not found[-1].isalpha()):
        raise BadSearch("search-prefix-too-short", SHORTEST_PREFIX)
    return Term(found, not minus, prefix)


def _lexemes(found: Sequence[str]) -> list[str]:
    """Return a lexeme for each token: a single character together with the one behind it, where there is one."""
    singles = [_IS_SINGLE.match(token) is not None for token in found]
    pairs = [one and other for one, other in pairwise([*singles, False])]
    return [token + found[place + 1] if pairs[place] else token for place, token in enumerate(found)]


def _phrase(term: Term, *, is_coarse: bool) -> str:
    """Return the lexemes side by side."""
    lexemes, is_beginning = _parts(term)
    parts = [f"'{lexeme}'" for lexeme in lexemes]
    if is_beginning and is_coarse and len(parts) > 2:
        parts.pop()
    elif is_beginning:
        parts[-1] += ":*"
    return " <-> ".join(parts)


def _parts(term: Term) -> tuple[list[str], bool]:
    """Return the lexemes of a term, and whether the last is the beginning of one.

    The last character may be within a run of the text, or be its last.
    """
    lexemes = _lexemes(term.tokens)
    if term.prefix or not _IS_SINGLE.match(lexemes[-1]):
        return lexemes, term.prefix
    if len(lexemes) > 1 and _IS_SINGLE.match(lexemes[-2]):
        return lexemes[:-1], False  # the pair before it has it already
    return lexemes, True
