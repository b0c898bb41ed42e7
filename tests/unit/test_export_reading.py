"""A large export is read in parts by several processes, and comes out in order."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest

from jieban import export_reading
from jieban.export_reading import Examined, examined
from ledger_service.domain.exporting import BadExport, encode
from ledger_service.domain.sealing import FIRST_LINK, Fields, Seal, digest, leaf_hash, link
from ledger_service.domain.verifying import Checked, Line, Run

MANY = 3_001
CHANGED = 1_234
HEADER = b'{"the": "first line"}\n'
AT = datetime(2026, 3, 1, 8, tzinfo=UTC)


@pytest.fixture(autouse=True)
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export_reading, "_PART_BYTES", 50_000)
    monkeypatch.setattr(export_reading, "_WORTH_IT", 200_000)


def lines(count: int) -> Iterator[bytes]:
    row = ("522723", 1, UUID(int=1), UUID(int=2), "complaint.accepted", "dispatch", 1, "assigned", "accepted", AT, AT)
    fields, content = Fields.of(row), digest(None, None, "{}")
    leaf, last = leaf_hash(fields, content), FIRST_LINK
    for number in range(count):
        data, last = '{"other": 1}' if number == CHANGED else "{}", link(last, leaf)
        yield encode(Line(fields, None, data, None, Seal(number, 1, content, leaf, last)))


def entries_of(found: list[Examined]) -> list[Checked]:
    return [entry for part in found for entry in (part.entries() if isinstance(part, Run) else part)]


@pytest.mark.parametrize("ending", [b"\n", b"\r\n", b""])
@pytest.mark.parametrize("count", [0, 1, 200, MANY])
def test_entries_come_in_order_and_every_byte_is_counted(tmp_path: Path, count: int, ending: bytes) -> None:
    path, read = tmp_path / "ledger.jsonl", list[int]()
    path.write_bytes(HEADER + b"".join(lines(count)).removesuffix(b"\n") + (ending if count else b""))

    found = list(examined(path, len(HEADER), read.append))

    assert [entry.number for entry in entries_of(found)] == list(range(count))
    assert [entry.number for entry in entries_of(found) if not entry.is_as_sealed] == [CHANGED][: count > CHANGED]
    assert sum(read) == path.stat().st_size - len(HEADER)
    blank = tmp_path / "blank-at-the-end.jsonl"
    blank.write_bytes(path.read_bytes() + b"\n" * 60_000)
    assert list(examined(blank, len(HEADER), read.append)) == found
    assert [isinstance(part, Run) for part in found].count(False) == (count > CHANGED)


@pytest.mark.parametrize("count", [10, MANY])
@pytest.mark.parametrize(("spoilt", "reason"), [(json.dumps({"number": "x"}), "does not fit"), ("{\n", "is no JSON")])
def test_a_line_that_is_none_is_told(tmp_path: Path, count: int, spoilt: str, reason: str) -> None:
    path = tmp_path / "ledger.jsonl"
    path.write_bytes(HEADER + b"".join(lines(count - 1)) + spoilt.encode())

    with pytest.raises(BadExport, match=f"^line {count + 1}, where entry {count - 1} should stand, {reason}"):
        list(examined(path, len(HEADER), lambda _: None))
