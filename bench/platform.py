"""A whole Jieban for a benchmark: fresh servers in a temporary directory, services as processes of their own."""

import asyncio
import os
import re
import signal
import sys
import tempfile
import urllib.request
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from contracts.topics import LIFECYCLE, TOPICS
from dispatch_service import demo
from eventbus.admin import ensure_topics
from eventbus.kafka import KafkaConnection
from jieban.embedded.datadir import DataDir
from jieban.embedded.ports import choose_port
from jieban.embedded.stack import Stack
from jieban.schemas import migrate_all
from jieban.services import ALL_SERVICES, targets
from jieban.settings import read_settings, with_addresses
from runtime.auth import issue_token

TENANT = "522723"
SECRET = "a key of the benchmarks, for no other use: 7d1f0c"
_METRIC = re.compile(r"^(\w+)(\{[^}]*\})? ([0-9.e+-]+)$", re.MULTILINE)


@dataclass
class Process:
    """A running `jieban serve`."""

    name: str
    port: int
    handle: asyncio.subprocess.Process

    def metric(self, name: str, labels: str = "") -> float:
        """Return a counter or gauge; `labels` is a part of the label text, 0 where there is no such sample."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/metrics", timeout=10) as answer:
            text = answer.read().decode()
        return sum(float(m[3]) for m in _METRIC.finditer(text) if m[1] == name and labels in (m[2] or ""))

    def rss_mb(self) -> float:
        """Return the memory in use now."""
        return _status_mb(self.handle.pid, "VmRSS")

    def peak_mb(self) -> float:
        """Return the most memory it ever used."""
        return _status_mb(self.handle.pid, "VmHWM")

    def cpu_seconds(self) -> float:
        """Return the processor time that it has used, its children's included."""
        return _cpu_seconds(self.handle.pid)

    async def stop(self) -> None:
        """End it as an operator would."""
        if self.handle.returncode is None:
            self.handle.send_signal(signal.SIGTERM)
            await asyncio.wait_for(self.handle.wait(), 20)


@dataclass
class Platform:
    """The servers, and the processes started on them."""

    stack: Stack
    log_directory: Path
    environment: Mapping[str, str]
    processes: list[Process] = field(default_factory=list)

    def url(self, service: str) -> str:
        """Return the address of a service's database, as who owns its tables."""
        own = self.environment[f"JIEBAN_{service.upper()}_DATABASE_URL"]
        return self.environment.get(f"JIEBAN_{service.upper()}_MIGRATION_DATABASE_URL", own)

    @property
    def kafka(self) -> KafkaConnection:
        """How to reach Kafka."""
        return KafkaConnection(self.environment["JIEBAN_KAFKA_BOOTSTRAP_SERVERS"])

    def servers_cpu_seconds(self) -> dict[str, float]:
        """Return the processor time that PostgreSQL and Kafka have used."""
        return {
            part.name: _cpu_seconds(part.pid) for part in (self.stack.postgres, self.stack.kafka) if part and part.pid
        }

    async def make_topic(self, name: str) -> None:
        """Create a topic of the benchmark's own, with as many partitions as the lifecycle's."""
        admin = AIOKafkaAdminClient(**self.kafka.client_options())
        await admin.start()
        await admin.create_topics([NewTopic(name, num_partitions=LIFECYCLE.partitions, replication_factor=1)])
        await admin.close()

    async def serve(self, service: str, roles: str) -> Process:
        """Start a service in some roles and return when it is ready."""
        return await self._start(f"{service}-{roles}", "jieban.main", "serve", service, "--roles", roles)

    async def program(self, module: str, *arguments: str) -> Process:
        """Start another program that listens on the port it is given first."""
        return await self._start(module, module, *arguments)

    async def _start(self, name: str, module: str, *arguments: str) -> Process:
        port = choose_port()
        if module == "jieban.main":
            command = ["-c", "from jieban.main import app; app()", *arguments, "--port", str(port)]
        else:
            command = ["-m", module, str(port), *arguments]
        with (self.log_directory / f"{name}.log").open("wb") as log:
            handle = await asyncio.create_subprocess_exec(
                sys.executable, *command, env={**os.environ, **self.environment}, stdout=log, stderr=log
            )
        process = Process(name, port, handle)
        self.processes.append(process)
        await _listening(process, self.log_directory / f"{name}.log")
        return process

    async def stop(self, *processes: Process) -> None:
        """Stop processes and forget them."""
        for process in processes or tuple(self.processes):
            await process.stop()
            self.processes.remove(process)


@asynccontextmanager
async def platform() -> AsyncIterator[Platform]:
    """Start PostgreSQL (fsync on) and Kafka in a temporary directory, with schemas, topics and the demo county."""
    with tempfile.TemporaryDirectory(prefix="jieban-bench-") as root:
        directory = DataDir.open(Path(root))
        async with Stack(directory) as stack:
            environment = {
                **stack.environment(),
                "JIEBAN_TOKEN_SECRET": SECRET,
                "JIEBAN_LOG_LEVEL": "warning",
            }
            running = Platform(stack, directory.logs, environment)
            settings = with_addresses(read_settings(), stack.environment(), directory)
            await asyncio.to_thread(migrate_all, targets(settings, ALL_SERVICES))
            await demo.load(running.url("dispatch"), TENANT)
            await ensure_topics(running.kafka, TOPICS)
            try:
                yield running
            finally:
                await running.stop()


def token(role: str) -> str:
    """Return a token for a role."""
    return issue_token(SECRET, f"{role}-bench", TENANT, [role], timedelta(hours=6))


async def _listening(process: Process, log: Path) -> None:
    for _ in range(900):
        if process.handle.returncode is not None:
            break
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", process.port)
        except OSError:
            await asyncio.sleep(0.1)
            continue
        writer.close()
        return
    sys.exit(f"{process.name} did not start, see its last words:\n{_tail(log)}")


def _tail(log: Path) -> str:
    return log.read_text("utf-8", "replace")[-2000:]


def _status_mb(pid: int, name: str) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) / 1024
    return float("nan")


def _cpu_seconds(root: int) -> float:
    """Return what a process, its children and those that they have waited for used: proc(5), fields 14 to 17."""
    ticks, parents = dict[int, int](), dict[int, int]()
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            fields = path.read_text("utf-8", "replace").rpartition(")")[2].split()
            pid = int(path.parent.name)
            parents[pid], ticks[pid] = int(fields[1]), sum(map(int, fields[11:15]))
    family = {root, *(pid for pid, parent in parents.items() if parent == root)}
    return sum(ticks.get(pid, 0) for pid in family) / os.sysconf("SC_CLK_TCK")
