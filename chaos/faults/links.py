"""Faults of the network between a service and its database."""

from abc import abstractmethod
from random import Random

from chaos.faults.base import SERVICES, Fault
from chaos.network import Link
from chaos.system import System


class _OnLink(Fault):
    """Something is wrong with one service's link for a while."""

    _link: Link | None = None

    async def inject(self, system: System, random: Random) -> None:
        self.detail = random.choice(SERVICES)
        self._link = system.links[self.detail]
        await self.spoil(self._link)

    @abstractmethod
    async def spoil(self, link: Link) -> None:
        """Do it."""

    @abstractmethod
    async def mend(self, link: Link) -> None:
        """Undo it."""

    async def clear(self, system: System) -> None:
        if self._link is not None:
            await self.mend(self._link)


class CutLink(_OnLink):
    """Connections are reset, and new ones refused."""

    name, number, bound_seconds, seconds = "network-cut", 14, 5.0, 8.0

    async def spoil(self, link: Link) -> None:
        await link.stop()

    async def mend(self, link: Link) -> None:
        await link.start()


class DeafLink(_OnLink):
    """Nothing arrives any more, and nobody is told."""

    name, number, bound_seconds, seconds = "network-deaf", 14, 10.0, 12.0

    async def spoil(self, link: Link) -> None:
        link.freeze()

    async def mend(self, link: Link) -> None:
        link.thaw()


class SlowLink(_OnLink):
    """Each way takes 50 ms more."""

    name, number, bound_seconds, seconds = "network-slow", 15, 5.0, 15.0

    async def spoil(self, link: Link) -> None:
        link.slow_down()

    async def mend(self, link: Link) -> None:
        link.speed_up()


ALL: tuple[type[Fault], ...] = (CutLink, DeafLink, SlowLink)
