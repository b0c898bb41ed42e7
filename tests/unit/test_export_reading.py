"""A large export is read by several processes, and comes out in order."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from uuid import UUID

import pytest

from jieban.export_reading import checked
from ledger_service.domain.exporting import BadExport, encode
from ledger_service.domain.sealing import Fields, Seal, digest, leaf_hash
from ledger_service.domain.verifying import Line

MANY = 30_001
CHANGED = 12_345
AT = datetime(2026, 3, 1, 8, tzinfo=UTC)


def lines(count: int) -> Iterator[bytes]:
    row = ("522723", 1, UUID(int=1), UUID(int=2), "complaint.accepted", "dispatch", 1, "assigned", "accepted", AT, AT)
    fields, content = Fields.of(row), digest(None, None, "{}")
    leaf = leaf_hash(fields, content)
    for number in range(count):
        data = '{"other": 1}' if number == CHANGED else "{}"
        yield encode(Line(fields, None, data, None, Seal(number, 1, content, leaf, bytes(32))))


@pytest.mark.parametrize("count", [0, 1, 20_000, MANY])
def test_entries_come_in_order_and_every_byte_is_counted(count: int) -> None:
    read: list[int] = []

    found = list(checked(lines(count), read.append))

    assert [entry.number for entry in found] == list(range(count))
    assert [entry.number for entry in found if not entry.is_as_sealed] == [CHANGED][: count > CHANGED]
    assert sum(read) == sum(map(len, lines(count)))


@pytest.mark.parametrize("count", [10, MANY])
def test_a_line_that_is_none_is_told(count: int) -> None:
    spoilt = [*lines(count - 1), json.dumps({"number": "x"}).encode()]

    with pytest.raises(BadExport, match="does not fit"):
        list(checked(spoilt, lambda _: None))
