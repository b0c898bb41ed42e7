"""Pipeline: a backlog of received complaints through dispatch into the ledger, beside the bare twin of each step.

    python -m bench.pipeline [--complaints 100000] [--rules 50] [--no-rosters] [--json FILE]

The county has routing rules and rosters, as counties have; `--rules 0 --no-rosters` measures it without.

First each step by itself, after its bare twin on the same servers; then, on fresh servers, everything at once with one
process per service. The ledger handles two events a complaint (received, assigned). Its process seals and rolls up what
it enters, and is done when all entries are sealed and no change of a figure is left to be added to the roll-ups.
"""

import argparse
import asyncio
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from random import Random

import asyncpg
import uvloop

from bench import bare, received, report
from bench.furnished import add_options, furnish
from bench.platform import Platform, Process, platform
from contracts.topics import LIFECYCLE

_TO_ROLL_UP = "SELECT EXISTS (SELECT FROM statistics_change)"


async def main() -> None:
    """Run both parts and print the tables."""
    options = _options()
    count = options.complaints
    async with platform() as running:
        county = await furnish(running, options)
        await _seed(running, count)
        steps, twin = await _steps(running, count)
    report.show("Each step by itself, events/s (wanted: 0.40 of its bare twin)", steps)
    async with platform() as running:
        await furnish(running, options)
        await _seed(running, count)
        whole, events, cpu = await _at_once(running, count)
    whole["x the twins one by one"] = whole["complaints/s"] * sum(
        part / twin[step] for step, part in (("dispatch", 1), ("relay", 1), ("ledger", 2))
    )
    report.show("Everything at once, one process per service (wanted: 6,000 complaints/s, 300 MB)", [whole])
    report.show("What the ledger does in it, events/s until all are done (wanted: 12,000)", [events])
    report.show("What that takes of the processors, microseconds a complaint", [cpu])
    measured = {"complaints": count, "county": county, "steps": steps, "at_once": whole, "ledger": events, "cpu": cpu}
    report.write("pipeline", measured, options.json)


async def _steps(running: Platform, count: int) -> tuple[list[report.Row], dict[str, float]]:
    """Return a row for each step, and what the bare twin of each reaches."""
    servers = running.kafka.bootstrap_servers
    await bare.prepare(running.url("ledger"))
    twin = {
        "dispatch": await bare.dispatch(running.url("ledger"), servers, LIFECYCLE.name, count),
        "relay": await bare.relay(running.url("ledger"), servers, count),
        "ledger": await bare.ledger(running.url("ledger"), servers, LIFECYCLE.name, 2 * count),
    }
    print("the bare twins are done", flush=True)
    process = await running.serve("dispatch", "consumer")
    dispatch = await _rate(process, _applied("dispatch"), count)
    await running.stop(process)
    process = await running.serve("dispatch", "relay")
    relay = await _rate(process, lambda p: p.metric("jieban_outbox_published_total", "dispatch"), count)
    await running.stop(process)
    process = await running.serve("ledger", "relay,consumer")
    begun, _ = await _until(process, _applied("ledger"), 1)
    ledger = await _ledger_rates(running, process, 2 * count, begun)
    await running.stop(process)
    measured = {"dispatch": dispatch, "relay": relay, **{f"ledger, {done}": rate for done, rate in ledger.items()}}
    rows = []
    for step, rate in measured.items():
        bare_rate = twin[step.partition(",")[0]]
        rows.append({"step": step, "jieban": rate, "bare twin": bare_rate, "ratio": rate / bare_rate})
    return rows, twin


async def _at_once(running: Platform, count: int) -> tuple[report.Row, report.Row, report.Row]:
    """Return rates and memory, what the ledger does, and what a complaint takes of the processors, in microseconds."""
    started = time.perf_counter()
    dispatch, ledger = await asyncio.gather(
        running.serve("dispatch", "relay,consumer"), running.serve("ledger", "relay,consumer")
    )
    booted = time.perf_counter() - started
    before = _cpu_seconds(running, dispatch, ledger)
    begun, _ = await _until(ledger, _applied("ledger"), count)
    memory = {"dispatch": dispatch.rss_mb(), "ledger": ledger.rss_mb()}
    events = await _ledger_rates(running, ledger, 2 * count, begun)
    seconds = 2 * count / min(events.values())
    cpu = {name: (used - before[name]) / count * 1e6 for name, used in _cpu_seconds(running, dispatch, ledger).items()}
    await _verify(running, count)
    rates = {
        "complaints/s": count / seconds,
        "seconds": seconds,
        "seconds to start": booted,
        "dispatch MB, half-way": memory["dispatch"],
        "dispatch MB, peak": dispatch.peak_mb(),
        "ledger MB, half-way": memory["ledger"],
        "ledger MB, peak": ledger.peak_mb(),
    }
    return rates, events, cpu | {"all": sum(cpu.values())}


def _cpu_seconds(running: Platform, dispatch: Process, ledger: Process) -> dict[str, float]:
    return {**running.servers_cpu_seconds(), "dispatch": dispatch.cpu_seconds(), "ledger": ledger.cpu_seconds()}


async def _rate(process: Process, metric: Callable[[Process], float], count: int) -> float:
    begun, ended = await _until(process, metric, count)
    return count / (ended - begun)


async def _until(process: Process, metric: Callable[[Process], float], count: int) -> tuple[float, float]:
    """Return when the metric began to move and when it reached `count`."""
    begun = 0.0
    while True:
        value = await asyncio.to_thread(metric, process)
        now = time.perf_counter()
        if value and not begun:
            begun = now
        if value >= count:
            return begun, now
        await asyncio.sleep(0.25)  # reading metrics takes of what is measured


async def _ledger_rates(running: Platform, process: Process, events: int, begun: float) -> dict[str, float]:
    """Return how many of `events` a second the ledger enters, seals and rolls up, each until it has done all."""
    ends, connection = dict[str, float](), await asyncpg.connect(running.url("ledger"))
    while len(ends) < 3:
        entered = await asyncio.to_thread(_applied("ledger"), process)
        sealed = await asyncio.to_thread(process.metric, "jieban_ledger_sealed_total")
        is_rolled_up = entered >= events and not await connection.fetchval(_TO_ROLL_UP)
        now = time.perf_counter()
        for done, is_done in (
            ("entered", entered >= events),
            ("sealed", sealed >= events),
            ("rolled up", is_rolled_up),
        ):
            if is_done:
                ends.setdefault(done, now)
        await asyncio.sleep(0.25)  # reading metrics takes of what is measured
    await connection.close()
    return {done: events / (ended - begun) for done, ended in ends.items()}


def _applied(consumer: str) -> Callable[[Process], float]:
    return lambda process: process.metric("jieban_consumed_total", f'consumer="{consumer}",outcome="applied"')


async def _verify(running: Platform, count: int) -> None:
    """Look into the databases: each complaint once, assigned, and two entries of it, each sealed."""
    connection = await asyncpg.connect(running.url("ledger"))
    entries = await connection.fetchval("SELECT count(*) FROM entry")
    assigned = await connection.fetchval("SELECT count(*) FROM ledger_complaint WHERE status = 'assigned'")
    seals = await connection.fetchval("SELECT count(*) FROM seal")
    await connection.close()
    if (entries, seals, assigned) != (2 * count, 2 * count, count):
        raise SystemExit(f"the ledger holds {entries} entries, {seals} seals and {assigned} assigned complaints")


async def _seed(running: Platform, count: int) -> None:
    """Write `count` received events to the topic, as intake's relay does."""
    await running.make_topic(bare.ASSIGNED_TOPIC)
    random, sent = Random(522723), list[Awaitable[object]]()
    async with received.producer(running) as producer:
        for index in range(count):
            sent.append((await received.send(producer, index, random))[1])
        await asyncio.gather(*sent)
    print(f"{count:,} received complaints are in the topic", flush=True)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--complaints", type=int, default=100_000, help="size of the backlog")
    add_options(parser)
    parser.add_argument("--json", type=Path, help="where the JSON goes")
    return parser.parse_args()


if __name__ == "__main__":
    uvloop.run(main())
