"""Faults of disks: PostgreSQL's or a broker's is full. Drawn only where disks can be mounted."""

from random import Random

from chaos.disk import why_there_are_none
from chaos.faults.base import Fault
from chaos.faults.brokers import whole
from chaos.system import POSTGRES, System


class PostgresDiskFull(Fault):
    """PostgreSQL's disk has no free block; there is space again later, and nobody is restarted."""

    name, number, bound_seconds, seconds = "postgres-disk-full", 12, 5.0, 12.0

    def __init__(self) -> None:
        super().__init__()
        self._crashes = 0

    async def inject(self, system: System, random: Random) -> None:
        self._crashes = _crashes(system)
        system.disks[POSTGRES].fill()

    async def clear(self, system: System) -> None:
        system.disks[POSTGRES].free()

    async def check(self, system: System) -> list[str]:
        crashed = _crashes(system) - self._crashes
        return [f"{crashed} replicas have ended"] if crashed else []


class KafkaDiskFull(Fault):
    """The disks of one broker or of all have no free block: brokers end; there is space, and they are started again."""

    name, number, bound_seconds, seconds = "kafka-disk-full", 13, 15.0, 15.0

    def __init__(self) -> None:
        super().__init__()
        self._hit: list[int] = []

    async def inject(self, system: System, random: Random) -> None:
        numbers = system.brokers.numbers
        self._hit = random.choice([random.sample(numbers, 1), numbers])
        for number in self._hit:
            system.disks[system.brokers.directory_of(number)].fill()

    async def clear(self, system: System) -> None:
        ended = [number for number in self._hit if system.brokers.pid(number) is None]
        self.detail = f"brokers {self._hit}, of which {ended} have ended"
        for number in self._hit:
            system.disks[system.brokers.directory_of(number)].free()
        system.brokers.start_soon()

    async def check(self, system: System) -> list[str]:
        return await whole(system)


def _crashes(system: System) -> int:
    return sum(replica.crashes for replica in system.all_replicas)


ALL: tuple[type[Fault], ...] = () if why_there_are_none() else (PostgresDiskFull, KafkaDiskFull)
