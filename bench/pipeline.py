"""Pipeline: a backlog of received complaints through dispatch into the ledger, beside the bare twin of each step.

    python -m bench.pipeline [--complaints 100000] [--json FILE]

First each step by itself, after its bare twin on the same servers; then, on fresh servers, everything at once with one
process per service. The ledger handles two events a complaint (received, assigned).
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
from bench.platform import Platform, Process, platform
from contracts.topics import LIFECYCLE


async def main() -> None:
    """Run both parts and print the tables."""
    options = _options()
    count = options.complaints
    async with platform() as running:
        await _seed(running, count)
        steps = await _steps(running, count)
    report.show("Each step by itself, events/s (wanted: 0.40 of its bare twin)", steps)
    async with platform() as running:
        await _seed(running, count)
        whole, cpu = await _at_once(running, count)
    whole["x the twins one by one"] = whole["complaints/s"] * sum(
        part / step["bare twin"] for part, step in zip((1, 1, 2), steps, strict=True)
    )
    report.show("Everything at once, one process per service (wanted: 6,000 complaints/s, 300 MB)", [whole])
    report.show("What that takes of the processors, microseconds a complaint", [cpu])
    report.write("pipeline", {"complaints": count, "steps": steps, "at_once": whole, "cpu": cpu}, options.json)


async def _steps(running: Platform, count: int) -> list[report.Row]:
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
    process = await running.serve("ledger", "consumer")
    ledger = await _rate(process, _applied("ledger"), 2 * count)
    await running.stop(process)
    measured = {"dispatch": dispatch, "relay": relay, "ledger": ledger}
    return [
        {"step": step, "jieban": measured[step], "bare twin": twin[step], "ratio": measured[step] / twin[step]}
        for step in measured
    ]


async def _at_once(running: Platform, count: int) -> tuple[report.Row, report.Row]:
    """Return rates and memory, and what of the processors' time a complaint takes, in microseconds."""
    started = time.perf_counter()
    dispatch, ledger = await asyncio.gather(
        running.serve("dispatch", "relay,consumer"), running.serve("ledger", "relay,consumer")
    )
    booted = time.perf_counter() - started
    before = _cpu_seconds(running, dispatch, ledger)
    half = await _until(ledger, _applied("ledger"), count)
    memory = {"dispatch": dispatch.rss_mb(), "ledger": ledger.rss_mb()}
    begun, whole = half[0], await _until(ledger, _applied("ledger"), 2 * count)
    seconds = whole[1] - begun
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
    return rates, cpu | {"all": sum(cpu.values())}


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


def _applied(consumer: str) -> Callable[[Process], float]:
    return lambda process: process.metric("jieban_consumed_total", f'consumer="{consumer}",outcome="applied"')


async def _verify(running: Platform, count: int) -> None:
    """Look into the databases: each complaint once, assigned, and two entries of it."""
    connection = await asyncpg.connect(running.url("ledger"))
    entries = await connection.fetchval("SELECT count(*) FROM entry")
    assigned = await connection.fetchval("SELECT count(*) FROM ledger_complaint WHERE status = 'assigned'")
    await connection.close()
    if (entries, assigned) != (2 * count, count):
        raise SystemExit(f"the ledger holds {entries} entries and {assigned} assigned complaints")


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
    parser.add_argument("--json", type=Path, help="where the JSON goes")
    return parser.parse_args()


if __name__ == "__main__":
    uvloop.run(main())
