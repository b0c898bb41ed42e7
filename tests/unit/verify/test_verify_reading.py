"""`jieban verify` names what it cannot read: the line of an export, the file of a checkpoint."""

from collections.abc import Callable
from pathlib import Path

import pytest

from jieban import export_reading
from ledger_service.domain.verifying import UNSEALED
from sealed_ledgers import SIGNER, checkpoint, ledger, written
from unit.verify.verifying import verified

MANY = 800
Spoil = Callable[[bytes], bytes]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.jsonl"


@pytest.fixture
def note(path: Path) -> Path:
    note = path.with_name("kept.txt")
    note.write_text(SIGNER.sign(checkpoint(ledger())), "utf-8")
    return note


def spoilt(path: Path, number: int, spoil: Spoil) -> Path:
    """Spoil a line of an export, which are counted from 1."""
    lines = path.read_bytes().splitlines(keepends=True)
    lines[number - 1] = spoil(lines[number - 1])
    path.write_bytes(b"".join(lines))
    return path


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda line: line[:40] + b"\n", "is no JSON: Input data was truncated."),
        (lambda line: line.replace(b'"number"', b'"no"'), "does not fit: Object missing required field `number`."),
        (lambda line: line.replace(b'"complaint_id"', b'"no"'), "lacks its complaint_id."),
        (lambda line: b'{"x":' + b"[" * 99_999 + line, "does not fit: it is nested too deep."),
        (lambda _line: b"\n", "is no JSON: Input data was truncated."),
    ],
)
@pytest.mark.parametrize("number", [2, 9, 20])
def test_a_line_that_cannot_be_read_is_named_with_its_entry(path: Path, number: int, spoil: Spoil, reason: str) -> None:
    export = spoilt(written(path, ledger()), number, spoil)
    place = f"{export}: line {number}, where entry {number - 2} should stand, "
    assert verified(export) == (3, place + reason)


def test_the_entry_is_right_behind_others_that_are_missing(path: Path) -> None:
    lines = ledger()
    code, said = verified(spoilt(written(path, lines[:3] + lines[8:]), 7, lambda line: line[:9] + b"\n"))
    assert (code, ": line 7, where entry 10 should stand, is no JSON" in said) == (3, True)


def test_behind_the_sealed_entries_no_entry_should_stand(path: Path) -> None:
    first, second, third = ledger(3)
    strays = [each._replace(seal=each.seal._replace(number=UNSEALED)) for each in (second, third)]
    code, said = verified(spoilt(written(path, [first, *strays]), 4, lambda _line: b"{\n"))
    assert (code, ": line 4 is no JSON" in said) == (3, True)


@pytest.mark.parametrize("number", [3, 300, MANY + 1])
def test_a_line_is_named_where_the_file_is_read_in_parts(
    path: Path, number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export_reading, "_PART_BYTES", 30_000)
    monkeypatch.setattr(export_reading, "_WORTH_IT", 10**9)
    lines = ledger(20) * (MANY // 20)
    export = spoilt(written(path, lines), number, lambda line: line[:40] + b"\n")
    assert f": line {number}, where entry {(number - 2) % 20} should stand, is no JSON" in verified(export)[1]


@pytest.mark.parametrize("blank", [b"\n", b"\r\n", b"\n" * 99, b" \n\t\n"], ids=["one", "Windows", "many", "blanks"])
@pytest.mark.parametrize("size", [0, 20])
def test_blank_lines_at_the_end_are_harmless(path: Path, size: int, blank: bytes) -> None:
    export = written(path, ledger(size), [checkpoint(ledger(size))])
    whole = verified(export)[0]
    export.write_bytes(export.read_bytes() + blank)
    assert verified(export)[0] == whole == (0 if size else 5)


def test_the_ends_of_lines_may_be_those_of_windows(path: Path) -> None:
    export = written(path, ledger(), [checkpoint(ledger())])
    export.write_bytes(export.read_bytes().replace(b"\n", b"\r\n"))
    assert verified(export)[0] == 0


@pytest.mark.parametrize(
    "keep",
    [
        lambda text: text + b"\n",
        lambda text: text.rstrip(b"\n"),
        lambda text: text.replace(b"\n", b"\r\n"),
        lambda text: text.replace(b"\n", b"\r\n") + b"\r\n",
    ],
    ids=["one more, as of jq -r", "none", "Windows", "Windows, one more"],
)
def test_a_checkpoint_may_have_been_kept_with_other_ends_of_lines(path: Path, note: Path, keep: Spoil) -> None:
    note.write_bytes(keep(note.read_bytes()))
    code, said = verified(written(path, ledger()), "--checkpoint", str(note))
    assert (code, "20 of 20 entries are signed for" in said) == (0, True)


@pytest.mark.parametrize(
    ("spoil", "code", "reason"),
    [
        (lambda _text: b"\xff\xfe\x00j", 3, "this is no signed checkpoint, for it is no text in UTF-8."),
        (lambda text: text.decode().encode("utf-16"), 3, "this is no signed checkpoint, for it is no text in UTF-8."),
        (lambda text: text.decode().encode("gb18030"), 3, "this is no signed checkpoint, for it is no text in UTF-8."),
        (lambda _text: b"", 3, "this is no signed checkpoint."),
        (lambda text: text[:-9], 3, "this is no signed checkpoint."),
        (lambda text: b"\n" + text, 3, "this is no signed checkpoint."),
        (
            lambda text: text.replace(b"\n20\n", b"\n19\n"),
            4,
            "the signature of the checkpoint of 19 entries is not jieban/522723's, going by --key.",
        ),
    ],
)
def test_a_checkpoint_that_cannot_be_read_is_named(
    path: Path, note: Path, spoil: Spoil, code: int, reason: str
) -> None:
    note.write_bytes(spoil(note.read_bytes()))
    told = verified(written(path, ledger()), "--checkpoint", str(note), "--key", SIGNER.verifier_key)
    assert told == (code, f"{note}: {reason}")
