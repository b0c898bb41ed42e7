"""Everything that the checks compare, read once: the journal, the three databases, the topic."""

import sys
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg

from chaos.checker.asked import Asked, asked
from chaos.checker.evidence import SERVICES, Evidence
from chaos.checker.topic import Topic, read_topic
from contracts.envelope import id_of
from eventbus.parking import unpack_headers

INTAKE = """
    SELECT id::text, status, sequence, release_state,
           array(SELECT step ->> 'status' FROM jsonb_array_elements(progress) AS step WHERE step ? 'status') AS progress
    FROM complaint
"""
KEYS = "SELECT key, body::jsonb ->> 'id' FROM idempotency_key WHERE status = 201"
CASES = "SELECT complaint_id::text AS id, status, sequence, version FROM dispatch_case"
LEDGER = """
    SELECT complaint_id::text AS id, status, version, seq_intake AS intake, seq_dispatch AS dispatch,
           seq_ledger AS ledger
    FROM ledger_complaint
"""
ENTRIES = """
    SELECT complaint_id::text, event_id::text, type, source, sequence, status_before, status_after, actor,
           sha256(convert_to(data, 'UTF8'))
    FROM entry WHERE complaint_id IS NOT NULL ORDER BY position
"""
INBOX = "SELECT event_id::text FROM inbox WHERE consumer = $1"
PARKED = 'SELECT key, headers, state, partition, "offset" FROM parked_message WHERE consumer = $1'


class Entry(NamedTuple):
    """One line of the ledger."""

    event_id: str
    type: str
    source: str
    sequence: int
    before: str | None
    after: str
    actor: str | None
    digest: bytes
    """SHA-256 of the data."""


@dataclass
class Facts:
    """All complaints and events by id, as text; those that a fault made up are left out."""

    asked: Mapping[str, Asked]
    topic: Topic
    intake: dict[str, Any] = field(default_factory=dict)
    cases: dict[str, Any] = field(default_factory=dict)
    ledger: dict[str, Any] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)
    """Idempotency keys of creations, and the complaints that intake keeps them for."""
    histories: dict[str, list[Entry]] = field(default_factory=lambda: defaultdict(list))
    """The entries of each complaint, in the order of the ledger."""
    inbox: dict[str, set[str]] = field(default_factory=dict)
    """Events that each service's consumer has claimed."""
    parked: dict[str, list[str]] = field(default_factory=dict)
    """Keys of the messages that each service has parked and nobody has settled."""
    kept: dict[str, set[str]] = field(default_factory=dict)
    """Where on the topic (`partition/offset`) the messages stand that each service has ever parked."""
    given_up: dict[str, set[str]] = field(default_factory=dict)
    """Events that each service has parked, or that were discarded: not applied, and not lost either."""


async def gather(evidence: Evidence) -> Facts:
    """Read it all. Nothing may change meanwhile."""
    topic = await read_topic(evidence.bootstrap_servers, evidence.topic, evidence.archive)
    facts = Facts(asked(evidence.journal), topic)
    for service, read in (("intake", _intake), ("dispatch", _dispatch), ("ledger", _ledger)):
        connection = await asyncpg.connect(evidence.databases[service])
        try:
            await read(facts, connection)
            await _bus(facts, connection, service)
        finally:
            await connection.close()
    _leave_out(facts, evidence.foreign)
    return facts


async def _intake(facts: Facts, connection: Any) -> None:
    facts.intake = {row["id"]: row for row in await connection.fetch(INTAKE)}
    facts.keys = dict(await connection.fetch(KEYS))


async def _dispatch(facts: Facts, connection: Any) -> None:
    facts.cases = {row["id"]: row for row in await connection.fetch(CASES)}


async def _ledger(facts: Facts, connection: Any) -> None:
    facts.ledger = {row["id"]: row for row in await connection.fetch(LEDGER)}
    known: dict[str, str] = {}
    async with connection.transaction(readonly=True):
        async for row in connection.cursor(ENTRIES, prefetch=10_000):
            facts.histories[known.setdefault(row[0], row[0])].append(_entry(*row))


def _entry(_complaint: str, event_id: str, *row: Any) -> Entry:
    """Keep one copy of each of the few words that all entries are made of."""
    event_type, source, sequence, before, after, actor, digest = row
    words = (event_type, source, before, after, actor)
    event_type, source, before, after, actor = (word and sys.intern(word) for word in words)
    return Entry(event_id, event_type, source, sequence, before, after, actor, digest)


async def _bus(facts: Facts, connection: Any, service: str) -> None:
    facts.inbox[service] = {row[0] for row in await connection.fetch(INBOX, service)}
    rows = await connection.fetch(PARKED, service)
    facts.parked[service] = [row["key"].decode("utf-8", "replace") for row in rows if row["state"] == "parked"]
    facts.kept[service] = {f"{row['partition']}/{row['offset']}" for row in rows}
    ids = [id_of(unpack_headers(row["headers"])) for row in rows if row["state"] != "released"]
    facts.given_up[service] = {str(event_id) for event_id in ids if isinstance(event_id, UUID)}


def _leave_out(facts: Facts, foreign: frozenset[str]) -> None:
    for complaint in foreign:
        for known in (facts.intake, facts.cases, facts.ledger, facts.histories):
            known.pop(complaint, None)
    made_up = {event for event, published in facts.topic.events.items() if published.complaint in foreign}
    for event in made_up:
        del facts.topic.events[event]
    for flawed in (facts.topic.disordered, facts.topic.misplaced, facts.topic.altered, facts.topic.repeated):
        flawed.difference_update(foreign)
    for service in SERVICES:
        facts.inbox[service] -= made_up
