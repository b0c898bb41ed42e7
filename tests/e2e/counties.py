"""Counties for the tests: one that most modules share, and new ones for those that need a county of their own."""

from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path

from behaviour.broker import delete_topic
from contracts.topics import TOPICS
from e2e.county import County
from eventbus.kafka import KafkaConnection
from jieban.embedded.kafka import Kafka
from jieban.embedded.postgres import Postgres
from stack import made_databases


class Counties:
    """Starts counties, one at a time: they share the topics. A county takes seconds to start, so it is kept."""

    def __init__(
        self, pg: Postgres, kafka: Kafka, choose_port: Callable[[], int], directory: Callable[[], Path]
    ) -> None:
        self._pg = pg
        self._kafka = kafka
        self._choose_port = choose_port
        self._directory = directory
        self._shared: County | None = None
        self._open = AsyncExitStack()

    async def shared(self) -> County:
        """Return the county that modules share: each finds what those before it have left."""
        if self._shared is None:
            self._shared = await self.new()
        return self._shared

    async def new(self) -> County:
        """Return a county with the demo's teams and grids, and nothing else; what ran before is gone."""
        await self.close()
        make = await self._open.enter_async_context(made_databases(self._pg))
        if self._kafka.pid is None:
            await self._kafka.start()
        for topic in TOPICS:
            await delete_topic(KafkaConnection(self._kafka.bootstrap_servers), topic.name)
        names = [f"JIEBAN_{service}_DATABASE_URL" for service in ("INTAKE", "DISPATCH", "LEDGER")]
        environment = {name: await make() for name in names}
        environment["JIEBAN_KAFKA_BOOTSTRAP_SERVERS"] = self._kafka.bootstrap_servers
        environment["JIEBAN_LOG_LEVEL"] = "warning"
        environment["JIEBAN_TRUSTED_PROXIES"] = "127.0.0.1"  # where the tests' gateway is
        county = County(self._directory(), self._choose_port(), environment)
        await county.start()
        self._open.push_async_callback(county.stop)
        return county

    async def close(self) -> None:
        """End what runs, and drop its databases."""
        self._shared = None
        await self._open.aclose()
