"""A sealed ledger that was tampered with, and what is said of it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from ledger_service.domain.checkpoints import BadCheckpoint, Checkpoint, Signer, opened, origin_of
from ledger_service.domain.merkle import Frontier
from ledger_service.domain.sealing import FIRST_LINK, Fields, Seal, digest, instant, leaf_hash, link
from ledger_service.domain.verifying import UNSEALED, Flaw, Line, Verifier, check, run_of

ORIGIN = origin_of("522723")
SIGNER = Signer(ORIGIN, "a secret of the tests")
AT = datetime(2026, 11, 23, 8, tzinfo=UTC)


def ledger(size: int = 20) -> list[Line]:
    """A sealed ledger."""
    return sealed([_entry(number) for number in range(size)])


def sealed(lines: list[Line]) -> list[Line]:
    """Seal the lines anew, as one would who may write everywhere."""
    last, made = FIRST_LINK, []
    for number, line in enumerate(lines):
        content = digest(line.salt, line.actor, line.data or "")
        leaf = leaf_hash(line.fields, content)
        last = link(last, leaf)
        made.append(line._replace(seal=Seal(number, line.fields.position, content, leaf, last)))
    return made


def _entry(number: int) -> Line:
    moment = AT + timedelta(seconds=number)
    fields = Fields.of((
        "522723", number * 3, UUID(int=number), UUID(int=number // 4), "complaint.accepted", "dispatch", 1, "assigned",
        "accepted", moment, moment,
    ))  # fmt: skip
    return Line(fields, "officer-1", f'{{"note": "{number}"}}', bytes([number]) * 16, Seal(0, 0, b"", b"", b""))


def checkpoint(lines: list[Line]) -> Checkpoint:
    tree = Frontier()
    for line in lines:
        tree.append(line.seal.leaf)
    return Checkpoint(ORIGIN, tree.size, tree.root(), AT)


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
    forged = lines[6]._replace(data='{"note": "forged"}')
    assert found([*lines[:7], forged, *lines[7:]]) == [("inserted", 6, 6)]


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


def test_a_seal_that_was_changed_breaks_the_chain() -> None:
    lines = ledger()
    lines[3] = lines[3]._replace(seal=lines[3].seal._replace(link=bytes(32)))
    assert found(lines) == [("unlinked", 3, 3), ("unlinked", 4, 4)]


def test_a_signed_checkpoint_is_opened() -> None:
    note = SIGNER.sign(SIGNED[0])
    assert note.startswith("jieban/522723\n8\n")
    assert opened(note, SIGNER.verifier_key) == SIGNED[0]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda note: note.replace("\n8\n", "\n9\n"), "is not jieban/522723's"),
        (lambda note: note.replace("08:00", "07:00"), "is not jieban/522723's"),
        (lambda note: note.replace("522723", "110101"), "the key is jieban/522723's"),
        (lambda note: note[:-10], "no signed checkpoint"),
        (lambda _note: Signer(ORIGIN, "another").sign(SIGNED[0]), "is not jieban/522723's"),
    ],
)
def test_a_checkpoint_that_was_tampered_with_is_refused(change: Callable[[str], str], reason: str) -> None:
    with pytest.raises(BadCheckpoint, match=reason):
        opened(change(SIGNER.sign(SIGNED[0])), SIGNER.verifier_key)


@pytest.mark.parametrize("key", ["", "x", "jieban/522723+00000000+AAAA", SIGNER.verifier_key.replace("+", "+0", 1)])
def test_a_key_that_is_none_is_refused(key: str) -> None:
    with pytest.raises(BadCheckpoint, match="key"):
        opened(SIGNER.sign(SIGNED[0]), key)


def test_ledgers_of_two_tenants_have_two_keys() -> None:
    other = Signer(origin_of("110101"), "a secret of the tests")
    assert other.verifier_key.partition("+")[2] != SIGNER.verifier_key.partition("+")[2]
    with pytest.raises(BadCheckpoint):
        opened(other.sign(replace(SIGNED[0], origin=origin_of("110101"))), SIGNER.verifier_key)


def _erased(line: Line) -> Line:
    return line._replace(actor=None, data=None, salt=None)


def _with_erasure(at: int) -> list[Line]:
    """A ledger in which an entry of the complaint of entries 4 to 7 erases it."""
    lines = ledger()
    lines[at] = lines[at]._replace(
        fields=lines[at].fields._replace(subject=lines[4].fields.subject, type="complaint.erased")
    )
    return sealed(lines)


def _flaws_unsigned(lines: list[Line]) -> tuple[list[tuple[str, int, int]], int]:
    verifier = Verifier(entries=len(lines))
    found = [flaw[:3] for line in lines for flaw in verifier.take(check(line))]
    return found + [flaw[:3] for flaw in verifier.end()], verifier.erased


def test_texts_may_be_gone_where_a_later_entry_erases_them() -> None:
    lines = _with_erasure(12)
    lines[4], lines[6] = _erased(lines[4]), _erased(lines[6])
    assert _flaws_unsigned(lines) == ([], 2)


@pytest.mark.parametrize("gone", [3, 13])
def test_texts_that_are_gone_without_an_erasure_behind_them_are_named(gone: int) -> None:
    lines = _with_erasure(12)
    lines[gone] = _erased(lines[gone])
    assert _flaws_unsigned(lines) == ([("wiped", gone, gone)], 0)


def test_an_erasure_that_was_tampered_with_lets_nothing_go() -> None:
    lines = _with_erasure(12)
    lines[4] = _erased(lines[4])
    lines[12] = lines[12]._replace(data="{}")
    assert _flaws_unsigned(lines) == ([("changed", 12, 12), ("wiped", 4, 4)], 0)


@pytest.mark.parametrize("part", ["actor", "salt"])
def test_an_erased_entry_keeps_nothing(part: str) -> None:
    lines = _with_erasure(12)
    lines[4] = _erased(lines[4])._replace(**{part: getattr(lines[4], part)})
    assert _flaws_unsigned(lines) == ([("changed", 4, 4)], 0)


def test_the_leaf_of_an_erased_entry_is_still_checked() -> None:
    lines = _with_erasure(12)
    lines[4] = _erased(lines[4])._replace(fields=lines[4].fields._replace(status_after="closed"))
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
        lambda lines: [*lines[:12], _erased(lines[12]), *lines[13:]],
        lambda lines: [*lines[:10], lines[10]._replace(seal=lines[10].seal._replace(link=bytes(32))), *lines[11:]],
        lambda lines: [*lines[:10], lines[10]._replace(seal=lines[10].seal._replace(number=UNSEALED)), *lines[11:]],
    ],
)
def test_runs_come_to_the_same_as_their_entries(spoil: Callable[[list[Line]], list[Line]], size: int) -> None:
    lines = spoil(ledger())
    assert _by_runs(lines, size) == flaws(lines)
