"""Where a defect is shown: a small system of its own, a load, and the checker's word on what came of it."""

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from chaos.backlog import Backlog
from chaos.checker import Evidence, Violation, check
from chaos.defects.failpoints import DEATHS
from chaos.journal import Journal
from chaos.load import Load
from chaos.recovery import NotRecovered
from chaos.system import System
from contracts.topics import LIFECYCLE

_RATE = 25.0
_BEGIN_SECONDS = 20.0
_STILL_SECONDS = 8.0
_LOOK_SECONDS = 0.2


class Stage:
    """A running system of which every process has the given defects and failpoints."""

    def __init__(self, system: System, journal: Journal, complaints: int) -> None:
        self.system = system
        self.journal = journal
        self._load = Load(system.targets, journal, seed=4, rate=_RATE, wanted=complaints)

    async def begin(self) -> None:
        """Return once a first complaint has got through, so that no slice is as large as the whole load."""
        self.system.journal = self.journal
        with suppress(NotRecovered):
            await self.system.recovered(_BEGIN_SECONDS)

    async def live(self, seconds: float) -> None:
        """Let complaints live; return when their lives have ended. After `seconds` the rest of them is given up."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._load.run(asyncio.Event())

    async def rest(self) -> None:
        """Return when nothing is left to do, or what is left stands still though every replica is there."""
        async with Backlog(self.system.databases, self.system.kafka) as backlog:
            before, since = None, time.monotonic()
            while time.monotonic() - since < _STILL_SECONDS:
                ends = await backlog.ends()
                lag, waiting = await backlog.lag(ends), await backlog.waiting()
                present = all([await replica.listens() for replica in self.system.all_replicas])
                if not present or (ends, lag, waiting) != before:
                    before, since = (ends, lag, waiting), time.monotonic()
                elif not any(lag.values()) and not any(waiting.values()):
                    return
                await asyncio.sleep(_LOOK_SECONDS)

    async def verdict(self) -> list[Violation]:
        """Return what the checker finds."""
        evidence = Evidence(
            journal=self.journal.path,
            databases=self.system.databases,
            bootstrap_servers=self.system.bootstrap_servers,
            topic=LIFECYCLE.name,
            wrong_answers=self._load.stats.wrong,
        )
        return await check(evidence)


@asynccontextmanager
async def stage(names: Sequence[str], *, replicas: int, complaints: int) -> AsyncIterator[Stage]:
    """Start a system of which all replicas have the defects and failpoints of these names; it ends with the block."""
    with TemporaryDirectory(prefix="jieban-defect-") as root:
        system = System(
            Path(root),
            brokers=1,
            replicas=replicas,
            command=(sys.executable, "-m", "chaos.defects.defective", ",".join(names)),
            environment={DEATHS: root},
        )
        async with system:
            with Journal(Path(root) / "journal") as journal:
                yield Stage(system, journal, complaints)
