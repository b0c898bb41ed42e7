"""Ways to spoil a database or the topic, each with what the checker has to say of it."""

import uuid
from dataclasses import replace

from small_world import Copy

_DOUBLE = """
    INSERT INTO entry (tenant, event_id, complaint_id, type, source, sequence, status_before, status_after, actor,
                       occurred_at, data)
    SELECT tenant, {event}, complaint_id, type, source, sequence + 100, status_before, status_after, actor,
           occurred_at, data
    FROM entry WHERE complaint_id = '{{id}}' AND type = '{type}'
"""
FORGED = "01900000-0000-7000-8000-000000000001"
FORGE = """
    INSERT INTO {table} SELECT (jsonb_populate_record(original, jsonb_build_object(
        '{key}', '{forged}', 'number', 'forged', 'external_ref', NULL))).*
    FROM {table} AS original WHERE {key} = '{{id}}'
"""
_OF = "WHERE complaint_id = '{id}' AND type = 'complaint."
_PARK = """
    INSERT INTO parked_message (consumer, topic, partition, "offset", key, headers, error_class, error)
    VALUES ('ledger', 'complaint.lifecycle.v1', 0, 0, '{id}', '[]', 'Gap', 'made up')
"""
DATABASES = [
    ("I1", "accepted, but not in intake", "intake", ["DELETE FROM complaint WHERE id = '{id}'"]),
    (
        "I1",
        "accepted, but dispatch has no case",
        "dispatch",
        ["DELETE FROM dispatch_case WHERE complaint_id = '{id}'"],
    ),
    (
        "I1",
        "accepted, but not in the ledger",
        "ledger",
        ["DELETE FROM ledger_complaint WHERE complaint_id = '{id}'"],
    ),
    ("I1", "never received", "ledger", [f"DELETE FROM entry {_OF}received'"]),
    ("I1", "received twice", "ledger", [_DOUBLE.format(event="gen_random_uuid()", type="complaint.received")]),
    ("I2", "entries of nothing", "ledger", ["DELETE FROM ledger_complaint WHERE complaint_id = '{id}'"]),
    ("I3", "a gap, or out of order", "ledger", [f"DELETE FROM entry {_OF}started'"]),
    ("I3", "an illegal step", "ledger", [f"DELETE FROM entry {_OF}started'"]),
    (
        "I3",
        "a gap, or out of order",
        "ledger",
        [
            "ALTER TABLE entry ALTER position DROP IDENTITY",
            f"UPDATE entry SET position = position + 1000000 {_OF}accepted'",
        ],
    ),
    (
        "I3",
        "entered with other states than its place in the history gives it",
        "ledger",
        [f"UPDATE entry SET status_after = 'assigned' {_OF}accepted'"],
    ),
    (
        "I3",
        "from a service that it cannot come from",
        "ledger",
        [f"UPDATE entry SET source = 'intake', sequence = sequence + 900 {_OF}closed'"],
    ),
    (
        "I3",
        "status is not what the entries lead to",
        "ledger",
        ["UPDATE ledger_complaint SET status = 'resolved' WHERE complaint_id = '{id}'"],
    ),
    ("I4", "entered twice", "ledger", [_DOUBLE.format(event="event_id", type="complaint.accepted")]),
    ("I4", "published, but not entered", "ledger", [f"DELETE FROM entry {_OF}feedback_received'"]),
    ("I4", "entered otherwise than published", "ledger", [f"UPDATE entry SET data = data || ' ' {_OF}closed'"]),
    ("I4", "claimed by the ledger, but not entered", "ledger", [f"DELETE FROM entry {_OF}resolved'"]),
    (
        "I4",
        "never claimed by ledger",
        "ledger",
        ["DELETE FROM inbox WHERE event_id IN (SELECT event_id FROM entry WHERE complaint_id = '{id}')"],
    ),
    (
        "I4",
        "ledger counts otherwise than the entries",
        "ledger",
        ["UPDATE ledger_complaint SET version = version + 1 WHERE complaint_id = '{id}'"],
    ),
    (
        "I4",
        "dispatch counts otherwise than the entries",
        "dispatch",
        ["UPDATE dispatch_case SET version = version + 1 WHERE complaint_id = '{id}'"],
    ),
    (
        "I4",
        "intake counts otherwise than the entries",
        "intake",
        ["UPDATE complaint SET progress = progress || (progress -> 0) WHERE id = '{id}'"],
    ),
    (
        "I6",
        "the services have it in different states",
        "dispatch",
        ["UPDATE dispatch_case SET status = 'verified' WHERE complaint_id = '{id}'"],
    ),
    (
        "I6",
        "an ending was never decided",
        "intake",
        ["UPDATE complaint SET release_state = 'requested' WHERE id = '{id}'"],
    ),
    (
        "I6",
        "an ending was decided, but not carried out",
        "intake",
        ["UPDATE complaint SET release_state = 'granted' WHERE id = '{id}'"],
    ),
    ("I6", "accept acknowledged, but not in the ledger", "ledger", [f"DELETE FROM entry {_OF}accepted'"]),
    (
        "I6",
        "withdraw acknowledged, but not in the ledger",
        "ledger",
        [f"UPDATE entry SET type = 'complaint.released' {_OF}withdrawn'"],
    ),
    (
        "I6",
        "complaint.withdrawn in the ledger, but nobody asked for it",
        "ledger",
        [f"UPDATE entry SET type = 'complaint.withdrawn' {_OF}closed'"],
    ),
    (
        "I7",
        "waits in the outbox of intake",
        "intake",
        ["UPDATE outbox SET published_at = NULL WHERE aggregateid = '{id}'"],
    ),
    (
        "I7",
        "was set aside in the outbox of dispatch",
        "dispatch",
        ["UPDATE outbox SET error = 'too large' WHERE aggregateid = '{id}'"],
    ),
    ("I7", "ledger has 1 messages parked, expected 0", "ledger", [_PARK]),
]
"""Invariant, what is wrong, whose database, and the statements that make it so for the complaint `{id}`."""


def dropped(copies: list[Copy], complaint: str) -> list[Copy]:
    return [copy for copy in copies if not _is(copy, complaint, "accepted")]


def swapped(copies: list[Copy], complaint: str) -> list[Copy]:
    accepted = next(copy for copy in copies if _is(copy, complaint, "accepted"))
    return [*(copy for copy in copies if copy is not accepted), accepted]


def without_key(copies: list[Copy], complaint: str) -> list[Copy]:
    return [replace(copy, key=None) if _is(copy, complaint, "accepted") else copy for copy in copies]


def elsewhere(copies: list[Copy], complaint: str) -> list[Copy]:
    return [
        replace(copy, partition=(copy.partition + 1) % 48) if _is(copy, complaint, "closed") else copy
        for copy in copies
    ]


def two_tales(copies: list[Copy], complaint: str) -> list[Copy]:
    return [*copies, *(replace(copy, value=b"{}") for copy in copies if _is(copy, complaint, "closed"))]


def forged(copies: list[Copy], complaint: str) -> list[Copy]:
    last = next(copy for copy in copies if _is(copy, complaint, "feedback_received"))
    headers = {**dict(last.headers), "ce_id": str(uuid.uuid4()).encode(), "ce_sequence": b"99"}
    return [*copies, replace(last, headers=tuple(headers.items()))]


def told_twice(copies: list[Copy], complaint: str) -> list[Copy]:
    """What a consumer without an inbox makes of a repeat: a second answer to the same event."""
    assigned = next(copy for copy in copies if _is(copy, complaint, "assigned"))
    headers = {**dict(assigned.headers), "ce_id": str(uuid.uuid4()).encode(), "ce_sequence": b"99"}
    return [*copies, replace(assigned, headers=tuple(headers.items()))]


def unreadable(copies: list[Copy], complaint: str) -> list[Copy]:
    received = next(copy for copy in copies if _is(copy, complaint, "received"))
    return [*copies, replace(received, headers=(("ce_type", b"complaint.received"), ("ce_id", b"none")))]


def _is(copy: Copy, complaint: str, event: str) -> bool:
    return copy.header("ce_subject") == complaint and copy.header("ce_type") == f"complaint.{event}"
