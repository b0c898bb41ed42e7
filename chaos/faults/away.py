"""All brokers away for long: intake has to go on as if nothing were, and the backlog to be worked off fast."""

import asyncio
import itertools
import time
from contextlib import suppress
from datetime import UTC, datetime
from random import Random

import asyncpg

from bench.intake import BODY
from bench.platform import SECRET, TENANT
from chaos.faults.brokers import Killed
from chaos.load.asking import Asking, Person, Request
from chaos.load.stats import Stats
from chaos.system import System
from runtime.ids import uuid7

_RATE = 20.0
_LEAST_SHARE, _LONGEST_P99_SECONDS = 0.999, 0.5
_LEAST_DRAIN_RATE = 2_000.0
_ENOUGH_EVENTS = 5_000
"""A smaller backlog is worked off in a moment, which says nothing of the rate."""
_BACKLOG = "SELECT count(*), min(published_at) FROM outbox WHERE created_at < $1 AND published_at >= $1"


class KafkaAway(Killed):
    """All brokers die, and are away for long: intake accepts as ever."""

    name, number, bound_seconds, seconds = "kafka-away", 7, 15.0, 60.0

    def __init__(self) -> None:
        super().__init__()
        self._stats = Stats()
        self._reporting: asyncio.Task[None] | None = None
        self._findings: list[str] = []
        self._back = 0.0

    async def victims(self, system: System, random: Random) -> list[int]:
        return system.brokers.numbers

    async def inject(self, system: System, random: Random) -> None:
        await super().inject(system, random)
        self._reporting = asyncio.create_task(self._report(system))

    async def clear(self, system: System) -> None:
        if self._reporting is not None:
            self._reporting.cancel()
            with suppress(asyncio.CancelledError):
                await self._reporting
        self._findings = self._accepted()
        self._back = time.time()
        await super().clear(system)

    async def check(self, system: System) -> list[str]:
        return self._findings + await self._drained(system) + await super().check(system)

    async def _report(self, system: System) -> None:
        """Have complaints accepted, some a second; whoever is still waiting in the end goes on until it is clear."""
        assert system.journal is not None
        asking = Asking(system.targets, system.journal, self._stats, secret=SECRET, tenant=TENANT)
        who = Person("operator", "operator-bench")
        try:
            async with asyncio.TaskGroup() as group:
                for number in itertools.count():
                    key = f"away-{uuid7()}"
                    request = Request(who, "intake", "/intake/v1/complaints", "create", BODY, key)
                    group.create_task(asking.ask(request, number))
                    await asyncio.sleep(1 / _RATE)
        finally:
            asking.close()

    def _accepted(self) -> list[str]:
        """Judge what intake answered meanwhile."""
        asked, accepted = sum(self._stats.answers.values()), self._stats.answers["create 201"]
        times = sorted(self._stats.latencies["create"])
        if not times:
            return ["intake accepted nothing"]
        p99 = times[int(len(times) * 0.99)]
        figures = f"{accepted} of {asked} accepted, p99 {p99 * 1000:.0f} ms"
        self.detail += f"; {figures}"
        is_good = accepted >= _LEAST_SHARE * asked and p99 <= _LONGEST_P99_SECONDS and not self._stats.wrong
        return [] if is_good else [f"while Kafka was away: {figures}, {len(self._stats.wrong)} wrong answers"]

    async def _drained(self, system: System) -> list[str]:
        """Judge how fast the backlog was worked off, from the first event published to the recovery just now."""
        events, first = 0, time.time()
        for url in system.databases.values():
            connection = await asyncpg.connect(url)
            try:
                count, published = await connection.fetchrow(_BACKLOG, datetime.fromtimestamp(self._back, UTC))
            finally:
                await connection.close()
            events += count
            first = min(first, published.timestamp() if published else first)
        rate = events / max(0.001, time.time() - first)
        figures = f"backlog of {events} events drained at {rate:.0f} a second"
        self.detail += f"; {figures}"
        return [figures] if events >= _ENOUGH_EVENTS and rate < _LEAST_DRAIN_RATE else []


ALL: tuple[type[Killed], ...] = (KafkaAway,)
