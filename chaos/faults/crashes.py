"""Faults at a point: a replica that dies, life after life, between two steps that no outsider can tell apart."""

import re
import sys
from abc import abstractmethod
from collections import Counter
from contextlib import suppress
from random import Random
from typing import ClassVar

import httpx

from chaos.defects.failpoints import DEATHS, deaths
from chaos.faults.asking import came_about
from chaos.faults.base import SERVICES, Fault
from chaos.faults.topic import latest
from chaos.replicas import JIEBAN, Replica
from chaos.system import System
from jieban.errors import UserError

_DUPLICATES = re.compile(r'^jieban_consumed_total\{consumer="\w+",outcome="duplicate"\} ([0-9.e+]+)$', re.MULTILINE)
_SECONDS = 20.0
_LIVES_SECONDS = 60.0
"""In which it has to die often enough: on a busy machine a life begins with ten seconds of starting."""


class _CrashAt(Fault):
    """A replica is started with a failpoint and dies there, until it is started without it."""

    seconds = 12.0
    failpoint: ClassVar[str]
    fewest_deaths = 2

    def __init__(self) -> None:
        super().__init__()
        self._victim: Replica | None = None
        self._deaths = 0

    async def inject(self, system: System, random: Random) -> None:
        self._victim = random.choice(system.replicas[random.choice(SERVICES)])
        await self.before(system)
        self._deaths = -self._died(system)
        await self._victim.terminate()
        self._victim.command = (sys.executable, "-m", "chaos.defects.defective", self.failpoint)
        while not self._victim.is_supervised:
            with suppress(UserError):  # it may die before it listens
                await self._victim.start(**{DEATHS: str(system.logs)})

    async def clear(self, system: System) -> None:
        """Wait until it has died often enough, and start the replica as it was."""
        if self._victim is None:
            return

        async def died() -> bool:
            return self._deaths + self._died(system) >= self.fewest_deaths

        await came_about(died, _LIVES_SECONDS)
        await self._victim.terminate()
        self._deaths += self._died(system)
        self.detail = f"{self._victim.name} died {self._deaths} times"
        self._victim.command = JIEBAN
        await self._victim.start()

    async def check(self, system: System) -> list[str]:
        found = [] if self._deaths >= self.fewest_deaths else [f"it died only {self._deaths} times"]
        return found if await came_about(lambda: self.came_again(system), _SECONDS) else [*found, "nothing came again"]

    async def before(self, system: System) -> None:
        """Note what is to be told apart later."""

    @abstractmethod
    async def came_again(self, system: System) -> bool:
        """Tell whether the deaths had their effect: something was done twice, for the inboxes to absorb."""

    def _died(self, system: System) -> int:
        return deaths(system.logs, self.failpoint, self._victim.name) if self._victim else 0


class CrashBeforeOffsets(_CrashAt):
    """A consumer dies when a slice is committed to its database and its offsets are not, again and again."""

    name, number, bound_seconds = "crash-before-offsets", 25, 8.0
    failpoint = "before-offsets"

    def __init__(self) -> None:
        super().__init__()
        self._before = 0.0

    async def before(self, system: System) -> None:
        self._before = await self._repeats(system, of_victim=False)

    async def came_again(self, system: System) -> bool:
        others = await self._repeats(system, of_victim=False) - self._before
        return others + await self._repeats(system, of_victim=True) > 0

    async def _repeats(self, system: System, *, of_victim: bool) -> float:
        """Count what the victim had to skip since its start, or what its colleagues had, who may take over from it."""
        assert self._victim is not None
        asked = [each for each in system.replicas[self._victim.service] if (each is self._victim) == of_victim]
        async with httpx.AsyncClient(timeout=5.0) as client:
            texts = [(await client.get(f"{replica.url}/metrics")).text for replica in asked]
        return sum(float(count) for text in texts for count in _DUPLICATES.findall(text))


class CrashBeforeMark(_CrashAt):
    """A relay dies when the brokers have acknowledged a batch and no row is marked, again and again."""

    name, number, bound_seconds = "crash-before-mark", 2, 5.0
    failpoint = "before-mark"

    def __init__(self) -> None:
        super().__init__()
        self._copies: Counter[bytes | None] = Counter()

    async def before(self, system: System) -> None:
        self._copies = await _copies(system)

    async def came_again(self, system: System) -> bool:
        return any(count > self._copies[event] for event, count in (await _copies(system)).items() if count > 1)


async def _copies(system: System) -> Counter[bytes | None]:
    """Count the copies of the latest events."""
    return Counter(dict(record.headers).get("ce_id") for record in await latest(system))


ALL: tuple[type[Fault], ...] = (CrashBeforeOffsets, CrashBeforeMark)
