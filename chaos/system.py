"""The system under test: brokers, PostgreSQL and two replicas of each service, all of them processes of their own."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from bench.platform import SECRET
from chaos.brokers import Brokers
from chaos.checker.topic import Topic
from chaos.disk import Disk, why_there_are_none
from chaos.journal import Journal
from chaos.network import Link
from chaos.recovery import Recovery
from chaos.replicas import JIEBAN, Replica
from eventbus.kafka import KafkaConnection
from jieban.bootstrap import prepare
from jieban.embedded.cluster import SUPERUSER
from jieban.embedded.datadir import DataDir
from jieban.embedded.lock import exclusive
from jieban.embedded.ports import choose_port
from jieban.embedded.postgres import Postgres
from jieban.embedded.stack import SERVICES, Stack
from jieban.settings import read_settings

_POOL_SIZE = 6
"""Of each replica: all of them together leave some of PostgreSQL's hundred connections to the checker."""
POSTGRES = "postgres"
_SLOW_KAFKA_RATE = 256 * 1024
"""Bytes a second that a connection to a broker passes while its link is slow."""


class System:
    """A whole Jieban in a directory, started by `async with` and ended, by pid, when the block ends in any way.

    Replicas and PostgreSQL are started again when they die, as an operator's supervisor would; brokers are not.
    """

    def __init__(
        self,
        directory: Path,
        *,
        brokers: int = 3,
        replicas: int = 2,
        command: Sequence[str] = JIEBAN,
        environment: Mapping[str, str] | None = None,
        tell: Callable[[str], None] = lambda _: None,
    ) -> None:
        """`command` runs the replicas instead of `jieban`; `environment` goes to them in addition to their settings."""
        directory.mkdir(parents=True, exist_ok=True)
        self._directory = DataDir.open(directory)
        self._command, self._environment = command, environment or {}
        self._wanted = replicas
        self._tell = tell
        self._running = AsyncExitStack()
        self._ports: set[int] = set()
        self.brokers = Brokers(self._directory.root, brokers, SERVICES)
        self.replicas: dict[str, list[Replica]] = {}
        self.links: dict[str, Link] = {}
        """Between each service and its database."""
        self.kafka_links: dict[str, Link] = {}
        """Between each service and all brokers."""
        self.databases: dict[str, str] = {}
        """Each service's database as its own role reaches it, past the link."""
        self.foreign: set[bytes] = set()
        """Keys of records that faults made up: no fault sends them again, so that what is parked can be foreseen."""
        self.archive: Topic | None = None
        """What faults have deleted from the topic, for the checker to know of it."""
        self.disks: dict[str, Disk] = {}
        """Of PostgreSQL ("postgres") and each broker ("broker-1"), where disks can be mounted."""
        self.journal: Journal | None = None
        """Where the complaints that try out the system are noted, for the checker not to wonder about them."""
        self._postgres: Postgres

    async def __aenter__(self) -> Self:
        """Start everything and return when all replicas are ready; what was started is ended where that fails."""
        async with AsyncExitStack() as started:
            await self._start(started)
            self._running = started.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End everything: the replicas first."""
        await self._running.aclose()

    @property
    def targets(self) -> Mapping[str, Sequence[str]]:
        """The base URLs of each service's replicas."""
        return {service: [replica.url for replica in replicas] for service, replicas in self.replicas.items()}

    @property
    def bootstrap_servers(self) -> str:
        """The brokers' addresses."""
        return self.brokers.bootstrap_servers

    @property
    def kafka(self) -> KafkaConnection:
        """How to reach the brokers."""
        return KafkaConnection(self.bootstrap_servers)

    @property
    def logs(self) -> Path:
        """Where the replicas write their logs."""
        return self._directory.logs

    @property
    def postgres_pid(self) -> int | None:
        """PostgreSQL's first process."""
        return self._postgres.pid

    @property
    def all_replicas(self) -> list[Replica]:
        """The replicas of all services."""
        return [replica for replicas in self.replicas.values() for replica in replicas]

    def superuser_url(self, service: str) -> str:
        """Return the address of a service's database for one who may do everything."""
        return self._postgres.url(service, SUPERUSER)

    def spare(self, service: str) -> Replica:
        """Return one replica more of a service, not started and not among its targets: no client knows of it."""
        return self._replica(service, self._wanted)

    async def recovered(self, within: float) -> float:
        """Return the seconds until all that was there has been handled, every replica is ready, and new work flows.

        Load may go on meanwhile. Raises `NotRecovered` with what is missing where that takes longer than `within`.
        """
        return await Recovery(self).recovered(within)

    async def quiet(self, within: float) -> float:
        """Return the seconds until nothing at all is left to do; there must be no load. Raises as `recovered` does."""
        return await Recovery(self).quiet(within)

    async def _start(self, started: AsyncExitStack) -> None:
        started.enter_context(exclusive(self._directory))
        self._mount(started)
        stack = Stack(DataDir.open(self._directory.root / POSTGRES), kafka=False, tell=self._tell)
        started.push_async_callback(self.brokers.stop)
        async with asyncio.TaskGroup() as group:
            group.create_task(started.enter_async_context(stack))
            group.create_task(self.brokers.start())
        self._tell("Kafka is ready")
        assert stack.postgres is not None
        self._postgres = stack.postgres
        self.databases = {service: stack.postgres.url(service, service) for service in SERVICES}
        await self._prepare(stack.environment())
        await self._link(started)
        self.replicas = {service: [self._replica(service, n) for n in range(self._wanted)] for service in SERVICES}
        for replica in self.all_replicas:
            started.push_async_callback(replica.end)
        async with asyncio.TaskGroup() as group:
            for replica in self.all_replicas:
                group.create_task(replica.start())
        self._tell(f"{len(self.all_replicas)} replicas listen")

    def _mount(self, started: AsyncExitStack) -> None:
        """Give each of those a disk of its own whose disk is to run full."""
        if reason := why_there_are_none():
            self._tell(f"No disk will run full: {reason}")
            return
        for name in (POSTGRES, *map(self.brokers.directory_of, self.brokers.numbers)):
            place = self._directory.root / name
            self.disks[name] = Disk(place)
            started.callback(self.disks[name].unmount)
            self.disks[name].mount()
            DataDir.open(place)

    async def _link(self, started: AsyncExitStack) -> None:
        """Open the ways of the services to their databases and to the brokers."""
        for service, url in self.databases.items():
            port = urlsplit(url).port
            assert port is not None
            self.links[service] = Link(service, self._directory, {choose_port(): port})
            routes = self.brokers.routes[service]
            self.kafka_links[service] = Link(f"{service}-kafka", self._directory, routes, rate=_SLOW_KAFKA_RATE)
            for link in (self.links[service], self.kafka_links[service]):
                started.push_async_callback(link.stop)
                await link.start()

    async def _prepare(self, environment: Mapping[str, str]) -> None:
        """Make schemas and topics, and load the demo county."""
        urls = {name.removeprefix("JIEBAN_").lower(): url for name, url in environment.items()}
        settings = read_settings(data_dir=self._directory.root, kafka_bootstrap_servers=self.bootstrap_servers, **urls)
        await prepare(settings, self._directory, demo=True, tell=self._tell)

    def _replica(self, service: str, index: int) -> Replica:
        port = choose_port(avoid=frozenset(self._ports))
        self._ports.add(port)
        return Replica(
            service,
            index,
            port=port,
            directory=self._directory,
            environment=self._settings(service),
            command=self._command,
        )

    def _settings(self, service: str) -> Mapping[str, str]:
        return {
            f"JIEBAN_{service.upper()}_DATABASE_URL": self.links[service].by_way(self.databases[service]),
            "JIEBAN_KAFKA_BOOTSTRAP_SERVERS": self.kafka_links[service].addresses,
            "JIEBAN_DATABASE_POOL_SIZE": str(_POOL_SIZE),
            "JIEBAN_TOKEN_SECRET": SECRET,
            "JIEBAN_LEDGER_SIGNING_SECRET": SECRET,
            "JIEBAN_LOG_LEVEL": "warning",
            **self._environment,
        }
