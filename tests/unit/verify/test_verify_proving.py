"""`jieban verify` claims no more than what was signed shows."""

from dataclasses import replace
from pathlib import Path

import pytest

from ledger_service.domain.checkpoints import Checkpoint, Signer, origin_of
from ledger_service.domain.verifying import Line
from sealed_ledgers import ORIGIN, SIGNER, checkpoint, erased, forged, ledger, sealed, with_erasure, written
from unit.verify.verifying import verified

ANOTHER = Signer(ORIGIN, "another secret of the tests")
NEIGHBOUR = Signer(origin_of("110101"), "a secret of the tests")
GENUINE = ledger()
FORGED = forged(GENUINE, 11)
FIRST_16 = checkpoint(GENUINE[:16])


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.jsonl"


def kept(path: Path, signed: Checkpoint, signer: Signer = SIGNER) -> str:
    """Keep a checkpoint beside the export."""
    note = path.with_name(f"kept-{signed.size}-{signed.root.hex()[:8]}.txt")
    note.write_text(signer.sign(signed), "utf-8")
    return str(note)


def test_a_ledger_that_is_signed_to_its_end_is_shown_to_be_whole(path: Path) -> None:
    code, said = verified(written(path, GENUINE, [checkpoint(GENUINE)]), "--key", SIGNER.verifier_key)
    assert (code, "✓ 20 of 20 entries are signed for" in said, "!" in said) == (0, True, False)


@pytest.mark.parametrize("lines", [GENUINE, FORGED, []], ids=["never signed", "forged", "empty"])
@pytest.mark.parametrize("key", [[], ["--key", SIGNER.verifier_key], ["--key", ANOTHER.verifier_key]])
def test_where_nothing_is_signed_for_nothing_is_proved(path: Path, lines: list[Line], key: list[str]) -> None:
    code, said = verified(written(path, lines), *key)
    assert (code, "✓" in said) == (5, False)
    assert f"Nothing was proved: 0 of {len(lines)} entries are signed for." in said


def test_what_two_keys_have_signed_is_shown_by_both(path: Path) -> None:
    changed = Signer(ORIGIN, "another secret of the tests", [SIGNER.verifier_key])
    export = written(path, GENUINE, [checkpoint(GENUINE)], signer=changed)
    before = ["--checkpoint", kept(path, FIRST_16)]
    both = ["--key", ANOTHER.verifier_key, "--key", SIGNER.verifier_key]
    assert [verified(export, *before, *keys)[0] for keys in ([], both, both[:2], both[2:])] == [0, 0, 4, 4]
    said = verified(export, *before, *both[:2])[1]
    assert "another key of jieban/522723" in said


def test_a_checkpoint_of_no_entries_proves_nothing(path: Path) -> None:
    code, said = verified(written(path, FORGED, [checkpoint([])]), "--checkpoint", kept(path, checkpoint([])))
    assert (code, "Nothing was proved" in said) == (5, True)


def test_what_is_found_in_entries_that_are_not_signed_for_is_named(path: Path) -> None:
    code, said = verified(written(path, [*GENUINE[:5], *GENUINE[6:]]))
    assert (code, "removed: entries 5 to 5 are missing" in said) == (1, True)


def test_a_checkpoint_that_was_kept_convicts_a_forgery_that_has_none(path: Path) -> None:
    code, said = verified(written(path, FORGED), "--checkpoint", kept(path, FIRST_16))
    assert (code, "unsigned: entries 0 to 15 are not those signed" in said) == (1, True)


def test_a_checkpoint_that_was_kept_proves_an_export_that_has_none(path: Path) -> None:
    code, said = verified(written(path, GENUINE), "--checkpoint", kept(path, FIRST_16))
    assert (code, "16 of 20 entries are signed for" in said) == (0, True)


def test_two_that_were_kept_and_contradict_each_other_are_told(path: Path) -> None:
    both = [kept(path, checkpoint(FORGED)), kept(path, checkpoint(GENUINE))]
    for first, second in (both, both[::-1]):
        code, said = verified(written(path, GENUINE), "--checkpoint", first, "--checkpoint", second)
        assert (code, "entries 0 to 19 are not those signed" in said) == (1, True)


def test_how_many_are_not_signed_for_is_plain(path: Path) -> None:
    code, said = verified(written(path, forged(GENUINE, 17), [FIRST_16]))
    assert code == 0
    assert "16 of 20 entries are signed for: none of these was changed" in said
    assert "! The last 4 are not signed for" in said


def test_an_erasure_that_is_not_signed_for_is_told(path: Path) -> None:
    lines = with_erasure(18)
    code, said = verified(written(path, [*lines[:4], erased(lines[4]), *lines[5:]], [checkpoint(lines[:16])]))
    assert code == 0
    assert "1 of these were erased by an entry that is not signed for" in said


def test_an_export_that_was_cut_is_found_by_its_first_line_or_by_a_later_checkpoint(path: Path) -> None:
    code, said = verified(written(path, GENUINE[:17], [FIRST_16], entries=20))
    assert (code, "entries 17 to 19 are missing at the end" in said) == (1, True)
    cut = written(path, GENUINE[:17], [FIRST_16])
    code, said = verified(cut)
    assert (code, "17 entries of 522723" in said) == (0, True)
    code, said = verified(cut, "--checkpoint", kept(path, checkpoint(GENUINE)))
    assert (code, "entries 17 to 19 are missing at the end" in said) == (1, True)


@pytest.mark.parametrize("signed", [[], [FIRST_16]])
def test_an_export_and_a_key_of_different_ledgers_are_not_compared(path: Path, signed: list[Checkpoint]) -> None:
    export = written(path, GENUINE, signed)
    code, said = verified(export, "--key", NEIGHBOUR.verifier_key)
    assert (code, said) == (3, f"--key: it is the key of jieban/110101, and {export} is of 522723.")
    code, said = verified(export, "--key", "x")
    assert (code, said) == (3, "--key: the key is not of the form NAME+ID+BASE64.")
    export = written(path, sealed(GENUINE), signed, tenant="110101")
    code, said = verified(export)
    assert (code, said) == (3, f"the key in {export}: it is the key of jieban/522723, and {export} is of 110101.")


def test_who_has_the_key_in_the_file_made_up_is_told_by_key_and_by_checkpoint(path: Path) -> None:
    export = written(path, FORGED, [checkpoint(FORGED)], signer=ANOTHER)
    code, said = verified(export)
    assert (code, "shows that the file fits together, not whose it is" in said) == (0, True)
    code, said = verified(export, "--key", SIGNER.verifier_key)
    another = f"another key of jieban/522723: {ANOTHER.verifier_key.split('+')[1]}"
    assert code == 4
    assert said == f"{export}: the checkpoint of 20 entries was signed with {another}, going by --key."
    note = kept(path, FIRST_16)
    code, said = verified(export, "--checkpoint", note)
    assert code == 4
    assert said.startswith(f"{note}: the checkpoint of 16 entries was signed with another key of jieban/522723: ")
    assert said.endswith(f"going by the key in {export}.")


def test_a_checkpoint_of_another_ledger_is_not_compared(path: Path) -> None:
    note = kept(path, replace(FIRST_16, origin=origin_of("110101")), NEIGHBOUR)
    code, said = verified(written(path, GENUINE), "--checkpoint", note)
    assert code == 3
    assert said.startswith(f"{note}: this checkpoint is of jieban/110101, signed by jieban/110101; the key is")
