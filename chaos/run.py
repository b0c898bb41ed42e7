"""One run: a load, faults on schedule, rest, and the check."""

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

import asyncpg
from aiokafka.errors import KafkaError

from bench.platform import SECRET
from chaos.checker import Evidence, check
from chaos.delays import longest_delay
from chaos.faults import FAULTS, Fault
from chaos.journal import Journal
from chaos.leaks import open_files
from chaos.load import Load
from chaos.recovery import NotRecovered
from chaos.report import Injection, Report
from chaos.schedule import Schedule, Step
from chaos.system import System
from contracts.topics import LIFECYCLE
from jieban.errors import UserError
from runtime.clock import now

QUIET_SECONDS = 90.0
WARM_SECONDS = 10.0
"""Of load before the first fault, after which all connections that are kept have been made."""
_FAILED = (UserError, OSError, TimeoutError, KafkaError, asyncpg.PostgresError, asyncpg.InterfaceError)
_PATIENCE = 4.0
_LEAST_PATIENCE_SECONDS = 180.0
"""How many times its bound, and how long at least, a fault may take to recover before the run goes on without it.

Late is told from never, also on a machine that does other work.
"""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What a run is to do."""

    schedule: Schedule
    accepted: int
    """Complaints to be accepted, those that are sent again and again among them."""
    repeated_keys: int
    """Complaints that are made at the end by clients that send each request ten times at once."""
    short: float
    """The part of the lives that ends with the creation."""
    rate: float
    minutes: float
    """After which no further fault and no further complaint begins."""
    command: str


async def run(plan: Plan, directory: Path, tell: Callable[[str], None]) -> Report:
    """Start the system in `directory`, break it, and say how it stood that."""
    tell("Starting PostgreSQL, three brokers and two replicas of each service")
    async with System(directory / "system", tell=tell) as system:
        with Journal(directory / "journal.jsonl") as journal:
            system.journal = journal
            return await _Run(plan, system, journal, tell).run()


class _Run:
    """One run on a system that has been started."""

    def __init__(self, plan: Plan, system: System, journal: Journal, tell: Callable[[str], None]) -> None:
        self._plan = plan
        self._system = system
        self._journal = journal
        self._tell = tell
        self._load = Load(
            system.targets,
            journal,
            seed=plan.schedule.seed,
            rate=plan.rate,
            wanted=max(0, plan.accepted - plan.repeated_keys),
            repeated_keys=plan.repeated_keys,
            short=plan.short,
        )
        self._faults: list[Fault] = []
        self._report = Report(plan.schedule, plan.command, stats=self._load.stats)
        self._files: Mapping[str, float] = {}

    async def run(self) -> Report:
        report, began = self._report, time.monotonic()
        await self._under_load(began + self._plan.minutes * 60)
        report.minutes = (time.monotonic() - began) / 60
        self._tell("Waiting for rest")
        try:
            await self._system.quiet(QUIET_SECONDS)
        except NotRecovered as error:
            report.injections.append(Injection("rest", 0, 0.0, QUIET_SECONDS, None, findings=[str(error)]))
        self._tell("Checking")
        checking = time.monotonic()
        report.violations = await check(await self._evidence())
        report.events = await _entries(self._system)
        self._tell(f"Checked in {time.monotonic() - checking:.0f} s")
        return report

    async def _under_load(self, deadline: float) -> None:
        """Let the load run with the faults in its midst."""
        enough = asyncio.Event()
        working = asyncio.create_task(self._load.run(enough))
        try:
            await asyncio.sleep(WARM_SECONDS)
            self._files = await open_files(self._system.targets)
            await self._all_faults(deadline)
            await asyncio.wait([working], timeout=max(0.0, deadline - time.monotonic()))
        finally:
            enough.set()
            await working

    async def _all_faults(self, deadline: float) -> None:
        steps = self._plan.schedule.steps
        for number, step in enumerate(steps, start=1):
            if time.monotonic() > deadline:
                self._tell(f"The time is over before fault {number}")
                break
            fault = FAULTS[step.fault]()
            self._faults.append(fault)
            injection = await self._inject(fault, step)
            self._report.injections.append(injection)
            self._tell(f"{number}/{len(steps)} {_line(injection)}; {self._load.accepted:,} accepted")

    async def _inject(self, fault: Fault, step: Step) -> Injection:
        await asyncio.sleep(step.after)
        began, at = time.monotonic(), now()
        failed: list[str] = []
        try:
            await fault.inject(self._system, Random(step.seed))
            await asyncio.sleep(max(0.0, began + step.seconds - time.monotonic()))
        except _FAILED as error:  # the other faults are still worth their while
            failed = [f"could not be injected: {error!r}"[:300]]
        finally:
            await fault.clear(self._system)
        injection = Injection(
            fault=fault.name,
            number=fault.number,
            seconds=time.monotonic() - began,
            bound_seconds=fault.bound_seconds,
            recovered_seconds=None,
            longest_delay_bound=fault.longest_delay_seconds,
            detail=fault.detail,
        )
        try:
            recovered = await self._system.recovered(max(fault.bound_seconds * _PATIENCE, _LEAST_PATIENCE_SECONDS))
        except NotRecovered as error:
            return replace(injection, findings=[*failed, str(error)])
        findings = failed or await fault.check(self._system)
        return replace(
            injection,
            recovered_seconds=recovered,
            longest_delay_seconds=await longest_delay(self._system.databases, at, now()),
            findings=findings,
            detail=fault.detail,
        )

    async def _evidence(self) -> Evidence:
        parked: dict[str, int] = {}
        for fault in self._faults:
            for service, count in fault.parked.items():
                parked[service] = parked.get(service, 0) + count
        return Evidence(
            journal=self._journal.path,
            databases=self._system.databases,
            bootstrap_servers=self._system.bootstrap_servers,
            topic=LIFECYCLE.name,
            wrong_answers=self._load.stats.wrong,
            parked=parked,
            foreign=frozenset(complaint for fault in self._faults for complaint in fault.foreign),
            archive=self._system.archive,
            signing_secret=SECRET,
            files=self._files,
            files_at_rest=await open_files(self._system.targets),
        )


def _line(injection: Injection) -> str:
    recovered = injection.recovered_seconds
    ending = "never recovered" if recovered is None else f"recovered in {recovered:.1f} s"
    return f"{injection.fault} for {injection.seconds:.1f} s: {ending}" + "".join(
        f" ({finding})" for finding in injection.findings
    )


async def _entries(system: System) -> int:
    connection = await asyncpg.connect(system.databases["ledger"])
    try:
        return int(await connection.fetchval("SELECT count(*) FROM entry"))
    finally:
        await connection.close()
