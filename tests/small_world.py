"""A small system at rest for the checker to look at, and ways to spoil copies of it."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import asyncpg
import orjson
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from chaos.checker import Evidence, Violation, check
from chaos.checker.sealed import unsealed
from chaos.journal import Journal, read
from chaos.load import Load, Stats
from chaos.recovery import Recovery
from contracts.envelope import Headers
from contracts.topics import LIFECYCLE
from e2e.county import County
from eventbus.kafka import KafkaConnection
from jieban.embedded.datadir import DataDir
from jieban.embedded.kafka import Kafka
from jieban.embedded.lock import exclusive
from jieban.embedded.ports import choose_port
from jieban.embedded.postgres import Postgres

_LIVES, _RATE, _SEED = 150, 40.0, 11
_STORIES = """
    SELECT status, complaint_id::text FROM ledger_complaint
    WHERE status <> 'closed' OR satisfaction IS NOT NULL ORDER BY complaint_id
"""


@dataclass(frozen=True)
class Copy:
    """A record to produce."""

    partition: int
    key: bytes | None
    value: bytes
    headers: Headers

    def header(self, name: str) -> str:
        return (dict(self.headers)[name] or b"").decode()


Change = Callable[[list[Copy]], Sequence[Copy]]
"""Takes the records of the topic and returns those of the spoilt one."""


Line = dict[str, Any]
"""A line of the journal."""


@dataclass
class _Standing:
    """What has to come to rest."""

    targets: dict[str, list[str]]
    databases: dict[str, str]
    kafka: KafkaConnection
    journal: Journal | None = None


class SmallWorld:
    """What a load left behind, at rest; nothing but the servers runs any more."""

    def __init__(self, evidence: Evidence, pg: Postgres, stats: Stats, stories: dict[str, str]) -> None:
        """`stories` names a complaint for each state that the load has led to."""
        self.evidence = evidence
        self.stats = stats
        self.stories = stories
        self.pg = pg
        self._made: list[str] = []

    async def check_with(self, service: str, *statements: str) -> list[Violation]:
        """Check with a copy of one database in which `statements` were carried out, whatever triggers say."""
        name = f"spoilt_{uuid.uuid4().hex[:12]}"
        original = self.evidence.databases[service].rpartition("/")[2].partition("?")[0]
        connection = await asyncpg.connect(self.pg.url("postgres"))
        await connection.execute(f"CREATE DATABASE {name} TEMPLATE {original}")
        await connection.close()
        self._made.append(name)
        url = self.pg.url(name)
        connection = await asyncpg.connect(url)
        await connection.execute("SET session_replication_role = replica")
        for statement in statements:
            done = await connection.execute(statement)
            assert not done.endswith(" 0"), f"nothing was spoilt by: {statement}"
        await connection.close()
        return await check(replace(self.evidence, databases={**self.evidence.databases, service: url}))

    async def check_topic(self, change: Change) -> list[Violation]:
        """Check with a copy of the topic that `change` has spoilt."""
        name = f"spoilt-{uuid.uuid4().hex[:12]}"
        await self._produce(name, change(await self._records()))
        return await check(replace(self.evidence, topic=name))

    async def check_journal(self, path: Path, change: Callable[[list[Line]], list[Line]]) -> list[Violation]:
        """Check with a copy of the journal that `change` has spoilt."""
        lines = change([orjson.loads(line) for line in self.evidence.journal.read_bytes().splitlines()])
        await asyncio.to_thread(path.write_bytes, b"".join(orjson.dumps(line) + b"\n" for line in lines))
        return await check(replace(self.evidence, journal=path))

    async def ask(self, service: str, query: str, *parameters: object) -> Any:
        """Return the first value of a query's answer."""
        connection = await asyncpg.connect(self.evidence.databases[service])
        try:
            return await connection.fetchval(query, *parameters)
        finally:
            await connection.close()

    async def remove_copies(self) -> None:
        for name in self._made:
            await self.pg.drop_database(name)

    async def _records(self) -> list[Copy]:
        consumer = AIOKafkaConsumer(
            self.evidence.topic, bootstrap_servers=self.evidence.bootstrap_servers, auto_offset_reset="earliest"
        )
        await consumer.start()
        ends = await consumer.end_offsets(consumer.assignment())
        copies: list[Copy] = []
        while any([await consumer.position(partition) < end for partition, end in ends.items()]):
            for records in (await consumer.getmany(timeout_ms=200)).values():
                copies += [Copy(record.partition, record.key, record.value, record.headers) for record in records]
        await consumer.stop()
        return copies

    async def _produce(self, name: str, copies: Sequence[Copy]) -> None:
        admin = AIOKafkaAdminClient(bootstrap_servers=self.evidence.bootstrap_servers)
        await admin.start()
        await admin.create_topics([NewTopic(name, num_partitions=LIFECYCLE.partitions, replication_factor=1)])
        await admin.close()
        producer = AIOKafkaProducer(bootstrap_servers=self.evidence.bootstrap_servers)
        await producer.start()
        for copy in copies:
            await producer.send(name, copy.value, copy.key, copy.partition, headers=list(copy.headers))
        await producer.stop()


@asynccontextmanager
async def small_world(directory: Path, pg: Postgres, databases: dict[str, str]) -> AsyncIterator[SmallWorld]:
    """Let a load run on a whole Jieban with a Kafka of its own, wait for its rest, and stop it."""
    root = DataDir.open(directory / "kafka")
    (directory / "county").mkdir()
    with exclusive(root):
        kafka = Kafka(root)
        await kafka.start()
        try:
            evidence = Evidence(directory / "journal", databases, kafka.bootstrap_servers, LIFECYCLE.name)
            stats = await _load(directory / "county", evidence)
            stories = await _stories(evidence)
            world = SmallWorld(replace(evidence, wrong_answers=stats.wrong), pg, stats, stories)
            yield world
            await world.remove_copies()
        finally:
            await kafka.stop()


async def _stories(evidence: Evidence) -> dict[str, str]:
    """Return a complaint for each state; a withdrawal that nobody was told of yet, on a busy machine, is none."""
    connection = await asyncpg.connect(evidence.databases["ledger"])
    found = await connection.fetch(_STORIES)
    await connection.close()
    told = {op.complaint for op in read(evidence.journal) if (op.kind, op.verdict) == ("withdraw", "acknowledged")}
    return {status: complaint for status, complaint in found if status != "withdrawn" or complaint in told}


async def _load(directory: Path, evidence: Evidence) -> Stats:
    environment = {f"JIEBAN_{service.upper()}_DATABASE_URL": url for service, url in evidence.databases.items()}
    environment |= {"JIEBAN_KAFKA_BOOTSTRAP_SERVERS": evidence.bootstrap_servers, "JIEBAN_LOG_LEVEL": "warning"}
    county = County(directory, choose_port(), environment)
    await county.start()
    try:
        targets = {service: [county.url] * 2 for service in evidence.databases}
        secret = (directory / "secrets" / "token-secret").read_text().strip()
        with Journal(evidence.journal) as journal:
            load = Load(targets, journal, seed=_SEED, rate=_RATE, wanted=_LIVES, secret=secret)
            await load.run(asyncio.Event())
        kafka = KafkaConnection(evidence.bootstrap_servers)
        await Recovery(_Standing(targets, dict(evidence.databases), kafka)).quiet(60)
        assert await unsealed(evidence.databases["ledger"]) == []
    finally:
        await county.stop()
    return load.stats
