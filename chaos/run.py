"""One run: a load, faults on schedule, rest, and the check."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

import asyncpg

from chaos.checker import Evidence, check
from chaos.faults import FAULTS, Fault
from chaos.journal import Journal
from chaos.load import Load
from chaos.recovery import NotRecovered
from chaos.report import Injection, Report
from chaos.schedule import Schedule, Step
from chaos.system import System
from contracts.topics import LIFECYCLE

QUIET_SECONDS = 90.0
_PATIENCE = 4.0
"""How many times its bound a fault may take to recover before the run goes on without it: late is told from never."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What a run is to do."""

    schedule: Schedule
    accepted: int
    """Complaints to be accepted; the load goes on until then, and until the last fault is over."""
    rate: float
    minutes: float
    """After which no further fault and no further complaint begins."""
    command: str


async def run(plan: Plan, directory: Path, tell: Callable[[str], None]) -> Report:
    """Start the system in `directory`, break it, and say how it stood that."""
    report = Report(plan.schedule, plan.command)
    tell("Starting PostgreSQL, three brokers and two replicas of each service")
    async with System(directory / "system", tell=tell) as system:
        path = directory / "journal.jsonl"
        with Journal(path) as journal:
            system.journal = journal
            load = Load(system.targets, journal, seed=plan.schedule.seed, rate=plan.rate, wanted=plan.accepted)
            report.stats = load.stats
            began = time.monotonic()
            faults = await _under_load(system, load, plan, report, tell)
            report.minutes = (time.monotonic() - began) / 60
            tell("Waiting for rest")
            evidence = _evidence(system, path, load, faults)
            try:
                await system.quiet(QUIET_SECONDS)
            except NotRecovered as error:
                report.injections.append(Injection("rest", 0, 0.0, QUIET_SECONDS, None, [str(error)]))
        tell("Checking")
        report.violations = await check(evidence)
        report.events = await _entries(system)
    return report


async def _under_load(
    system: System, load: Load, plan: Plan, report: Report, tell: Callable[[str], None]
) -> list[Fault]:
    """Let the load run with the faults in its midst; return the faults that were injected."""
    deadline = time.monotonic() + plan.minutes * 60
    enough, faults = asyncio.Event(), []
    working = asyncio.create_task(load.run(enough))
    try:
        for number, step in enumerate(plan.schedule.steps, start=1):
            if time.monotonic() > deadline:
                tell(f"The time is over before fault {number}")
                break
            fault = FAULTS[step.fault]()
            faults.append(fault)
            injection = await _inject(system, fault, step)
            report.injections.append(injection)
            tell(f"{number}/{len(plan.schedule.steps)} {_line(injection)}; {load.accepted:,} accepted")
        await asyncio.wait([working], timeout=max(0.0, deadline - time.monotonic()))
    finally:
        enough.set()
        await working
    return faults


async def _inject(system: System, fault: Fault, step: Step) -> Injection:
    await asyncio.sleep(step.after)
    began = time.monotonic()
    try:
        await fault.inject(system, Random(step.seed))
        await asyncio.sleep(max(0.0, began + step.seconds - time.monotonic()))
    finally:
        await fault.clear(system)
    injection = Injection(fault.name, fault.number, time.monotonic() - began, fault.bound_seconds, None)
    try:
        recovered = await system.recovered(fault.bound_seconds * _PATIENCE)
    except NotRecovered as error:
        return replace(injection, findings=[str(error)])
    return replace(injection, recovered_seconds=recovered, findings=await fault.check(system))


def _line(injection: Injection) -> str:
    recovered = injection.recovered_seconds
    ending = "never recovered" if recovered is None else f"recovered in {recovered:.1f} s"
    return f"{injection.fault} for {injection.seconds:.1f} s: {ending}" + "".join(
        f" ({finding})" for finding in injection.findings
    )


def _evidence(system: System, journal: Path, load: Load, faults: list[Fault]) -> Evidence:
    parked: dict[str, int] = {}
    for fault in faults:
        for service, count in fault.parked.items():
            parked[service] = parked.get(service, 0) + count
    return Evidence(
        journal=journal,
        databases=system.databases,
        bootstrap_servers=system.bootstrap_servers,
        topic=LIFECYCLE.name,
        wrong_answers=load.stats.wrong,
        parked=parked,
        foreign=frozenset(complaint for fault in faults for complaint in fault.foreign),
    )


async def _entries(system: System) -> int:
    connection = await asyncpg.connect(system.databases["ledger"])
    try:
        return int(await connection.fetchval("SELECT count(*) FROM entry"))
    finally:
        await connection.close()
