"""Checks sealed entries, one after the other, against each other and against signed checkpoints.

Needs nothing but what it is given: an export on a machine that never saw the ledger is enough.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import NamedTuple

from ledger_service.domain.checkpoints import Checkpoint
from ledger_service.domain.entry_types import ERASURES
from ledger_service.domain.merkle import HASH_BYTES, Frontier
from ledger_service.domain.sealing import FIRST_LINK, Fields, Seal, digest, leaf_hash, link

UNSEALED = -1
"""In place of its number, where an entry has no seal though it is older than some that have."""


class Line(NamedTuple):
    """An entry with its seal, as it is exported."""

    fields: Fields
    actor: str | None
    data: str | None
    """None where it was erased, and so are actor and salt."""
    salt: bytes | None
    seal: Seal


class Checked(NamedTuple):
    """An entry that was compared with its own seal; what is left is its place among the others."""

    number: int
    position: int
    leaf: bytes
    link: bytes
    is_as_sealed: bool
    erased: str | None
    """What this entry is about, where it has lost its texts."""
    erasure: str | None
    """What this entry erases."""


class Run(NamedTuple):
    """Entries one after the other, each of them as sealed and linked to the one before it; of many, it is less to send.

    Whether the first is linked to its predecessor is open.
    """

    first: int
    """Its number."""
    leaves: bytes
    links: bytes
    marks: Sequence[tuple[int, str | None, str | None]]
    """Which have an `erased` or an `erasure`: counted from the first, with both."""

    def entries(self) -> Iterator[Checked]:
        """Yield them one by one, without their positions, which only what is wrong needs."""
        marks = {place: (erased, erasure) for place, erased, erasure in self.marks}
        hashes = zip(_each(self.leaves), _each(self.links), strict=True)
        for place, (leaf, own_link) in enumerate(hashes):
            yield Checked(self.first + place, UNSEALED, leaf, own_link, True, *marks.get(place, (None, None)))


def run_of(entries: Sequence[Checked]) -> Run | None:
    """Return entries as a run; None where something is wrong within them, or there are none."""
    if entries and len(entries[0].link) != HASH_BYTES:
        return None
    previous: Checked | None = None
    for entry in entries:
        if not entry.is_as_sealed or entry.number == UNSEALED:
            return None
        if previous is not None and (
            entry.number != previous.number + 1 or link(previous.link, entry.leaf) != entry.link
        ):
            return None
        previous = entry
    if previous is None:
        return None
    return Run(
        entries[0].number,
        b"".join([entry.leaf for entry in entries]),
        b"".join([entry.link for entry in entries]),
        [(place, each.erased, each.erasure) for place, each in enumerate(entries) if each.erased or each.erasure],
    )


def _each(hashes: bytes) -> list[bytes]:
    return [hashes[at : at + HASH_BYTES] for at in range(0, len(hashes), HASH_BYTES)]


class Flaw(NamedTuple):
    """What is wrong, from the entry with number `first` to that with number `last`."""

    kind: str
    """`changed`, `removed`, `inserted`, `unlinked`, or `unsigned`: other entries than those that were signed.

    `wiped`: without its texts, and no later entry about the same erases them.
    """
    first: int
    last: int
    what: str


def check(line: Line) -> Checked:
    """Compare an entry with its own seal; this is most of the work, and needs no other entry."""
    fields, seal = line.fields, line.seal
    erased = erased_of(line)
    is_as_sealed = (erased is not None or _content(line) == seal.digest) and leaf_hash(fields, seal.digest) == seal.leaf
    return Checked(
        seal.number,
        seal.position,
        seal.leaf,
        seal.link,
        is_as_sealed,
        erased,
        erasure_of(line) if is_as_sealed else None,
    )


def erased_of(line: Line) -> str | None:
    """Return what the entry is about if it has lost its texts; None where they are there."""
    return line.fields.subject if line.data is None and line.actor is None and line.salt is None else None


def erasure_of(line: Line) -> str | None:
    """Return what this entry erases, a complaint, a review or an activity; None where it is another kind."""
    return line.fields.subject if line.fields.type in ERASURES else None


def _content(line: Line) -> bytes | None:
    return None if line.data is None else digest(line.salt, line.actor, line.data)


class Verifier:
    """Takes entries in the order of their numbers, and finds what was changed, removed or put in."""

    def __init__(self, checkpoints: Iterable[Checkpoint] = (), *, entries: int = 0) -> None:
        """`checkpoints` are those that the lines have to agree with; their signatures have been checked.

        There have to be `entries` at least.
        """
        self._least = entries
        self._expected: defaultdict[int, dict[bytes, Checkpoint]] = defaultdict(dict)
        """By size and root: two of one size that contradict each other cannot both hold."""
        for checkpoint in checkpoints:
            self._expected[checkpoint.size].setdefault(checkpoint.root, checkpoint)
        self._to_be_signed = max(self._expected, default=0)
        self._tree = Frontier()
        self._link = FIRST_LINK
        self._signed = 0
        self._next = 0
        self._wiped: defaultdict[str, list[int]] = defaultdict(list)
        """Numbers of entries without texts, by what they are about, whose erasure has to come yet."""
        self._erased = self._erased_unsigned = 0
        self._is_whole = True
        """Whether every line since the beginning was there, so that the tree can be compared."""

    @property
    def entries(self) -> int:
        """How many were taken."""
        return self._tree.size

    @property
    def erased(self) -> int:
        """How many of them have lost their texts to an erasure that was taken as well."""
        return self._erased

    @property
    def erased_unsigned(self) -> int:
        """How many of those were erased by an entry that no checkpoint signs for."""
        return self._erased_unsigned

    @property
    def signed(self) -> int:
        """How many, from the first on, were compared with what was signed."""
        return self._signed

    def take(self, seal: Checked) -> Iterator[Flaw]:
        """Take the next entry, and yield what is wrong with it or before it."""
        if seal.number == UNSEALED:
            yield _flaw("inserted", UNSEALED, f"position {seal.position} was put in: it was never sealed")
            return
        if seal.number < self._next:
            yield _flaw("inserted", seal.number, f"entry {seal.number} stands once more before {self._next}")
            return
        if seal.number > self._next:
            self._is_whole = False
            missing = f"entries {self._next} to {seal.number - 1} are missing"
            yield Flaw("removed", self._next, seal.number - 1, missing)
        elif link(self._link, seal.leaf) != seal.link:
            yield _flaw("unlinked", seal.number, f"entry {seal.number} is not linked to the one before it")
        if not seal.is_as_sealed:
            yield _flaw("changed", seal.number, f"entry {seal.number} (position {seal.position}) is not as sealed")
        self._note(seal.number, seal.erased, seal.erasure)
        self._link, self._next = seal.link, seal.number + 1
        self._tree.append(seal.leaf)
        yield from self._compare()

    def take_run(self, run: Run) -> Iterator[Flaw]:
        """Take the entries of a run, which comes to the same as taking each of them."""
        leaves = _each(run.leaves)
        if run.first != self._next or link(self._link, leaves[0]) != run.links[:HASH_BYTES]:
            for entry in run.entries():
                yield from self.take(entry)
            return
        for place, erased, erasure in run.marks:
            self._note(run.first + place, erased, erasure)
        append, expected, tree = self._tree.append, self._expected, self._tree
        for leaf in leaves:
            append(leaf)
            if tree.size in expected:
                yield from self._compare()
        self._link, self._next = run.links[-HASH_BYTES:], run.first + len(leaves)

    def _note(self, number: int, erased: str | None, erasure: str | None) -> None:
        if erased is not None:
            self._wiped[erased].append(number)
        if erasure is not None:
            count = len(self._wiped.pop(erasure, ()))
            self._erased += count
            self._erased_unsigned += count if number >= self._to_be_signed else 0

    def end(self) -> Iterator[Flaw]:
        """Yield what lost its texts without an erasure, and what is missing after the last line."""
        for number in sorted(chain.from_iterable(self._wiped.values())):
            yield _flaw("wiped", number, f"entry {number} has lost its texts, and no entry says why")
        size = max([self._least, *self._expected])
        if size > self._next:
            what = f"entries {self._next} to {size - 1} are missing at the end"
            yield Flaw("removed", self._next, size - 1, what)

    def _compare(self) -> Iterator[Flaw]:
        size = self._tree.size
        if not (self._is_whole and size in self._expected):
            return
        root = self._tree.root()
        for checkpoint in self._expected[size].values():
            if checkpoint.root != root:
                what = f"entries {self._signed} to {size - 1} are not those signed at {checkpoint.at.isoformat()}"
                yield Flaw("unsigned", self._signed, size - 1, what)
                self._is_whole = False  # every later root differs too
        self._signed = size


def _flaw(kind: str, number: int, what: str) -> Flaw:
    return Flaw(kind, number, number, what)
