"""What is written to the outbox, and in which shard it is published."""

from collections import Counter
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.envelope import Event, parse
from contracts.events import ComplaintClosed
from contracts.lifecycle import EventType
from eventbus.errors import EventTooLarge
from eventbus.outbox import MAX_PAYLOAD_BYTES, columns, shard_of
from eventbus.tables import SHARDS

ENVELOPE_BYTES = len(ComplaintClosed(gates=("",)).model_dump_json())


def _closed(subject: UUID, sequence: int = 1, gate: str = "verification") -> Event:
    data, now = ComplaintClosed(gates=(gate,)), datetime.now(UTC)
    return Event(uuid4(), EventType.CLOSED, "ledger", subject, "522723", now, sequence, uuid4(), None, None, data)


@pytest.mark.parametrize(
    ("key", "shard"),
    [
        ("0192a0b0-0000-7000-8000-000000000001", 0),
        ("0192a0b0-0000-7000-8000-000000000002", 10),
        ("路灯", 1),
        ("", 0),
    ],
)
def test_the_shard_of_a_key_is_the_same_for_ever(key: str, shard: int) -> None:
    assert shard_of(key) == shard


@given(st.text())
def test_every_key_has_a_shard(key: str) -> None:
    assert 0 <= shard_of(key) < SHARDS


def test_keys_are_spread_evenly() -> None:
    found = Counter(shard_of(str(uuid4())) for _ in range(12_000))
    assert len(found) == SHARDS
    assert max(found.values()) < 1.3 * min(found.values())


def test_all_events_of_one_complaint_are_in_one_shard_and_keep_their_order() -> None:
    subjects = [uuid4() for _ in range(5)]
    events = [_closed(subject, sequence) for sequence in range(1, 5) for subject in subjects]
    written = columns("topic", events)
    shards = dict(zip(written["keys"], written["shards"], strict=True))
    assert written["shards"] == [shards[str(event.subject)] for event in events]
    assert written["event_ids"] == [event.id for event in events]
    assert written["sequences"] == [event.sequence for event in events]


def test_the_arrays_are_of_one_length() -> None:
    written = columns("topic", [_closed(uuid4()) for _ in range(7)])
    assert {len(values) for name, values in written.items() if name != "topic"} == {7}


def test_absent_values_are_not_written_and_the_payload_can_still_be_read() -> None:
    event = _closed(uuid4())
    [payload] = columns("topic", [event])["payloads"]
    assert "null" not in payload
    headers = [
        ("ce_type", b"complaint.closed"),
        ("ce_id", str(event.id).encode()),
        ("ce_source", b"ledger"),
        ("ce_subject", str(event.subject).encode()),
        ("ce_time", event.time.isoformat().encode()),
        ("ce_sequence", b"1"),
        ("ce_tenant", b"522723"),
        ("ce_correlationid", str(event.correlation_id).encode()),
    ]
    assert parse(headers, payload.encode()).data == event.data


@pytest.mark.parametrize("letter", ["a", "é", "诉", "🛵"])
def test_the_limit_is_counted_in_bytes_to_the_last_one(letter: str) -> None:
    width = len(letter.encode())
    room = MAX_PAYLOAD_BYTES - ENVELOPE_BYTES
    longest = letter * (room // width)
    [payload] = columns("topic", [_closed(uuid4(), gate=longest)])["payloads"]
    assert MAX_PAYLOAD_BYTES - width < len(payload.encode()) <= MAX_PAYLOAD_BYTES
    with pytest.raises(EventTooLarge):
        columns("topic", [_closed(uuid4()), _closed(uuid4(), gate=longest + letter)])
