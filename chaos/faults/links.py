"""Faults of the network between a service and the servers that it needs: its database, the brokers."""

from abc import abstractmethod
from collections.abc import Mapping
from random import Random

from chaos.faults.base import Fault
from chaos.network import Link
from chaos.system import System


class _OnLinks(Fault):
    """Something is wrong with one service's link, or with those of all, for a while."""

    all_share = 0.0
    """Part of the injections that hit all services at once."""

    def __init__(self) -> None:
        super().__init__()
        self._links: list[Link] = []

    async def inject(self, system: System, random: Random) -> None:
        links = self.choose_from(system)
        hit = list(links) if random.random() < self.all_share else [random.choice(list(links))]
        self.detail = ", ".join(hit)
        self._links = [links[service] for service in hit]
        for link in self._links:
            await self.spoil(link)

    async def clear(self, system: System) -> None:
        for link in self._links:
            await self.mend(link)

    @abstractmethod
    def choose_from(self, system: System) -> Mapping[str, Link]:
        """Return the links that may be hit, by service."""

    @abstractmethod
    async def spoil(self, link: Link) -> None:
        """Do it."""

    @abstractmethod
    async def mend(self, link: Link) -> None:
        """Undo it."""


class _ToDatabase(_OnLinks):
    def choose_from(self, system: System) -> Mapping[str, Link]:
        return system.links


class _ToKafka(_OnLinks):
    all_share = 0.4

    def choose_from(self, system: System) -> Mapping[str, Link]:
        return system.kafka_links


class _Cut(_OnLinks):
    async def spoil(self, link: Link) -> None:
        await link.stop()

    async def mend(self, link: Link) -> None:
        await link.start()


class _Deaf(_OnLinks):
    async def spoil(self, link: Link) -> None:
        link.freeze()

    async def mend(self, link: Link) -> None:
        link.thaw()


class _Slow(_OnLinks):
    async def spoil(self, link: Link) -> None:
        link.slow_down()

    async def mend(self, link: Link) -> None:
        link.speed_up()


class CutLink(_ToDatabase, _Cut):
    """Connections to the database are reset, and new ones refused."""

    name, number, bound_seconds, seconds = "network-cut", 14, 5.0, 8.0


class DeafLink(_ToDatabase, _Deaf):
    """Nothing arrives at the database any more, and nobody is told."""

    name, number, bound_seconds, seconds = "network-deaf", 14, 10.0, 12.0


class SlowLink(_ToDatabase, _Slow):
    """Each way to the database takes 50 ms more."""

    name, number, bound_seconds, seconds = "network-slow", 15, 5.0, 15.0


class CutFromKafka(_ToKafka, _Cut):
    """Connections to the brokers are reset, and new ones refused, for one service or all."""

    name, number, bound_seconds, seconds = "kafka-cut", 14, 5.0, 10.0


class DeafToKafka(_ToKafka, _Deaf):
    """Nothing arrives at the brokers or from them any more, and nobody is told."""

    name, number, bound_seconds, seconds = "kafka-deaf", 14, 10.0, 12.0


class HalfOpenToKafka(_ToKafka):
    """The connections to the brokers are dead for good, and nobody is told; new ones would be good."""

    name, number, bound_seconds = "kafka-half-open", 14, 10.0

    async def spoil(self, link: Link) -> None:
        link.forget()

    async def mend(self, link: Link) -> None:
        """Nothing to undo: the services have to notice."""


class SlowToKafka(_ToKafka, _Slow):
    """Bytes to and from the brokers come in slices, few a second and 50 ms late."""

    name, number, bound_seconds, seconds = "kafka-slow", 15, 5.0, 15.0


ALL: tuple[type[Fault], ...] = (
    CutLink,
    DeafLink,
    SlowLink,
    CutFromKafka,
    DeafToKafka,
    HalfOpenToKafka,
    SlowToKafka,
)
