"""Faults of what is on the topic: repeats, events read again, and records that nobody can apply."""

import asyncio
from collections.abc import Sequence
from random import Random
from typing import Any

from chaos.faults.asking import ask
from chaos.faults.base import SERVICES, Fault
from chaos.faults.foreign import new_ids
from chaos.faults.poison import records
from chaos.faults.topic import Sent, latest, put_back, send
from chaos.system import System

_PARKED = "SELECT count(*) FROM parked_message WHERE state = 'parked' AND key = ANY($1::bytea[])"


class Repeats(Fault):
    """A part of the latest events is on the topic a second time."""

    name, number, bound_seconds = "repeats", 17, 5.0
    share = 0.3

    async def inject(self, system: System, random: Random) -> None:
        found = [record for record in await latest(system) if record.key not in system.foreign]
        repeated = self.choose([record for record in found if random.random() < self.share], random)
        await send(system, [Sent(each.key, each.value, each.headers, each.partition) for each in repeated])
        self.detail = f"{len(repeated)} records"

    def choose(self, repeated: Sequence[Any], _random: Random) -> Sequence[Any]:
        """Say in which order they come again: in their own."""
        return repeated


class Shuffled(Repeats):
    """A window of the latest events is on the topic a second time, in any order within keys and across them."""

    name, number = "shuffled", 18
    longest = 2_000

    def choose(self, repeated: Sequence[Any], random: Random) -> Sequence[Any]:
        """Shuffle the window."""
        return random.sample(repeated, min(len(repeated), self.longest))


class ReadAgain(Fault):
    """A consumer group is put back, as if it had never committed what it did of late."""

    name, number, bound_seconds = "offsets-put-back", 17, 8.0

    async def inject(self, system: System, random: Random) -> None:
        group = random.choice(SERVICES)
        replicas = system.replicas[group]
        await asyncio.gather(*(replica.terminate() for replica in replicas))
        try:
            moved = await put_back(system, group)
        finally:
            await asyncio.gather(*(replica.start() for replica in replicas))
        self.detail = f"{group} by {moved} records"


class Poison(Fault):
    """Records that nobody can apply, each under a key of its own: they are parked, and all others go on."""

    name, number, bound_seconds = "poison", 19, 5.0

    def __init__(self) -> None:
        super().__init__()
        self._keys: list[bytes] = []

    async def inject(self, system: System, random: Random) -> None:
        poisoned = records(new_ids(random))
        self._keys = [record.key for record in poisoned]
        system.foreign.update(self._keys)
        self.foreign = {record.key.decode() for record in poisoned}
        self.parked = {service: sum(service in record.parked_by for record in poisoned) for service in SERVICES}
        await send(system, [Sent(record.key, record.value, record.headers) for record in poisoned])
        self.detail = f"{len(poisoned)} records"

    async def check(self, system: System) -> list[str]:
        parked = {service: (await ask(system, service, _PARKED, self._keys))[0][0] for service in SERVICES}
        return [
            f"{service} has parked {parked[service]} of {expected} poisoned records"
            for service, expected in self.parked.items()
            if parked[service] != expected
        ]


ALL: tuple[type[Fault], ...] = (Repeats, Shuffled, ReadAgain, Poison)
