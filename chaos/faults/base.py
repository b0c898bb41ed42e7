"""What a fault is."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Coroutine
from contextlib import suppress
from random import Random
from typing import Any, ClassVar

from chaos.system import System

SERVICES = ("intake", "dispatch", "ledger")


class Fault(ABC):
    """Something that goes wrong for a while. One object is one injection."""

    name: ClassVar[str]
    number: ClassVar[int]
    """Of the catalogue of faults."""
    bound_seconds: ClassVar[float]
    """How long the system may take to be well again, counted from the end of `clear`."""
    longest_delay_seconds: ClassVar[float | None] = None
    """How long a complaint that is accepted meanwhile may be on its way until it stands assigned in the ledger."""
    seconds: ClassVar[float] = 0.0
    """How long it lasts from `inject` to `clear`; 0 where all of it happens in `inject`."""

    def __init__(self) -> None:
        self.detail = ""
        """What it hit, for the report."""
        self.parked: dict[str, int] = {}
        """How many messages each service has to park because of it."""
        self.foreign: set[str] = set()
        """Complaints that it has made up: they stand in the topic, and must stand nowhere else."""

    @abstractmethod
    async def inject(self, system: System, random: Random) -> None:
        """Begin. All choices are `random`'s."""

    async def clear(self, system: System) -> None:  # noqa: B027 -- most faults of a moment have nothing to clear
        """End it, also after an `inject` that failed half-way."""

    async def check(self, _system: System) -> list[str]:
        """Return what is wrong beyond the invariants, once the system is well again."""
        return []


class GoingOn(Fault):
    """A fault that keeps doing something from `inject` to `clear`."""

    def __init__(self) -> None:
        super().__init__()
        self._task: asyncio.Task[None] | None = None

    @abstractmethod
    def keep_on(self, system: System, random: Random) -> Coroutine[Any, Any, None]:
        """Do it, for ever."""

    async def inject(self, system: System, random: Random) -> None:
        """Begin in the background."""
        self._task = asyncio.create_task(self.keep_on(system, random))

    async def clear(self, system: System) -> None:
        """Stop; raises what went wrong in the background."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
