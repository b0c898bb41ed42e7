"""Faults of the brokers: some or all of them killed or frozen."""

import asyncio
from abc import abstractmethod
from contextlib import suppress
from random import Random

from aiokafka.errors import KafkaError

from chaos.faults.base import Fault
from chaos.system import System
from contracts.topics import LIFECYCLE

_IN_SYNC_SECONDS = 60.0


class Killed(Fault):
    """Brokers die, and are started again at the end."""

    def __init__(self) -> None:
        super().__init__()
        self._dead: list[int] = []

    async def inject(self, system: System, random: Random) -> None:
        self._dead = await self.victims(system, random)
        self.detail = f"brokers {self._dead}"
        await asyncio.gather(*(system.brokers.kill(number) for number in self._dead))

    @abstractmethod
    async def victims(self, system: System, random: Random) -> list[int]:
        """Choose."""

    async def clear(self, system: System) -> None:
        system.brokers.start_soon()  # the time that they take to serve is a part of the recovery

    async def check(self, system: System) -> list[str]:
        return await whole(system)


class KillLeader(Killed):
    """The broker that leads a partition dies, and stays away for a while: the others take over meanwhile."""

    name, number, bound_seconds, seconds = "kill-leader", 5, 10.0, 12.0

    async def victims(self, system: System, random: Random) -> list[int]:
        partition = random.randrange(LIFECYCLE.partitions)
        return [await system.brokers.leader_of(LIFECYCLE.name, partition)]


class KillMajority(Killed):
    """All brokers but one die: no quorum, nothing can be written."""

    name, number, bound_seconds, seconds = "kill-two-brokers", 6, 15.0, 15.0

    async def victims(self, system: System, random: Random) -> list[int]:
        numbers = system.brokers.numbers
        return random.sample(numbers, max(1, len(numbers) - 1))


class Leaderless(Fault):
    """Some partitions have one copy only, and its broker is silent for longer than any request waits: nobody leads.

    It is not killed: since Kafka 4.1 nobody is ever made the leader again by itself where the last copy's broker died.
    """

    name, number, bound_seconds, seconds = "leaderless", 9, 10.0, 25.0
    most = 8
    """As many partitions of those that the broker leads: some of what comes has to go there."""

    def __init__(self) -> None:
        super().__init__()
        self._victim: int | None = None
        self._alone: list[int] = []

    async def inject(self, system: System, random: Random) -> None:
        leaders = await system.brokers.leaders(LIFECYCLE.name)
        self._victim = random.choice(sorted(set(leaders.values())))
        led = [partition for partition, leader in leaders.items() if leader == self._victim]
        self._alone = sorted(random.sample(led, min(self.most, len(led))))
        self.detail = f"broker {self._victim}, partitions {self._alone}"
        await system.brokers.place(LIFECYCLE.name, self._alone, [self._victim])
        system.brokers.freeze(self._victim)

    async def clear(self, system: System) -> None:
        if self._victim is not None:
            system.brokers.thaw(self._victim)

    async def check(self, system: System) -> list[str]:
        await system.brokers.place(LIFECYCLE.name, self._alone, system.brokers.numbers)
        return await whole(system)


class FreezeBroker(Fault):
    """The broker that leads a partition stands still with all its connections open."""

    name, number, bound_seconds, seconds = "freeze-broker", 8, 12.0, 20.0

    def __init__(self) -> None:
        super().__init__()
        self._victim: int | None = None

    async def inject(self, system: System, random: Random) -> None:
        partition = random.randrange(LIFECYCLE.partitions)
        self._victim = await system.brokers.leader_of(LIFECYCLE.name, partition)
        self.detail = f"broker {self._victim}"
        system.brokers.freeze(self._victim)

    async def clear(self, system: System) -> None:
        if self._victim is not None:
            system.brokers.thaw(self._victim)

    async def check(self, system: System) -> list[str]:
        return await whole(system)


async def whole(system: System) -> list[str]:
    """Wait until all brokers have everything again, so that the next fault finds a sound cluster."""
    with suppress(TimeoutError):
        async with asyncio.timeout(_IN_SYNC_SECONDS):
            while True:
                with suppress(KafkaError):
                    if await system.brokers.in_sync(LIFECYCLE.name):
                        return []
                await asyncio.sleep(0.2)
    return [f"the brokers were not in sync after {_IN_SYNC_SECONDS:.0f} s more"]


ALL: tuple[type[Fault], ...] = (KillLeader, KillMajority, Leaderless, FreezeBroker)
