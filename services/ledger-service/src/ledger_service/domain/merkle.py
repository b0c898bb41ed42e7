"""The Merkle tree of RFC 9162 §2.1 (the same as RFC 6962 §2.1), over SHA-256.

Leaves are numbered from 0. A range `(start, end)` of leaves, `end` excluded, has one hash; it is *complete* where it is
a power of two long and begins at a multiple of that. Proofs are lists of hashes of ranges, so this module says which
ranges a proof consists of, and whoever keeps the hashes looks them up.
"""

from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import NamedTuple

Range = tuple[int, int]
KEPT_EVERY = 8
"""Of the levels of a tree, every eighth is kept beside the leaves: what lies between is soon made from 256 hashes."""
EMPTY_ROOT = sha256(b"").digest()
HASH_BYTES = 32


class InvalidProof(ValueError):
    """The proof does not lead to the root."""


def hash_leaf(data: bytes) -> bytes:
    """Return the hash of a leaf."""
    return sha256(b"\x00" + data).digest()


def hash_node(left: bytes, right: bytes) -> bytes:
    """Return the hash of a node above two others."""
    return sha256(b"\x01" + left + right).digest()


def join(hashes: Sequence[bytes]) -> bytes:
    """Return the hash above the hashes of neighbours of one size, as many as some power of two."""
    while len(hashes) > 1:
        hashes = [hash_node(left, right) for left, right in zip(hashes[::2], hashes[1::2], strict=True)]
    return hashes[0]


class Node(NamedTuple):
    """The hash of the complete range of 2 ** `level` leaves that begins at `number` times that."""

    level: int
    number: int
    hash: bytes


class Frontier:
    """The right edge of a growing tree: the hashes of its complete ranges, the longest first."""

    def __init__(self, size: int = 0, hashes: Iterable[bytes] = ()) -> None:
        """`hashes` are those of `complete_ranges((0, size))`."""
        self.size = size
        self.hashes = list(hashes)

    def append(self, leaf: bytes) -> list[Node]:
        """Add the hash of the next leaf; return the nodes to keep that it completes."""
        kept: list[Node] = []
        number, level, node = self.size, 0, leaf
        while number & 1:
            node = hash_node(self.hashes.pop(), node)
            number >>= 1
            level += 1
            if level % KEPT_EVERY == 0:
                kept.append(Node(level, number, node))
        self.hashes.append(node)
        self.size += 1
        return kept

    def root(self) -> bytes:
        """Return the hash of the whole tree."""
        return fold(self.hashes) if self.hashes else EMPTY_ROOT


def fold(hashes: Sequence[bytes]) -> bytes:
    """Return the hash of a range from those of its complete parts, the leftmost first."""
    *rest, result = hashes
    for left in reversed(rest):
        result = hash_node(left, result)
    return result


def complete_ranges(whole: Range) -> list[Range]:
    """Return the complete parts of a range that begins where a part of a tree may begin, the longest first."""
    start, end = whole
    parts: list[Range] = []
    while start < end:
        length = 1 << ((end - start).bit_length() - 1)
        parts.append((start, start + length))
        start += length
    return parts


def inclusion_ranges(leaf: int, size: int) -> list[Range]:
    """Return the ranges whose hashes show that `leaf` is in the tree of the first `size` leaves, the nearest first."""
    ranges: list[Range] = []
    start, end = 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if leaf < middle:
            ranges.append((middle, end))
            end = middle
        else:
            ranges.append((start, middle))
            start = middle
    return ranges[::-1]


def consistency_ranges(first: int, second: int) -> list[Range]:
    """Return the ranges whose hashes show that the tree of `first` leaves is the beginning of that of `second`."""
    ranges: list[Range] = []
    start, end, is_whole = 0, second, True
    while first != end:
        middle = start + _split(end - start)
        if first <= middle:
            ranges.append((middle, end))
            end = middle
        else:
            ranges.append((start, middle))
            start, is_whole = middle, False
    if not is_whole:
        ranges.append((start, end))
    return ranges[::-1]


def check_inclusion(leaf_hash: bytes, leaf: int, size: int, proof: Sequence[bytes], root: bytes) -> None:
    """Raise InvalidProof unless `proof` leads from a leaf to the root of a tree of `size` (RFC 9162 §2.1.3.2)."""
    ranges = inclusion_ranges(leaf, size) if 0 <= leaf < size else []
    if not 0 <= leaf < size or len(ranges) != len(proof):
        raise InvalidProof(f"a proof for leaf {leaf} of {size} has {len(ranges)} hashes, not {len(proof)}")
    result = leaf_hash
    for (start, _), sibling in zip(ranges, proof, strict=True):
        result = hash_node(sibling, result) if start < leaf else hash_node(result, sibling)
    if result != root:
        raise InvalidProof(f"leaf {leaf} is not in the tree of {size} with the root {root.hex()}")


def check_consistency(first: int, second: int, proof: Sequence[bytes], roots: tuple[bytes, bytes]) -> None:
    """Raise InvalidProof unless `proof` shows both `roots` to be of one growing tree (RFC 9162 §2.1.4.2)."""
    if not 0 < first <= second:
        raise InvalidProof(f"the first tree must have 1 to {second} leaves, not {first}")
    ranges = consistency_ranges(first, second)
    if len(ranges) != len(proof):
        raise InvalidProof(f"a proof from {first} to {second} leaves has {len(ranges)} hashes, not {len(proof)}")
    known = dict(zip(ranges, proof, strict=True))
    if all(end != first for _, end in ranges):
        known[0, first] = roots[0]  # a complete range: whoever has the root has its hash
    old = [known[part] for part in sorted(known) if part[1] <= first]
    if fold(old) != roots[0] or _rebuild(known, (0, second)) != roots[1]:
        raise InvalidProof(f"the tree of {first} leaves is not the beginning of that of {second}")


def _rebuild(known: dict[Range, bytes], whole: Range) -> bytes:
    if whole in known:
        return known[whole]
    start, end = whole
    if end - start < 2:
        raise InvalidProof(f"the proof lacks leaf {start}")
    middle = start + _split(end - start)
    return hash_node(_rebuild(known, (start, middle)), _rebuild(known, (middle, end)))


def _split(length: int) -> int:
    """Return the largest power of two below `length`."""
    return 1 << ((length - 1).bit_length() - 1)
