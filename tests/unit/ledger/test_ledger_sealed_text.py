"""The leaf of an entry, byte for byte: exports that were signed years ago depend on it."""

import hashlib
import json
from datetime import UTC, datetime
from uuid import UUID

import pytest

from ledger_service.domain.exporting import BadExport, decode, encode
from ledger_service.domain.sealing import Fields, Seal, digest, leaf_hash
from ledger_service.domain.verifying import Line

EVENT, ABOUT = UUID("01930000-0000-7000-8000-000000000001"), UUID("01930000-0000-7000-8000-000000000002")
AT, RECORDED = datetime(2026, 3, 1, 8, tzinfo=UTC), datetime(2026, 3, 1, 8, 0, 1, 5, tzinfo=UTC)
CONTENT = digest(bytes(16), "officer-1", "{}")
_BEGIN = f"jieban-entry-v1\n522723\n7\n{EVENT}\n{ABOUT}\n"
_END = f"\n2026-03-01T08:00:00.000000+00:00\n2026-03-01T08:00:01.000005+00:00\n{CONTENT.hex()}"


def fields(kind: str, *, before: str | None, after: str | None) -> Fields:
    source = "dispatch" if kind.startswith("complaint.") else "ledger"
    return Fields.of(("522723", 7, EVENT, ABOUT, kind, source, 2, before, after, AT, RECORDED))


OF_COMPLAINT = fields("complaint.accepted", before="assigned", after="accepted")
OF_ACTIVITY = fields("activity.corrected", before=None, after=None)


@pytest.mark.parametrize(
    ("entry", "text"),
    [
        (OF_COMPLAINT, f"{_BEGIN}complaint.accepted\ndispatch\n2\nassigned\naccepted{_END}"),
        (OF_ACTIVITY, f"{_BEGIN}activity.corrected\nledger\n2\n\n{_END}"),
    ],
)
def test_the_leaf_is_the_hash_of_this_text(entry: Fields, text: str) -> None:
    assert leaf_hash(entry, CONTENT) == hashlib.sha256(b"\0" + text.encode()).digest()


@pytest.mark.parametrize(("entry", "name"), [(OF_COMPLAINT, "complaint_id"), (OF_ACTIVITY, "subject")])
def test_a_line_of_an_export_names_what_it_is_about(entry: Fields, name: str) -> None:
    line = Line(entry, "officer-1", "{}", bytes(16), Seal(0, 7, CONTENT, bytes(32), bytes(32)))
    written = encode(line)
    shown = json.loads(written)
    assert {"complaint_id", "subject"} & set(shown) == {name}
    assert shown[name] == str(ABOUT)
    assert decode(written) == line


def test_a_line_about_nothing_is_refused() -> None:
    line = json.loads(encode(Line(OF_ACTIVITY, None, "{}", None, Seal(0, 7, CONTENT, bytes(32), bytes(32)))))
    del line["subject"]
    with pytest.raises(BadExport, match="subject"):
        decode(json.dumps(line).encode())


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("event_id", 7, r"\$.event_id"),
        ("position", "7", r"\$.position"),
        ("leaf", "no base64!", r"\$.leaf"),
        ("data", 7, r"\$.data"),
    ],
)
def test_a_line_with_a_value_of_another_kind_is_refused_with_its_place(name: str, value: object, reason: str) -> None:
    line = json.loads(encode(Line(OF_COMPLAINT, None, "{}", None, Seal(0, 7, CONTENT, bytes(32), bytes(32)))))
    with pytest.raises(BadExport, match=reason):
        decode(json.dumps({**line, name: value}).encode())
