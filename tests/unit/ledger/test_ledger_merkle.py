"""The Merkle tree, against the definitions of RFC 9162 and published values."""

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger_service.domain.merkle import (
    EMPTY_ROOT,
    Frontier,
    InvalidProof,
    Range,
    check_consistency,
    check_inclusion,
    complete_ranges,
    consistency_ranges,
    fold,
    hash_leaf,
    hash_node,
    inclusion_ranges,
    join,
)

# The leaves and roots that implementations of certificate transparency are checked with.
LEAVES = [
    bytes.fromhex(text)
    for text in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
sizes = st.integers(1, 300)


def leaves(size: int) -> list[bytes]:
    return [hash_leaf(str(number).encode()) for number in range(size)]


def defined(hashes: list[bytes]) -> bytes:
    """The hash of a list of leaves as RFC 9162 §2.1.1 defines it, slowly."""
    if not hashes:
        return sha256().digest()
    if len(hashes) == 1:
        return hashes[0]
    split = 1
    while split * 2 < len(hashes):
        split *= 2
    return hash_node(defined(hashes[:split]), defined(hashes[split:]))


def of(hashes: list[bytes], ranges: list[Range]) -> list[bytes]:
    return [defined(hashes[start:end]) for start, end in ranges]


@pytest.mark.parametrize("size", range(1, 9))
def test_published_roots(size: int) -> None:
    tree = Frontier()
    for leaf in LEAVES[:size]:
        tree.append(hash_leaf(leaf))
    assert tree.root().hex() == ROOTS[size - 1]


def test_the_empty_tree() -> None:
    assert Frontier().root() == EMPTY_ROOT == sha256().digest()


@given(sizes)
def test_a_tree_grown_leaf_by_leaf_is_the_defined_one(size: int) -> None:
    tree, hashes = Frontier(), leaves(size)
    for leaf in hashes:
        tree.append(leaf)
    assert tree.root() == defined(hashes)
    assert tree.hashes == of(hashes, complete_ranges((0, size)))
    assert fold(of(hashes, complete_ranges((0, size)))) == defined(hashes)


@given(st.integers(0, 8))
def test_neighbours_are_joined(level: int) -> None:
    assert join(leaves(1 << level)) == defined(leaves(1 << level))


@given(sizes, st.data())
def test_a_leaf_is_shown_to_be_included_and_no_other(size: int, data: st.DataObject) -> None:
    leaf = data.draw(st.integers(0, size - 1))
    hashes = leaves(size)
    proof, root = of(hashes, inclusion_ranges(leaf, size)), defined(hashes)
    check_inclusion(hashes[leaf], leaf, size, proof, root)
    other = data.draw(st.integers(0, size - 1).filter(lambda number: number != leaf)) if size > 1 else size
    with pytest.raises(InvalidProof):
        check_inclusion(hashes[leaf], other, size, proof, root)
    with pytest.raises(InvalidProof):
        check_inclusion(hash_leaf(b"forged"), leaf, size, proof, root)
    with pytest.raises(InvalidProof):
        check_inclusion(hashes[leaf], leaf, size, [*proof, root], root)


@given(sizes, st.data())
def test_a_tree_is_shown_to_be_the_beginning_of_another(size: int, data: st.DataObject) -> None:
    first = data.draw(st.integers(1, size))
    hashes = leaves(size)
    roots = defined(hashes[:first]), defined(hashes)
    proof = of(hashes, consistency_ranges(first, size))
    check_consistency(first, size, proof, roots)
    forged = hash_leaf(b"forged")
    for wrong in ((forged, roots[1]), (roots[0], forged)):
        with pytest.raises(InvalidProof):
            check_consistency(first, size, proof, wrong)
    for place in range(len(proof)):
        with pytest.raises(InvalidProof):
            check_consistency(first, size, [*proof[:place], forged, *proof[place + 1 :]], roots)


def test_the_proofs_of_the_rfc_s_example() -> None:
    """RFC 9162 §2.1.5: of seven leaves, with h, i, j, k, l and g as named there."""
    a_to_d, e_f, g = (0, 4), (4, 6), (6, 7)
    assert inclusion_ranges(0, 7) == [(1, 2), (2, 4), (4, 7)]
    assert inclusion_ranges(3, 7) == [(2, 3), (0, 2), (4, 7)]
    assert inclusion_ranges(4, 7) == [(5, 6), g, a_to_d]
    assert inclusion_ranges(6, 7) == [e_f, a_to_d]
    assert consistency_ranges(3, 7) == [(2, 3), (3, 4), (0, 2), (4, 7)]
    assert consistency_ranges(4, 7) == [(4, 7)]
    assert consistency_ranges(6, 7) == [e_f, g, a_to_d]
