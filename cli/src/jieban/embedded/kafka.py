"""Apache Kafka 4.1 in KRaft mode as a child process, on loopback ports."""

import asyncio
import base64
import shutil
import signal
import uuid
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from jieban.embedded.aot import cache_options
from jieban.embedded.datadir import PRIVATE_DIRECTORY, DataDir, write_atomically
from jieban.embedded.jars import classpath
from jieban.embedded.java import find_java
from jieban.embedded.kafka_config import LOG4J, Node, command, properties
from jieban.embedded.launch import Launch, run
from jieban.embedded.ports import LOOPBACK, choose_port, given_back
from jieban.embedded.server import ServerExitedError, ServerProcess

_READY_SECONDS = 120.0
_PROBE_TIMEOUT_SECONDS = 5
_ATTEMPTS = 3
_ONLY_NODE = 1
_GRACE_SECONDS = 4.0
_PORT_TAKEN = ("BindException", "Address already in use")


def new_cluster_id() -> str:
    """Return an id for a cluster that is to be."""
    return base64.urlsafe_b64encode(uuid.uuid4().bytes).decode("ascii").rstrip("=")


class Kafka:
    """The Kafka broker of one data directory; hold its lock while using it."""

    name = "Kafka"

    def __init__(
        self,
        directory: DataDir,
        node: Node | None = None,
        cluster_id: str | None = None,
        *,
        jvm_options: Sequence[str] | None = None,
        grace_seconds: float = _GRACE_SECONDS,
    ) -> None:
        """`node` and `cluster_id` make it one of several; its ports then stay what they are.

        Without `jvm_options` it starts with what earlier brokers have loaded.
        """
        self._directory = directory
        self._process = ServerProcess(directory, self.name, signal.SIGTERM, grace_seconds)
        self._data = directory.root / "kafka"
        self._node = node
        self._jvm_options = jvm_options
        self._cluster_id = cluster_id or new_cluster_id()
        others = frozenset(node.controller_ports.values()) if node else frozenset()
        self._port = choose_port(directory.preferred_port("kafka"), avoid=others)

    @property
    def pid(self) -> int | None:
        """The broker's process id while it runs."""
        return self._process.pid

    @property
    def bootstrap_servers(self) -> str:
        """The address for clients."""
        return f"{LOOPBACK}:{self._port}"

    async def start(self) -> None:
        """Start the broker, on the first start after formatting its storage, and return when it serves clients.

        Recovers what a crash left. Raises `UserError` when the broker cannot run.
        """
        java, jars = find_java(), await classpath(self._directory)
        await self._process.end_orphan()
        if self._node is None:
            self._port = given_back(self._directory.preferred_port("kafka"), self._port)
        write_atomically(self._directory.run / "log4j2.xml", LOG4J)
        if self._jvm_options is None:
            self._jvm_options = await cache_options(java, jars)
        if not self._data.exists():
            await self._format(java, jars)
        for _ in range(_ATTEMPTS):
            try:
                await self._attempt(java, jars)
            except ServerExitedError as error:
                if self._node or not any(sign in self._process.log.text() for sign in _PORT_TAKEN):
                    raise self._process.log.failure("Kafka did not start") from error
                self._port = choose_port(avoid=frozenset({self._port}))
            else:
                return
        raise self._process.log.failure("Kafka did not start")

    async def stop(self) -> None:
        """End the broker cleanly, within seconds."""
        await self._process.stop()

    async def kill(self) -> None:
        """End the broker as a crash would; `start` brings it back with every acknowledged message."""
        await self._process.kill()

    async def restart(self) -> None:
        """Stop and start on the same address."""
        await self.stop()
        await self.start()

    async def _format(self, java: Path, jars: Sequence[Path]) -> None:
        unfinished = self._data.with_name("kafka.unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(mode=PRIVATE_DIRECTORY)
        config = self._configure(unfinished.name)
        arguments = ["format", f"--cluster-id={self._cluster_id}", f"--config={config}"]
        program = command(java, jars, self._directory.root, "kafka.tools.StorageTool", *arguments)
        if await run(self._plan(program), self._process.log):
            raise self._process.log.failure("Kafka could not format its storage")
        unfinished.rename(self._data)

    async def _attempt(self, java: Path, jars: Sequence[Path]) -> None:
        arguments = [self._configure(self._data.name)]
        program = command(java, jars, self._directory.root, "kafka.Kafka", *arguments, jvm=self._jvm_options or ())
        self._process.launch(self._plan(program))
        await self._process.until_ready(self._answers, _READY_SECONDS)
        self._directory.remember_port("kafka", self._port)

    def _configure(self, log_dir: str) -> str:
        """Write server.properties and return its path, relative like all others to the data directory."""
        node = self._node or Node(_ONLY_NODE, {_ONLY_NODE: choose_port(avoid=frozenset({self._port}))})
        config = self._directory.run / "server.properties"
        write_atomically(config, properties(log_dir, self._port, node))
        return str(config.relative_to(self._directory.root))

    def _plan(self, program: Sequence[str]) -> Launch:
        # one of several loses nothing by a sudden death, which also ends it while it is frozen
        death = signal.SIGKILL if self._node else signal.SIGTERM
        return Launch(program, death, cwd=self._directory.root)

    async def _answers(self) -> bool:
        """Tell whether our own broker serves clients and consumer groups; another's might have the port."""
        with suppress(OSError):
            _, writer = await asyncio.open_connection(LOOPBACK, self._port)
            writer.close()
            return await self._served_cluster_id() == self._cluster_id_on_disk()
        return False

    async def _served_cluster_id(self) -> str | None:
        admin = AIOKafkaAdminClient(
            bootstrap_servers=self.bootstrap_servers, request_timeout_ms=_PROBE_TIMEOUT_SECONDS * 1000
        )
        try:
            async with asyncio.timeout(_PROBE_TIMEOUT_SECONDS):
                await admin.start()
                cluster = await admin.describe_cluster()
                # asked for the first time, the broker makes the topic of consumer offsets, which takes a moment
                await admin.find_coordinator("readiness")
        except (KafkaError, TimeoutError):
            return None
        finally:
            await admin.close()
        return str(cluster["cluster_id"])

    def _cluster_id_on_disk(self) -> str:
        lines = (self._data / "meta.properties").read_text(encoding="utf-8").splitlines()
        return next(line.partition("=")[2] for line in lines if line.startswith("cluster.id="))
