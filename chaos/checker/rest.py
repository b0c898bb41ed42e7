"""I7: nothing is on its way. I8: no client got a wrong answer. I9: nothing leaked."""

from typing import Any

import asyncpg

from chaos.backlog import Backlog
from chaos.checker.evidence import SERVICES, Evidence, Violation, violations
from chaos.checker.facts import Facts
from eventbus.kafka import KafkaConnection

_WAITING = "SELECT aggregateid FROM outbox WHERE published_at IS NULL"
_SET_ASIDE = "SELECT aggregateid FROM outbox WHERE error IS NOT NULL"
_LAG = "kafka-consumer-groups.sh --describe --group {}"
_FILES = "ls -l /proc/PID/fd"
_MORE_FILES = 12
"""Connections that pools make when they are first needed, to the database and to each broker."""
_IDLE = """
    SELECT pid::text FROM pg_stat_activity
    WHERE datname = current_database() AND state LIKE 'idle in transaction%'
      AND state_change < now() - interval '5 seconds'
""".strip()


async def nothing_on_its_way(evidence: Evidence, facts: Facts) -> list[Violation]:
    """I7: outboxes are empty, consumers have read everything, and only what is expected is parked."""
    found = []
    for service in SERVICES:
        for what, query in (("waits in the outbox", _WAITING), ("was set aside in the outbox", _SET_ASIDE)):
            ids = await _ids(evidence.databases[service], query)
            found += violations("I7", f"{what} of {service}", ids, f"{service}: {query}")
        parked, expected = facts.parked[service], evidence.parked.get(service, 0)
        if len(parked) != expected:
            what = f"{service} has {len(parked)} messages parked, expected {expected}"
            query = f"{service}: SELECT id, key, error FROM parked_message WHERE state = 'parked'"
            found.append(Violation("I7", what, tuple(sorted(set(parked))), query))
    return found + await _lag(evidence, facts)


def no_wrong_answers(evidence: Evidence) -> list[Violation]:
    """I8: clients got 2xx, 4xx or 503 with Retry-After, in time, and the same answer to a repeat."""
    return [
        Violation("I8", f"{wrong.status or 'no answer'}: {wrong.body}", (wrong.path,), f"{wrong.method} {wrong.path}")
        for wrong in evidence.wrong_answers
    ]


async def nothing_leaked(evidence: Evidence) -> list[Violation]:
    """I9: no connection has stayed in a transaction, and no replica has many more open than when it was well."""
    found = [
        Violation("I9", f"{at_rest:.0f} files open at rest, {busy:.0f} under load before", (replica,), _FILES)
        for replica, busy in evidence.files.items()
        if (at_rest := evidence.files_at_rest.get(replica, 0.0)) > busy + _MORE_FILES
    ]
    for service in SERVICES:
        ids = await _ids(evidence.databases[service], _IDLE)
        found += violations("I9", f"a connection to {service} stays in a transaction", ids, f"{service}: {_IDLE}")
    return found


async def _lag(evidence: Evidence, facts: Facts) -> list[Violation]:
    async with Backlog(evidence.databases, KafkaConnection(evidence.bootstrap_servers)) as backlog:
        lag = await backlog.lag(facts.topic.ends)
    return [
        Violation("I7", f"{group} has not read {count} records", (group,), _LAG.format(group))
        for group, count in lag.items()
        if count
    ]


async def _ids(url: str, query: str) -> list[str]:
    connection: Any = await asyncpg.connect(url)
    try:
        return [row[0] for row in await connection.fetch(query)]
    finally:
        await connection.close()
