"""Compares the entries of one complaint, as they stand now, with their seals and with what they came to."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from contracts.lifecycle import EventType
from ledger_service.domain.verifying import Line, check

Numbers = Mapping[str, int]
"""How many events of each source the complaint was made from."""


class Standing(NamedTuple):
    """An entry, whether it is sealed, and whether it should have been long ago."""

    line: Line
    is_sealed: bool
    is_settled: bool


class StoryFlaw(NamedTuple):
    """What is wrong with an entry; `source` and `sequence` name it where it has no position any more."""

    kind: str
    """`changed`, `wiped`, `inserted` or `removed`, as `verifying.Flaw` has them, or `unprovable`."""
    source: str
    sequence: int
    position: int | None


def flaws_of(entries: Sequence[Standing], numbers: Numbers) -> Iterator[StoryFlaw]:
    """Yield what is wrong with a complaint's entries, which come in the order of their positions.

    Every source counts its events from 1 without gaps, and `numbers` says how far: so a missing entry has a name, and
    one too many is found even before it should be sealed.
    """
    erasure = max((index for index, each in enumerate(entries) if _is_erasure(each)), default=-1)
    seen: set[tuple[str, int]] = set()
    for index, each in enumerate(entries):
        fields = each.line.fields
        seen.add((fields.source, fields.sequence))
        kind = _kind(each, is_erased=index < erasure, is_counted=fields.sequence <= numbers.get(fields.source, 0))
        if kind is not None:
            yield StoryFlaw(kind, fields.source, fields.sequence, fields.position)
    for source, count in numbers.items():
        for sequence in range(1, count + 1):
            if (source, sequence) not in seen:
                yield StoryFlaw("removed", source, sequence, None)


def unprovable(entry: Standing) -> StoryFlaw:
    """Return what is to be said of an entry where hashes are gone that its proof needs."""
    fields = entry.line.fields
    return StoryFlaw("unprovable", fields.source, fields.sequence, fields.position)


def _is_erasure(entry: Standing) -> bool:
    """Whether this entry lets texts go: one that is sealed has to be as it was."""
    is_good = not entry.is_sealed or check(entry.line).is_as_sealed
    return entry.line.fields.type == EventType.ERASED and is_good


def _kind(entry: Standing, *, is_erased: bool, is_counted: bool) -> str | None:
    if not is_counted or (entry.is_settled and not entry.is_sealed):
        return "inserted"
    checked = check(entry.line)
    if entry.is_sealed and not checked.is_as_sealed:
        return "changed"
    return "wiped" if checked.erased is not None and not is_erased else None
