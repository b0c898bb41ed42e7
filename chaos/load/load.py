"""Begins lives at a rate, whatever the answers take."""

import asyncio
import random
import time
import uuid
from collections.abc import Mapping, Sequence

from bench.platform import SECRET, TENANT
from chaos.journal import Journal
from chaos.load.asking import Asking
from chaos.load.lives import Life
from chaos.load.stats import Stats
from chaos.load.storm import storm

MOST_WHOLE_LIVES = 1_500
"""Beyond as many under way, lives end with the creation: intake keeps its load while the rest stands still."""
MOST_LIVES = 6_000
"""Beyond as many under way (intake itself does not answer), no more begin."""

LONGEST_END_SECONDS = 180.0
"""After as long without new lives, those that are still under way are broken off: what they asked last is unknown."""


class Load:
    """Lives with a seed: the same seed makes the same decisions, though not the same races."""

    def __init__(
        self,
        targets: Mapping[str, Sequence[str]],
        journal: Journal,
        *,
        seed: int,
        rate: float,
        wanted: int,
        repeated_keys: int = 0,
        short: float = 0.0,
        secret: str = SECRET,
        tenant: str = TENANT,
    ) -> None:
        """`targets` names the replicas of each service; `rate` is lives a second, `wanted` acknowledged creations.

        A part of the lives, `short`, ends with the creation. At the end, `repeated_keys` more are made by clients that
        send each request many times at once.
        """
        self.stats = Stats()
        self._asking = Asking(targets, journal, self.stats, secret=secret, tenant=tenant)
        self._seed = seed
        self._rate = rate
        self._wanted = wanted
        self._repeated_keys = repeated_keys
        self._short = short
        self._run = uuid.uuid4().hex[:8]
        self._under_way: set[asyncio.Task[None]] = set()

    @property
    def accepted(self) -> int:
        """How many creations were acknowledged."""
        return self.stats.accepted

    async def run(self, stop: asyncio.Event) -> None:
        """Begin lives until `wanted` are accepted or `stop` is set; return when all have ended and all is repeated.

        Lives that go on for LONGEST_END_SECONDS after that are broken off.
        """
        begun = time.monotonic()
        while not stop.is_set() and self.accepted < self._wanted:
            due = begun + self.stats.lives / self._rate - time.monotonic()
            if due > 0:
                await asyncio.sleep(due)
            elif len(self._under_way) >= MOST_LIVES:
                begun += 0.05  # what could not begin in time is not made up for
                await asyncio.sleep(0.05)
            else:
                self._begin()
        if self._under_way:
            _, unfinished = await asyncio.wait(self._under_way, timeout=LONGEST_END_SECONDS)
            self.stats.broken_off = len(unfinished)
            for life in unfinished:
                life.cancel()
            await asyncio.gather(*unfinished, return_exceptions=True)
        await storm(self._asking, self.stats, seed=self._seed, name=f"{self._run}-again", keys=self._repeated_keys)
        self._asking.close()

    def _begin(self) -> None:
        number = self.stats.lives
        self.stats.lives += 1
        rng = random.Random(f"{self._seed} {number}")
        is_short = rng.random() < self._short
        life = Life(self._asking, self.stats, rng, f"{self._run}-{number}")
        task = asyncio.create_task(self._live(life, is_short=is_short))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def _live(self, life: Life, *, is_short: bool) -> None:
        try:
            await life.live(is_short=lambda: is_short or len(self._under_way) > MOST_WHOLE_LIVES)
        except Exception as error:  # noqa: BLE001 - one life must not end the load; the report shows it
            self.stats.failed_lives.append(repr(error)[:300])
