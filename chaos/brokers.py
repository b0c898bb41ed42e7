"""A Kafka cluster of real brokers on loopback ports, each a process that may be killed, frozen and started again."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import for_code
from aiokafka.protocol.admin import AlterPartitionReassignmentsRequest

from eventbus.kafka import KafkaConnection
from jieban.embedded.datadir import DataDir
from jieban.embedded.kafka import Kafka, new_cluster_id
from jieban.embedded.kafka_config import Door, Node
from jieban.embedded.ports import choose_port

_PLACE_TIMEOUT_MS = 5_000


class Brokers:
    """Some brokers, numbered from 1, each also a controller: data on up to three, two of them in sync for a write.

    A broker that dies stays dead until `start_one`.
    """

    def __init__(self, directory: Path, count: int = 3, clients: Sequence[str] = ()) -> None:
        """Each broker gets a directory of its own in `directory`, and each of `clients` a way of its own to all."""
        ports = iter(_distinct_ports(2 * count * (1 + len(clients))))
        controllers = {number: next(ports) for number in range(1, count + 1)}
        cluster_id = new_cluster_id()
        self._brokers: dict[int, Kafka] = {}
        self.routes: dict[str, dict[int, int]] = {client: {} for client in clients}
        """For each client the ports that the brokers tell it, and the ports that they listen on for it."""
        for number in controllers:
            place = DataDir.open(directory / self.directory_of(number))
            place.remember_port("kafka", next(ports))
            doors = [Door(client.upper(), next(ports), next(ports)) for client in clients]
            for client, door in zip(clients, doors, strict=True):
                self.routes[client][door.advertised_port] = door.port
            self._brokers[number] = Kafka(place, Node(number, controllers, doors), cluster_id)
        self._starting: set[asyncio.Task[None]] = set()

    @property
    def numbers(self) -> list[int]:
        """The brokers, by number."""
        return list(self._brokers)

    @property
    def bootstrap_servers(self) -> str:
        """The addresses for clients, whether the brokers run or not."""
        return ",".join(broker.bootstrap_servers for broker in self._brokers.values())

    @staticmethod
    def directory_of(number: int) -> str:
        """Return the name of a broker's directory."""
        return f"broker-{number}"

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
        return (await self.leaders(topic))[partition]

    async def leaders(self, topic: str) -> Mapping[int, int]:
        """Return the broker that leads each partition, -1 where none does."""
        return {int(each["partition"]): int(each["leader"]) for each in await self._describe(topic)}

    async def place(self, topic: str, partitions: Sequence[int], on: Sequence[int]) -> None:
        """Have copies of these partitions on these brokers alone; returns before they are there.

        Raises KafkaError where the controller refuses.
        """
        wanted: list[Any] = [(partition, list(on), {}) for partition in partitions]
        async with self._admin() as admin:
            request = AlterPartitionReassignmentsRequest(_PLACE_TIMEOUT_MS, [(topic, wanted, {})], {})
            response = await admin._send_to_controller(request)
        answers = [each for _, answered, _ in response.responses for each in answered]
        for code in (response.error_code, *(each[1] for each in answers)):
            if code:
                raise for_code(code)(f"partitions of {topic} cannot be placed: {response}")

    async def in_sync(self, topic: str) -> bool:
        """Tell whether every copy of every partition has all records."""
        return all(len(each["isr"]) == len(each["replicas"]) for each in await self._describe(topic))

    async def _describe(self, topic: str) -> Sequence[Mapping[str, Any]]:
        async with self._admin() as admin:
            [described] = await admin.describe_topics([topic])
        partitions: Sequence[Mapping[str, Any]] = described["partitions"]
        return partitions

    @asynccontextmanager
    async def _admin(self) -> AsyncIterator[Any]:
        admin = AIOKafkaAdminClient(**KafkaConnection(self.bootstrap_servers).client_options())
        try:
            await admin.start()
            yield admin
        finally:
            await admin.close()

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
