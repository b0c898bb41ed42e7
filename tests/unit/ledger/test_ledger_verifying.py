"""A sealed ledger that was tampered with, and what is said of it."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from ledger_service.domain.checkpoints import BadCheckpoint, Checkpoint, Signer, TamperedCheckpoint, opened, origin_of
from ledger_service.domain.sealing import instant, link
from ledger_service.domain.verifying import UNSEALED, Flaw, Line, Verifier, check, run_of
from sealed_ledgers import AT, ORIGIN, SIGNER, checkpoint, erased, forged, ledger, sealed, with_erasure

SIGNED = [checkpoint(ledger()[:size]) for size in (8, 16, 20)]


def flaws(lines: list[Line]) -> list[Flaw]:
    verifier = Verifier(SIGNED)
    return [flaw for line in lines for flaw in verifier.take(check(line))] + list(verifier.end())


def found(lines: list[Line]) -> list[tuple[str, int, int]]:
    return [flaw[:3] for flaw in flaws(lines)]


def test_a_whole_ledger_has_no_flaw() -> None:
    assert flaws(ledger()) == []


@pytest.mark.parametrize(
    "change",
    [
        lambda line: line._replace(data='{"note": "other"}'),
        lambda line: line._replace(actor="officer-2"),
        lambda line: line._replace(salt=None),
        lambda line: line._replace(fields=line.fields._replace(status_after="closed")),
        lambda line: line._replace(fields=line.fields._replace(occurred_at=instant(AT))),
        lambda line: line._replace(fields=line.fields._replace(position=1)),
    ],
)
def test_a_changed_entry_is_named(change: Callable[[Line], Line]) -> None:
    lines = ledger()
    lines[11] = change(lines[11])
    assert found(lines) == [("changed", 11, 11)]


def test_removed_entries_are_named() -> None:
    lines = ledger()
    assert found(lines[:5] + lines[8:]) == [("removed", 5, 7)]
    assert found(lines[:15]) == [("removed", 15, 19)]
    assert found([]) == [("removed", 0, 19)]


def test_entries_that_are_missing_at_the_end_are_named_without_a_signature() -> None:
    verifier = Verifier(entries=20)
    assert [flaw for line in ledger()[:18] for flaw in verifier.take(check(line))] == []
    assert [flaw[:3] for flaw in verifier.end()] == [("removed", 18, 19)]


def test_an_entry_that_was_put_in_is_named() -> None:
    lines = ledger()
    another = lines[6]._replace(data='{"note": "forged"}')
    assert found([*lines[:7], another, *lines[7:]]) == [("inserted", 6, 6)]


def test_entries_that_changed_places_are_named() -> None:
    lines = ledger()
    lines[4], lines[5] = lines[5], lines[4]
    assert ("removed", 4, 4) in found(lines)
    assert ("inserted", 4, 4) in found(lines)


def test_a_ledger_that_was_sealed_anew_differs_from_what_was_signed() -> None:
    lines = ledger()
    lines[11] = lines[11]._replace(data='{"note": "other"}')
    assert found(sealed(lines)) == [("unsigned", 8, 15)]
    assert found(sealed(ledger()[:9] + ledger()[10:])) == [("unsigned", 8, 15), ("removed", 19, 19)]


@pytest.mark.parametrize("order", [1, -1])
def test_two_checkpoints_of_one_size_have_to_hold_both(order: int) -> None:
    contradicting = [checkpoint(ledger()), checkpoint(forged(ledger(), 11))][::order]
    verifier = Verifier(contradicting)
    assert [flaw[:3] for line in ledger() for flaw in verifier.take(check(line))] == [("unsigned", 0, 19)]


def test_what_is_signed_for_is_counted() -> None:
    verifier = Verifier(SIGNED[:2])
    assert [flaw for line in ledger() for flaw in verifier.take(check(line))] == []
    assert (verifier.entries, verifier.signed) == (20, 16)


@pytest.mark.parametrize(("at", "unsigned"), [(12, 0), (18, 1)])
def test_erasures_that_are_not_signed_for_are_counted(at: int, unsigned: int) -> None:
    lines = with_erasure(at)
    verifier = Verifier([checkpoint(lines[:16])])
    lines[4] = erased(lines[4])
    assert [flaw for line in lines for flaw in verifier.take(check(line))] == []
    assert (verifier.erased, verifier.erased_unsigned) == (1, unsigned)


@pytest.mark.parametrize("length", [5, 64])
def test_a_link_of_a_wrong_length_is_no_part_of_a_run(length: int) -> None:
    first, second = ledger(2)
    odd = first.seal._replace(link=bytes(length))
    following = second.seal._replace(link=link(odd.link, second.seal.leaf))
    lines = [first._replace(seal=odd), second._replace(seal=following)]
    assert _by_runs(lines, 2) == flaws(lines)
    assert ("unlinked", 0, 0) in found(lines)


def test_a_seal_that_was_changed_breaks_the_chain() -> None:
    lines = ledger()
    lines[3] = lines[3]._replace(seal=lines[3].seal._replace(link=bytes(32)))
    assert found(lines) == [("unlinked", 3, 3), ("unlinked", 4, 4)]


def test_a_signed_checkpoint_is_opened() -> None:
    note = SIGNER.sign(SIGNED[0])
    assert note.startswith("jieban/522723\n8\n")
    assert opened(note, SIGNER.verifier_key) == SIGNED[0]


@pytest.mark.parametrize(
    "keep",
    [
        lambda note: note + "\n",
        lambda note: note + "\n\n",
        lambda note: note.rstrip("\n"),
        lambda note: note.replace("\n", "\r\n"),
        lambda note: note.replace("\n", "\r\n") + "\r\n",
    ],
)
def test_a_checkpoint_survives_being_kept_as_a_text(keep: Callable[[str], str]) -> None:
    assert opened(keep(SIGNER.sign(SIGNED[0])), SIGNER.verifier_key) == SIGNED[0]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda note: note.replace("\n8\n", "\n9\n"), "is not jieban/522723's"),
        (lambda note: note.replace("08:00", "07:00"), "is not jieban/522723's"),
        (lambda note: note.replace("522723", "110101"), "the key is jieban/522723's"),
        (lambda note: note[:-10], "no signed checkpoint"),
        (lambda note: note.replace("\n\n", "\n"), "no signed checkpoint"),
        (lambda note: note + " ", "no signed checkpoint"),
        (lambda note: note + note, "no signed checkpoint"),
        (lambda _note: Signer(ORIGIN, "another").sign(SIGNED[0]), "another key of jieban/522723: [0-9a-f]{8}$"),
    ],
)
def test_a_checkpoint_that_was_tampered_with_is_refused(change: Callable[[str], str], reason: str) -> None:
    with pytest.raises(BadCheckpoint, match=reason):
        opened(change(SIGNER.sign(SIGNED[0])), SIGNER.verifier_key)


class Undated(Checkpoint):
    """One that has no moment."""

    def text(self) -> str:
        return super().text().replace("2026", "some day in 2026")


def test_a_checkpoint_that_is_signed_and_has_no_moment_is_refused() -> None:
    undated = Undated(ORIGIN, 8, SIGNED[0].root, SIGNED[0].at)
    assert "some day in" in SIGNER.sign(undated)
    with pytest.raises(TamperedCheckpoint):
        opened(SIGNER.sign(undated), SIGNER.verifier_key)


def test_what_was_signed_before_the_secret_changed_is_opened_with_the_key_of_then() -> None:
    changed = Signer(ORIGIN, "another", [SIGNER.verifier_key, Signer(origin_of("110101"), "x").verifier_key])
    assert changed.earlier_keys == [SIGNER.verifier_key]
    for note in (SIGNER.sign(SIGNED[0]), changed.sign(SIGNED[0])):
        assert opened(note, changed.verifier_key, *changed.earlier_keys) == SIGNED[0]
    with pytest.raises(BadCheckpoint):
        Signer(ORIGIN, "another", ["none"])


@pytest.mark.parametrize("key", ["", "x", "jieban/522723+00000000+AAAA", SIGNER.verifier_key.replace("+", "+0", 1)])
def test_a_key_that_is_none_is_refused(key: str) -> None:
    with pytest.raises(BadCheckpoint, match="key"):
        opened(SIGNER.sign(SIGNED[0]), key)


def test_ledgers_of_two_tenants_have_two_keys() -> None:
    other = Signer(origin_of("110101"), "a secret of the tests")
    assert other.verifier_key.partition("+")[2] != SIGNER.verifier_key.partition("+")[2]
    with pytest.raises(BadCheckpoint):
        opened(other.sign(replace(SIGNED[0], origin=origin_of("110101"))), SIGNER.verifier_key)


def _flaws_unsigned(lines: list[Line]) -> tuple[list[tuple[str, int, int]], int]:
    verifier = Verifier(entries=len(lines))
    found = [flaw[:3] for line in lines for flaw in verifier.take(check(line))]
    return found + [flaw[:3] for flaw in verifier.end()], verifier.erased


def test_texts_may_be_gone_where_a_later_entry_erases_them() -> None:
    lines = with_erasure(12)
    lines[4], lines[6] = erased(lines[4]), erased(lines[6])
    assert _flaws_unsigned(lines) == ([], 2)


@pytest.mark.parametrize("gone", [3, 13])
def test_texts_that_are_gone_without_an_erasure_behind_them_are_named(gone: int) -> None:
    lines = with_erasure(12)
    lines[gone] = erased(lines[gone])
    assert _flaws_unsigned(lines) == ([("wiped", gone, gone)], 0)


def test_an_erasure_that_was_tampered_with_lets_nothing_go() -> None:
    lines = with_erasure(12)
    lines[4] = erased(lines[4])
    lines[12] = lines[12]._replace(data="{}")
    assert _flaws_unsigned(lines) == ([("changed", 12, 12), ("wiped", 4, 4)], 0)


@pytest.mark.parametrize("part", ["actor", "salt"])
def test_an_erased_entry_keeps_nothing(part: str) -> None:
    lines = with_erasure(12)
    lines[4] = erased(lines[4])._replace(**{part: getattr(lines[4], part)})
    assert _flaws_unsigned(lines) == ([("changed", 4, 4)], 0)


def test_the_leaf_of_an_erased_entry_is_still_checked() -> None:
    lines = with_erasure(12)
    lines[4] = erased(lines[4])._replace(fields=lines[4].fields._replace(status_after="closed"))
    assert ("changed", 4, 4) in _flaws_unsigned(lines)[0]


def _by_runs(lines: list[Line], size: int) -> list[Flaw]:
    """Take the lines in parts, as the command does: those with nothing wrong within them as runs."""
    verifier, entries = Verifier(SIGNED), [check(line) for line in lines]
    found: list[Flaw] = []
    for start in range(0, len(entries), size):
        part = entries[start : start + size]
        run = run_of(part)
        found += verifier.take_run(run) if run else [flaw for entry in part for flaw in verifier.take(entry)]
    return found + list(verifier.end())


def _swapped(lines: list[Line]) -> list[Line]:
    return [*lines[:4], lines[5], lines[4], *lines[6:]]


@pytest.mark.parametrize("size", [1, 3, 5, 20])
@pytest.mark.parametrize(
    "spoil",
    [
        lambda lines: lines,
        lambda lines: lines[:5] + lines[8:],
        lambda lines: lines[:15],
        lambda lines: [*lines[:7], *lines[3:]],
        _swapped,
        lambda lines: sealed(lines[:9] + lines[10:]),
        lambda lines: [*lines[:12], erased(lines[12]), *lines[13:]],
        lambda lines: [*lines[:10], lines[10]._replace(seal=lines[10].seal._replace(link=bytes(32))), *lines[11:]],
        lambda lines: [*lines[:10], lines[10]._replace(seal=lines[10].seal._replace(number=UNSEALED)), *lines[11:]],
    ],
)
def test_runs_come_to_the_same_as_their_entries(spoil: Callable[[list[Line]], list[Line]], size: int) -> None:
    lines = spoil(ledger())
    assert _by_runs(lines, size) == flaws(lines)
