"""Faults that lose what was stored: records of the topic, a database of one service."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import timedelta
from random import Random

import asyncpg
from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete

from chaos import probe
from chaos.checker.topic import read_topic
from chaos.faults.asking import ask, came_about
from chaos.faults.base import SERVICES, Fault
from chaos.faults.gaps import Gaps
from chaos.faults.operating import Told, addresses, differences, doctor, jieban, release_all
from chaos.replicas import Replica
from chaos.system import System
from contracts.topics import LIFECYCLE
from eventbus.brokers import Brokers
from jieban.embedded.stack import OWNERS
from runtime.clock import now

_MARGIN = timedelta(minutes=1)
"""A replay may reach too far back, and clocks differ."""
_REPAIR_SECONDS = 150.0
"""Longer than a consumer holds that would have to park more than its hundred messages a minute."""
_REPORTED, _WORK_SECONDS = 10, 6.0
_UNPUBLISHED = "SELECT count(*) FROM outbox WHERE published_at IS NULL"
_PARKED = "SELECT count(*) FROM parked_message WHERE state = 'parked' AND NOT key = ANY($1::bytea[])"


class _Loss(Fault):
    """Something is lost; the doctor has to see it, and the commands of the runbook have to bring it back."""

    bound_seconds = 15.0

    def __init__(self) -> None:
        super().__init__()
        self._began = now()
        self._findings: list[str] = []

    async def check(self, system: System) -> list[str]:
        return self._findings + [f"the doctor says: {each}" for each in (await differences(system))[:3]]

    async def work(self, system: System) -> None:
        """Report some complaints, whatever the load does, and let them come as far as they can."""
        with suppress(TimeoutError):
            async with asyncio.timeout(_WORK_SECONDS):
                await asyncio.gather(*(probe.travel(system.targets, system.journal) for _ in range(_REPORTED)))

    async def repaired(self, still: Callable[[], Awaitable[Sequence[str]]]) -> None:
        """Wait until the doctor finds nothing any more; `still` says what it finds."""

        async def well() -> bool:
            return not await still()

        if not await came_about(well, _REPAIR_SECONDS):
            self._findings.append(f"not repaired within {_REPAIR_SECONDS:.0f} s")

    @property
    def since(self) -> str:
        """From when on a replay has to reach, for the command line."""
        return str((self._began - _MARGIN).isoformat())


class TopicLoss(_Loss):
    """Records are deleted that a stopped service has not read: it goes on behind them, until they are replayed."""

    name, number = "topic-loss", 27
    wanted, longest_seconds = 30, 4.0

    def __init__(self) -> None:
        super().__init__()
        self._lost = 0
        self._gaps = Gaps()

    async def inject(self, system: System, random: Random) -> None:
        service = random.choice(SERVICES)
        self._began = now()
        if service == "dispatch":
            await self._gaps.report(system)
        await _stop(system, service)

        async def ahead() -> bool:
            return (await Brokers(system.kafka).group(service, LIFECYCLE.name)).lag >= self.wanted

        try:
            await self._gaps.lose(system)
            if not await came_about(ahead, self.longest_seconds) and service != "intake":
                await self.work(system)
            self._lost = (await Brokers(system.kafka).group(service, LIFECYCLE.name)).lag
            await _delete_all(system)
        finally:
            await _start(system, service)
        gaps = await self._gaps.go_on(system)
        self.detail = f"{self._lost} records or more that {service} had not read, {gaps} with a later one behind them"

    async def clear(self, system: System) -> None:
        """Do what the runbook says."""
        report = await doctor(system, settle=0)
        missing = [each for each in report["missing"] if each["subject"].encode() not in system.foreign]
        if not missing and self._lost:
            self._findings.append("the doctor finds nothing missing")
        for publisher in sorted({each["published_by"] for each in missing}):
            told = await jieban(
                system, "replay", "outbox", "--service", publisher, "--from", self.since, *addresses(system)
            )
            if told.code:
                self._findings.append(told.text[-300:])

        async def still() -> Sequence[str]:
            for service in SERVICES:
                if (await ask(system, service, _PARKED, list(system.foreign)))[0][0]:
                    await release_all(system, service)
            return await differences(system)

        await self.repaired(still)


class RestoreLedger(_Loss):
    """The ledger's database is put back to a backup: it reads the topic again, and its own events out of it too."""

    name, number, seconds = "restore-ledger", 28, 20.0
    _service = "ledger"

    def __init__(self) -> None:
        super().__init__()
        self._is_saved = False

    async def inject(self, system: System, random: Random) -> None:
        await _stop(system, self._service)
        try:
            self._began = now()
            await _copy(system, self._service, _backup_of(self._service))
            self._is_saved = True
        finally:
            await _start(system, self._service)
        await self.work(system)

    async def clear(self, system: System) -> None:
        """Do what the runbook says; no client reaches the ledger before it is whole."""
        if not self._is_saved:
            return
        await _stop(system, self._service)
        try:
            await self._publish(system, system.spare(self._service))
            await _restore(system, self._service)
            await self._repair(system, system.spare(self._service))
        finally:
            await _start(system, self._service)

    async def _publish(self, system: System, private: Replica) -> None:
        """Bring to the topic what the ledger has stored in its last moments: a backup does not bring it back."""

        async def is_published() -> bool:
            return not (await ask(system, self._service, _UNPUBLISHED))[0][0]

        if await is_published():
            return
        private.roles = "relay"
        await private.start()
        try:
            if not await came_about(is_published, _REPAIR_SECONDS):
                self._findings.append("the outbox was not published before the restore")
        finally:
            await private.terminate()

    async def _repair(self, system: System, private: Replica) -> None:
        private.roles = "api"
        await private.start()
        try:
            lost = await differences(system, ledger=private.url)
        finally:
            await private.terminate()
        self.detail = f"back by {now() - self._began}, {len(lost)} differences"
        if not any("missing at ledger" in each for each in lost):
            self._findings.append("the doctor finds nothing missing in the restored ledger")

        told = Told(1, "")

        async def went_back() -> bool:
            nonlocal told
            told = await jieban(system, "replay", "topic", "--service", self._service, "--from", self.since)
            return told.code == 0

        if not await came_about(went_back, _REPAIR_SECONDS):
            self._findings.append(f"the topic could not be read again: {told.text[-300:]}")
        private.roles = "api,relay,consumer"
        await private.start()
        try:
            await self.repaired(lambda: differences(system, ledger=private.url))
        finally:
            await private.terminate()


async def _stop(system: System, service: str) -> None:
    await asyncio.gather(*(replica.terminate() for replica in system.replicas[service]))


async def _start(system: System, service: str) -> None:
    await asyncio.gather(*(replica.start() for replica in system.replicas[service] if not replica.is_supervised))


async def _delete_all(system: System) -> None:
    """Delete the records that the topic has now, after the checker has seen them."""
    system.archive = await read_topic(system.bootstrap_servers, LIFECYCLE.name, system.archive)
    admin = AIOKafkaAdminClient(**system.kafka.client_options())
    await admin.start()
    try:
        await admin.delete_records(
            {
                TopicPartition(LIFECYCLE.name, number): RecordsToDelete(before_offset=end)
                for number, end in system.archive.ends.items()
            }
        )
    finally:
        await admin.close()


def _backup_of(database: str) -> str:
    return f"{database}_backup"


async def _copy(system: System, source: str, target: str) -> None:
    """Copy a database, to which nobody may be connected, file by file."""
    await _as_superuser(
        system,
        f'DROP DATABASE IF EXISTS "{target}"',
        f'CREATE DATABASE "{target}" TEMPLATE "{source}" OWNER "{OWNERS.get(source, source)}" STRATEGY FILE_COPY',
    )


async def _restore(system: System, database: str) -> None:
    """Put a database back to its backup."""
    await _as_superuser(
        system,
        f'DROP DATABASE "{database}" WITH (FORCE)',
        f'ALTER DATABASE "{_backup_of(database)}" RENAME TO "{database}"',
        f'REVOKE CONNECT ON DATABASE "{database}" FROM PUBLIC',
        f'GRANT CONNECT ON DATABASE "{database}" TO "{database}"',
    )


async def _as_superuser(system: System, *statements: str) -> None:
    connection = await asyncpg.connect(system.superuser_url("postgres"))
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


ALL: tuple[type[Fault], ...] = (TopicLoss, RestoreLedger)
