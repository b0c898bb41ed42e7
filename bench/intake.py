"""Intake: POSTs a second beside a handler that stores nothing and a plain handler that writes two rows.

    python -m bench.intake [--seconds 4] [--rounds 3] [--clients 1,16,64] [--json FILE]

All run on the same PostgreSQL with fsync on, one process each, and take turns within a round, so that what else
the machine does hits all of them. Intake checks a token, keeps an idempotency key, and is durable when it answers.
"""

import argparse
import itertools
import json
import statistics
from pathlib import Path

import uvloop

from bench import report
from bench.http_load import Load, MakeRequest, closed_loop, post
from bench.platform import Process, platform, token

BODY = {
    "source": "hotline",
    "category": "street_order.parking",
    "description": "小区门口的人行道和盲道长期停满车辆，行人只能走到机动车道上，早晚高峰尤其危险，请尽快派人处理。",
    "location": {"lon": 107.2357, "lat": 26.5807, "crs": "WGS84", "address": "福来社区3栋门口"},
}


async def main() -> None:
    """Run the rounds and print the table."""
    options = _options()
    clients = [int(count) for count in options.clients.split(",")]
    async with platform() as running:
        ceilings = await running.program("bench.ceilings", running.url("intake"))
        intake = await running.serve("intake", "api")
        targets = _targets(ceilings, intake)
        for name in targets:
            await _measure(targets[name], 16, 1.0)
        loads: dict[tuple[str, int], list[Load]] = {}
        for turn, count, name in itertools.product(range(options.rounds), clients, targets):
            print(f"round {turn + 1}/{options.rounds}: {name}, {count} clients", flush=True)
            loads.setdefault((name, count), []).append(await _measure(targets[name], count, options.seconds))
    rows = _rows(loads, clients, list(targets))
    report.show("Intake, medians of the rounds", rows)
    last = clients[-1]
    ratios = {
        "clients": last,
        "intake / stores nothing": _ratio(loads, "intake", "stores nothing", last),
        "intake / plain two rows": _ratio(loads, "intake", "plain two rows", last),
        "suggested / given": _ratio(loads, "intake, category suggested", "intake", last),
    }
    report.show("Ratios, medians of the rounds' ratios (wanted: 0.40 and 1.00 at 64 clients)", [ratios])
    report.write("intake", {"rows": rows, "ratios": ratios}, options.json)


def _targets(ceilings: Process, intake: Process) -> dict[str, tuple[int, MakeRequest]]:
    body = json.dumps(BODY, ensure_ascii=False).encode()
    uncategorised = json.dumps({**BODY, "category": None}, ensure_ascii=False).encode()
    bearer, numbers = f"Bearer {token('operator')}", itertools.count()
    nothing, two_rows = post("/nothing", body, {}), post("/two-rows", body, {})

    def create(body: bytes) -> bytes:
        headers = {"Authorization": bearer, "Idempotency-Key": f"bench-{next(numbers)}"}
        return post("/intake/v1/complaints", body, headers)

    return {
        "stores nothing": (ceilings.port, lambda: nothing),
        "plain two rows": (ceilings.port, lambda: two_rows),
        "intake": (intake.port, lambda: create(body)),
        "intake, category suggested": (intake.port, lambda: create(uncategorised)),
    }


async def _measure(target: tuple[int, MakeRequest], clients: int, seconds: float) -> Load:
    port, make = target
    load = await closed_loop(port, make, clients=clients, seconds=seconds, status=201)
    if load.wrong:
        raise SystemExit(f"answers that are not 201: {load.wrong}")
    return load


def _rows(loads: dict[tuple[str, int], list[Load]], clients: list[int], names: list[str]) -> list[report.Row]:
    return [
        {
            "handler": name,
            "clients": count,
            "POST/s": statistics.median(load.rate for load in loads[name, count]),
            "p50 ms": statistics.median(load.percentile(0.5) for load in loads[name, count]),
            "p99 ms": statistics.median(load.percentile(0.99) for load in loads[name, count]),
        }
        for count in clients
        for name in names
    ]


def _ratio(loads: dict[tuple[str, int], list[Load]], one: str, other: str, clients: int) -> float:
    pairs = zip(loads[one, clients], loads[other, clients], strict=True)
    return statistics.median(mine.rate / theirs.rate for mine, theirs in pairs)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=4.0, help="length of one measurement")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--clients", default="1,16,64", help="numbers of connections, comma-separated")
    parser.add_argument("--json", type=Path, help="where the JSON goes")
    return parser.parse_args()


if __name__ == "__main__":
    uvloop.run(main())
