"""Backups of a ledger's database, and ledgers that are restored from one and read the topic again."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from random import Random
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import sqlalchemy as sa
from aiokafka import TopicPartition
from sqlalchemy.ext.asyncio import AsyncEngine

from eventbus.brokers import Brokers
from eventbus.parking import Message
from eventbus.slices import Subscription
from jieban.embedded.postgres import Postgres
from ledger_service.events.handler import SUBSCRIPTION
from ledger_service.persistence import rereading
from ledger_service.service.rereading import Rereading, begin
from runtime.database import create_engine

_LEDGER = {
    "entries": """
        SELECT event_id, complaint_id, type, source, sequence, actor, occurred_at, data FROM entry
        WHERE complaint_id IS NOT NULL ORDER BY complaint_id, source, sequence""",
    "complaints": """
        SELECT to_jsonb(c) - 'updated_at' - 'lacking_since' - 'closing_version' FROM ledger_complaint AS c
        ORDER BY complaint_id""",
    "requests": "SELECT complaint_id, id, ending, state, decision, decided_by FROM ending_request ORDER BY id",
    "appeals": "SELECT complaint_id, id, rating, state, decided_by FROM rating_appeal ORDER BY id",
    "tasks": """
        SELECT id, complaint_id, round, kind, state, created_at, due_at, attempts, outcome, done_at FROM follow_up
        WHERE state <> 'dropped' OR attempts > 0 ORDER BY id""",
}
_UNATTENDED = """
    SELECT complaint_id FROM ledger_complaint AS c WHERE status = 'verified' AND NOT EXISTS (
        SELECT FROM follow_up AS task WHERE task.complaint_id = c.complaint_id AND task.round = c.round
          AND kind = 'gate' AND state IN ('open', 'supervisor'))
    UNION ALL SELECT task.complaint_id FROM follow_up AS task JOIN ledger_complaint AS c USING (tenant, complaint_id)
    WHERE kind = 'gate' AND state IN ('open', 'supervisor') AND (c.status <> 'verified' OR c.round <> task.round)"""
Ledger = dict[str, list[Any]]


@asynccontextmanager
async def backup(pg: Postgres, engine: AsyncEngine) -> AsyncIterator[AsyncEngine]:
    """Give a copy of a database as it is now; nobody else may be using it."""
    await engine.dispose()
    name = f"backup_{uuid4().hex[:12]}"
    connection = await asyncpg.connect(pg.url("postgres"))
    await connection.execute(f"CREATE DATABASE {name} TEMPLATE {engine.url.database}")
    await connection.close()
    restored = create_engine(pg.url(name), application_name="restored", pool_size=2)
    try:
        yield restored
    finally:
        await restored.dispose()
        await pg.drop_database(name)


async def read_again(engine: AsyncEngine, topic: Sequence[Message], random: Random) -> None:
    """Let a restored ledger read the topic from its beginning, in slices of any size."""
    await begin(engine, {TopicPartition(SUBSCRIPTION.topic, 0): len(topic)})
    left = list(topic)
    while left:
        size = random.choice((1, 3, 20, 200))
        outcome = await SUBSCRIPTION.apply(engine, left[:size])
        assert not outcome.misfits
        left = left[size:]


async def ledger(engine: AsyncEngine) -> Ledger:
    """Return what a ledger says: all but when it was told, and by which version of rules a round goes.

    Tasks that were dropped before anybody called are left out: a category that changed while a result was verified has
    one or has not, by which of the two the topic has first.
    """
    async with engine.connect() as connection:
        return {
            name: [tuple(row) for row in await connection.execute(sa.text(statement))]
            for name, statement in _LEDGER.items()
        }


async def end_reading(engine: AsyncEngine, brokers: Brokers, reader: Subscription) -> None:
    """Let the rounds of a ledger that has read all do what they have to."""
    rounds = Rereading(engine, brokers, [reader])
    while await rounds.work():
        pass
    async with engine.connect() as connection:
        assert not await rereading.is_on(connection)


async def published(engine: AsyncEngine) -> Sequence[Any]:
    """Return the ids of what a ledger has published, in order."""
    return await _column(engine, "SELECT id FROM outbox ORDER BY position")


async def unattended(engine: AsyncEngine) -> Sequence[Any]:
    """Return complaints that wait for a call which nobody is to make, and those that do not and somebody is."""
    return await _column(engine, _UNATTENDED)


async def _column(engine: AsyncEngine, statement: str) -> Sequence[Any]:
    async with engine.connect() as connection:
        return (await connection.execute(sa.text(statement))).scalars().all()


async def own_types(engine: AsyncEngine, complaint: UUID) -> Sequence[str]:
    """Return what the ledger itself has entered of a complaint, in order."""
    query = sa.text("SELECT type FROM entry WHERE complaint_id = :id AND source = 'ledger' ORDER BY position")
    async with engine.connect() as connection:
        found = (await connection.execute(query, {"id": complaint})).scalars().all()
    return [each.removeprefix("complaint.") for each in found]
