"""What is done to a system from outside, for a defect to bite; a sound system bears all of it."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Any

import asyncpg
import httpx
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from bench.platform import token
from chaos import journal
from chaos.defects.stage import Stage
from contracts.topics import LIFECYCLE
from jieban.embedded.stack import SERVICES

Fault = Callable[[Stage], Awaitable[None]]
_LATE_COMMITS = """
    CREATE FUNCTION commit_late() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN PERFORM pg_sleep(0.3); RETURN NULL; END $$;
    CREATE CONSTRAINT TRIGGER commit_late AFTER INSERT ON outbox DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW WHEN (NEW.position % 5 = 0) EXECUTE FUNCTION commit_late();
"""
_WAITING_SLICES = """
    SELECT pid FROM pg_stat_activity
    WHERE datname = current_database() AND application_name LIKE 'jieban % hot' AND wait_event_type = 'Lock'
"""
_LOOK_SECONDS = 0.02
_SLICE_LOOKS = 100
_NO_RECORD_FITS = "100"
_USUAL_LIMIT = "1048588"
_REFUSED_SECONDS = 1.5
_POISONED = 8
_OPERATOR_ROUNDS = 20
_OPERATOR_PAUSE_SECONDS = 0.5
_SHARE_REPEATED = 0.3


def in_turn(*faults: Fault) -> Fault:
    """Return a fault that is several, one after the other."""

    async def act(stage: Stage) -> None:
        for fault in faults:
            await fault(stage)

    return act


async def late_commits(stage: Stage) -> None:
    """From now on, let every fifth row of intake's outbox commit late, after rows that were drawn behind it."""
    connection = await asyncpg.connect(stage.system.superuser_url("intake"))
    await connection.execute(_LATE_COMMITS)
    await connection.close()


async def repeated_records(stage: Stage) -> None:
    """Send three of ten records of the topic a second time."""
    options = stage.system.kafka.client_options()
    async with (
        AIOKafkaConsumer(LIFECYCLE.name, **options, auto_offset_reset="earliest") as consumer,
        AIOKafkaProducer(**options) as producer,
    ):
        unread = sum((await consumer.end_offsets(consumer.assignment())).values())
        while unread > 0:
            for batch in (await consumer.getmany(timeout_ms=500)).values():
                unread -= len(batch)
                for each in batch:
                    if random.random() < _SHARE_REPEATED:
                        await producer.send(
                            each.topic, each.value, each.key, partition=each.partition, headers=list(each.headers)
                        )
        await producer.flush()


async def cut_slices(stage: Stage, *, rounds: int = 3) -> None:
    """End the ledger's connections in the midst of a slice, some times."""
    connection = await asyncpg.connect(stage.system.superuser_url("ledger"))
    for _ in range(rounds):
        await asyncio.sleep(0.4)
        async with connection.transaction():
            await connection.execute("LOCK TABLE ledger_complaint IN ACCESS EXCLUSIVE MODE")
            for each in await _waiting_slices(connection):
                await connection.execute("SELECT pg_terminate_backend($1)", each["pid"])
    await connection.close()


async def _waiting_slices(connection: Any) -> Sequence[Any]:
    """Return what waits for our lock, as soon as something does, or nothing after a while."""
    for _ in range(_SLICE_LOOKS):
        slices: Sequence[Any] = await connection.fetch(_WAITING_SLICES)
        if slices:
            return slices
        await asyncio.sleep(_LOOK_SECONDS)
    return ()


async def refused_records(stage: Stage) -> None:
    """Let the brokers refuse every record for a moment."""
    await asyncio.sleep(0.6)
    await _limit(stage, _NO_RECORD_FITS)
    await asyncio.sleep(_REFUSED_SECONDS)
    await _limit(stage, _USUAL_LIMIT)


async def frozen_ledger(stage: Stage) -> None:
    """Let the ledger stand still for a moment: it then gets events of many partitions in one slice."""
    await asyncio.sleep(0.6)
    for replica in stage.system.replicas["ledger"]:
        replica.freeze()
    await asyncio.sleep(1.5)
    for replica in stage.system.replicas["ledger"]:
        replica.thaw()


async def poison(stage: Stage) -> None:
    """Send something unreadable under the keys of the next few complaints, as soon as they are accepted.

    An operator looks after it a little later.
    """
    known, poisoned = _accepted(stage), set[str]()
    async with AIOKafkaProducer(**stage.system.kafka.client_options()) as producer:
        while len(poisoned) < _POISONED:
            for complaint in _accepted(stage) - known - poisoned:
                poisoned.add(complaint)
                await producer.send_and_wait(
                    LIFECYCLE.name, b"{", complaint.encode(), headers=[("ce_type", b"complaint.eaten")]
                )
            await asyncio.sleep(_LOOK_SECONDS)
    await asyncio.sleep(2.0)
    await operator(stage)


def _accepted(stage: Stage) -> set[str]:
    operations = journal.read(stage.journal.path)
    return {op.complaint for op in operations if op.kind == "create" and op.complaint}


async def operator(stage: Stage) -> None:
    """Discard what cannot be read and release what waits behind it, until nothing is parked or a while is over."""
    headers = {"Authorization": f"Bearer {token('admin')}"}
    async with httpx.AsyncClient(headers=headers, timeout=5) as client:
        for _ in range(_OPERATOR_ROUNDS):
            urls = [f"{stage.system.targets[service][0]}/{service}/v1/parked" for service in SERVICES]
            with suppress(httpx.HTTPError):  # a replica that is away comes back
                if not sum([await _settle_service(client, url) for url in urls]):
                    return
            await asyncio.sleep(_OPERATOR_PAUSE_SECONDS)


async def _settle_service(client: httpx.AsyncClient, url: str) -> int:
    """Do so for what is parked now; return how many messages that were."""
    answer = await client.get(url, params={"limit": 200})
    parked: Sequence[dict[str, Any]] = answer.raise_for_status().json()["items"]
    unreadable = [each for each in parked if each["error_class"] == "MalformedEvent"]
    for each in unreadable:
        await client.post(f"{url}/{each['id']}/discard", json={"reason": "made up"})
    for each in {each["key"]: each for each in parked if each not in unreadable}.values():
        await client.post(f"{url}/{each['id']}/release")
    return len(parked)


async def _limit(stage: Stage, max_message_bytes: str) -> None:
    admin = AIOKafkaAdminClient(**stage.system.kafka.client_options())
    await admin.start()
    configs = {"max.message.bytes": max_message_bytes}
    await admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, LIFECYCLE.name, configs=configs)])
    await admin.close()
