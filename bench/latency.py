"""Latency: from sending a POST to the complaint standing assigned in the ledger, at fixed rates.

    python -m bench.latency [--rates 50,200,500] [--seconds 15] [--json FILE]

All three services run in one process, as `jieban up` runs them. The ledger's database is asked every few milliseconds
for new entries, so each figure is up to 5 ms too high. The floor is measured first, on the same servers.
"""

import argparse
import asyncio
import itertools
import json
import statistics
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import asyncpg
import uvloop

from bench import bare, report
from bench.http_load import open_loop, post
from bench.intake import BODY
from bench.platform import Platform, platform, token

_LOOK_EVERY_SECONDS = 0.004
_NEW = "SELECT position, complaint_id FROM entry WHERE position > $1 AND type = 'complaint.assigned' ORDER BY position"


async def main() -> None:
    """Run each rate and print the table."""
    options = _options()
    rates = [int(rate) for rate in options.rates.split(",")]
    async with platform() as running:
        floor = await _floor(running)
        process = await running.program("bench.one_process")
        await _run(running, process.port, 50, 3.0)
        rows = [await _run(running, process.port, rate, options.seconds) for rate in rates]
    for row in rows:
        row["p50 / floor"] = row["p50 ms"] / floor
    print(f"floor: two bare hops (send, consume, insert a row, commit), one record at a time: p50 {floor:.1f} ms")
    report.show("POST to assigned in the ledger, ms (wanted at 200/s: p50 60, p99 300)", rows)
    report.write("latency", {"floor_ms": floor, "rows": rows}, options.json)


async def _floor(running: Platform) -> float:
    """Return the median milliseconds of two bare hops on idle servers: what no pipeline of two steps can undercut."""
    await bare.prepare(running.url("ledger"))
    await running.make_topic(bare.HOP_TOPIC)
    hops = await bare.hop(running.url("ledger"), running.kafka.bootstrap_servers, 200)
    return 2 * statistics.median(hops) * 1000


async def _run(running: Platform, port: int, rate: int, seconds: float) -> report.Row:
    connection = await asyncpg.connect(running.url("ledger"))
    start = await connection.fetchval("SELECT coalesce(max(position), 0) FROM entry")
    seen: dict[UUID, float] = {}
    watcher = asyncio.create_task(_watch(connection, start, seen))
    answers = await open_loop(port, _requests(), rate=rate, seconds=seconds)
    sent = {UUID(json.loads(body)["id"]): at for at, body in answers}
    for _ in range(1200):
        if sent.keys() <= seen.keys():
            break
        await asyncio.sleep(0.05)
    watcher.cancel()
    await asyncio.gather(watcher, return_exceptions=True)
    await connection.close()
    missing = len(sent.keys() - seen.keys())
    if missing:
        raise SystemExit(f"{missing} complaints were not in the ledger after a minute")
    delays = sorted((seen[complaint] - at) * 1000 for complaint, at in sent.items())
    return {
        "POST/s": rate,
        "complaints": len(delays),
        "p50 ms": delays[len(delays) // 2],
        "p99 ms": delays[int(len(delays) * 0.99)],
        "max ms": delays[-1],
    }


async def _watch(connection: asyncpg.Connection, position: int, seen: dict[UUID, float]) -> None:
    """Note when each complaint's assignment is first visible. One writer, so positions become visible in order."""
    while True:
        for row in await connection.fetch(_NEW, position):
            position = row["position"]
            seen[row["complaint_id"]] = time.time()
        await asyncio.sleep(_LOOK_EVERY_SECONDS)


def _requests() -> Iterator[bytes]:
    body = json.dumps(BODY, ensure_ascii=False).encode()
    headers = {"Authorization": f"Bearer {token('operator')}"}
    run = time.time_ns()
    for number in itertools.count():
        yield post("/intake/v1/complaints", body, {**headers, "Idempotency-Key": f"latency-{run}-{number}"})


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rates", default="50,200,500", help="POSTs a second, comma-separated")
    parser.add_argument("--seconds", type=float, default=15.0, help="length of one measurement")
    parser.add_argument("--json", type=Path, help="where the JSON goes")
    return parser.parse_args()


if __name__ == "__main__":
    uvloop.run(main())
