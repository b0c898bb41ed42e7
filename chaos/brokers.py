"""A Kafka cluster of real brokers on loopback ports, each a process that may be killed, frozen and started again."""

import asyncio
import os
import signal
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient

from eventbus.kafka import KafkaConnection
from jieban.embedded.datadir import DataDir
from jieban.embedded.kafka import Kafka, new_cluster_id
from jieban.embedded.kafka_config import Node
from jieban.embedded.ports import choose_port


class Brokers:
    """Some brokers, numbered from 1, each also a controller: data on up to three, two of them in sync for a write.

    A broker that dies stays dead until `start_one`.
    """

    def __init__(self, directory: Path, count: int = 3) -> None:
        """Each broker gets a directory of its own in `directory`."""
        ports = _distinct_ports(2 * count)
        controllers = dict(zip(range(1, count + 1), ports[:count], strict=True))
        cluster_id = new_cluster_id()
        self._brokers: dict[int, Kafka] = {}
        for number, port in zip(controllers, ports[count:], strict=True):
            place = DataDir.open(directory / f"broker-{number}")
            place.remember_port("kafka", port)
            self._brokers[number] = Kafka(place, Node(number, controllers), cluster_id)
        self._starting: set[asyncio.Task[None]] = set()

    @property
    def numbers(self) -> list[int]:
        """The brokers, by number."""
        return list(self._brokers)

    @property
    def bootstrap_servers(self) -> str:
        """The addresses for clients, whether the brokers run or not."""
        return ",".join(broker.bootstrap_servers for broker in self._brokers.values())

    def pid(self, number: int) -> int | None:
        """Return the process id of a broker while it runs."""
        return self._brokers[number].pid

    async def start(self) -> None:
        """Start all that do not run, side by side, and return when they serve."""
        await self._start(*[number for number in self._brokers if self.pid(number) is None])

    def start_soon(self) -> None:
        """Start all that do not run, and do not wait for them."""
        self._starting.add(asyncio.create_task(self.start()))

    async def stop(self) -> None:
        """End all at once, also frozen ones: nobody needs what they hold."""
        for task in self._starting:
            task.cancel()
        await asyncio.gather(*self._starting, return_exceptions=True)
        await asyncio.gather(*(broker.kill() for broker in self._brokers.values()))

    async def start_one(self, number: int) -> None:
        """Start a broker and return when it serves, which takes a majority of the brokers."""
        await self._start(number)

    async def kill(self, number: int) -> None:
        """End a broker as a crash would."""
        await self._brokers[number].kill()

    def freeze(self, number: int) -> None:
        """Let a broker stand still with all its connections open."""
        self._signal(number, signal.SIGSTOP)

    def thaw(self, number: int) -> None:
        """Let a frozen broker go on."""
        self._signal(number, signal.SIGCONT)

    async def leader_of(self, topic: str, partition: int) -> int:
        """Return the broker that leads a partition, -1 while none does."""
        return next(int(each["leader"]) for each in await self._describe(topic) if each["partition"] == partition)

    async def in_sync(self, topic: str) -> bool:
        """Tell whether every copy of every partition has all records."""
        return all(len(each["isr"]) == len(each["replicas"]) for each in await self._describe(topic))

    async def _describe(self, topic: str) -> Sequence[Mapping[str, Any]]:
        admin = AIOKafkaAdminClient(**KafkaConnection(self.bootstrap_servers).client_options())
        await admin.start()
        try:
            [described] = await admin.describe_topics([topic])
        finally:
            await admin.close()
        partitions: Sequence[Mapping[str, Any]] = described["partitions"]
        return partitions

    async def _start(self, *numbers: int) -> None:
        async with asyncio.TaskGroup() as group:
            for number in numbers:
                group.create_task(self._brokers[number].start())

    def _signal(self, number: int, wanted: signal.Signals) -> None:
        if (pid := self.pid(number)) is not None:
            with suppress(ProcessLookupError):
                os.kill(pid, wanted)


def _distinct_ports(count: int) -> list[int]:
    ports: list[int] = []
    while len(ports) < count:
        ports.append(choose_port(avoid=frozenset(ports)))
    return ports
