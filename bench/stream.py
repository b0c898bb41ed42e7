"""Stream: many listeners of the live view, beside a server that only writes as much to as many.

    python -m bench.stream [--listeners 2000] [--rate 100] [--seconds 20] [--json FILE]

Received events go to the topic at the given rate; the ledger (consumer and API in one process) records them and tells
all listeners. The delay is from the brokers' acknowledgement to the arrival at a listener; it is taken at every 40th
listener, the others count what comes. The bare server writes what the ledger wrote to a listener in a quarter of a
second, to all of them, four times a second.
"""

import argparse
import asyncio
import re
import resource
import statistics
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from random import Random
from typing import cast

import uvloop

from bench import received, report
from bench.platform import Platform, Process, platform, token

_SAMPLED = 40
_CONNECTED_AT_ONCE = 50
_COMPLAINT = re.compile(rb'"complaint_id":"([0-9a-f-]{36})"')
_MARK = re.compile(rb"at=([0-9.]+);")


class Listener(asyncio.Protocol):
    """Counts bytes; one that samples notes when what came."""

    def __init__(self, request: bytes, pattern: re.Pattern[bytes] | None) -> None:
        self._request = request
        self._pattern = pattern
        self._rest = b""
        self.size = 0
        self.heard: list[tuple[bytes, float]] = []
        self.is_answered = asyncio.Event()
        self.is_cut_off = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask."""
        cast("asyncio.Transport", transport).write(self._request)

    def data_received(self, data: bytes) -> None:
        """Count, and look for events."""
        self.size += len(data)
        self.is_answered.set()
        if self._pattern is not None:
            now, text = time.time(), self._rest + data
            found = list(self._pattern.finditer(text))
            self.heard += [(match[1], now) for match in found]
            self._rest = text[found[-1].end() if found else 0 :][-20_000:]

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 -- the protocol's name
        """Note that the server has ended it."""
        self.is_cut_off = True


async def main() -> None:
    """Run both and print the table."""
    options = _options()
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    async with platform() as running:
        process = await running.serve("ledger", "api,consumer")
        ours = await _ledger(running, process, options)
        chunk = round(ours.pop("bytes a second") / 4)
        bare = await _bare(running, chunk, options)
    rows = [{"server": "ledger", **ours}, {"server": "bare", **bare}]
    report.show("Live view (wanted: p99 1,000 ms with 2,000 listeners at 100 events/s, 400 MB)", rows)
    report.write("stream", {"listeners": options.listeners, "rate": options.rate, "rows": rows}, options.json)


async def _ledger(running: Platform, process: Process, options: argparse.Namespace) -> report.Row:
    request = (
        f"GET /ledger/v1/stream HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {token('dispatcher')}\r\n\r\n"
    ).encode()
    listeners = await _connect(process.port, request, options.listeners, _COMPLAINT)
    sent: dict[bytes, float] = {}
    before, began = sum(each.size for each in listeners), time.monotonic()
    async with received.producer(running) as producer:
        random = Random(522723)
        for index in range(int(options.rate * options.seconds)):
            await asyncio.sleep(max(0.0, began + index / options.rate - time.monotonic()))
            subject, acknowledged = await received.send(producer, index, random)
            await acknowledged
            sent[str(subject).encode()] = time.time()
    await asyncio.sleep(2)
    heard = [(text, at) for each in listeners[::_SAMPLED] for text, at in each.heard]
    if len(heard) != len(sent) * len(listeners[::_SAMPLED]) or any(each.is_cut_off for each in listeners):
        raise SystemExit(f"{len(heard)} arrivals of {len(sent)} events at {len(listeners[::_SAMPLED])} listeners")
    size = (sum(each.size for each in listeners) - before) / len(listeners)
    return {
        **_delays([at - sent[text] for text, at in heard]),
        "MB, peak": process.peak_mb(),
        "bytes a second": size / options.seconds,
    }


async def _bare(running: Platform, chunk: int, options: argparse.Namespace) -> report.Row:
    process = await running.program("bench.bare_stream", str(chunk))
    listeners = await _connect(process.port, b"GET / HTTP/1.1\r\n\r\n", options.listeners, _MARK)
    await asyncio.sleep(options.seconds / 2)
    heard = [(text, at) for each in listeners[::_SAMPLED] for text, at in each.heard]
    return {**_delays([at - float(text) for text, at in heard]), "MB, peak": process.peak_mb()}


async def _connect(port: int, request: bytes, count: int, pattern: re.Pattern[bytes]) -> Sequence[Listener]:
    loop, listeners = asyncio.get_running_loop(), list[Listener]()
    for first in range(0, count, _CONNECTED_AT_ONCE):
        some = [
            Listener(request, None if number % _SAMPLED else pattern)
            for number in range(first, min(count, first + _CONNECTED_AT_ONCE))
        ]
        await asyncio.gather(*(loop.create_connection(partial(_same, each), "127.0.0.1", port) for each in some))
        await asyncio.gather(*(each.is_answered.wait() for each in some))
        listeners += some
    return listeners


def _same(listener: Listener) -> Listener:
    return listener


def _delays(seconds: Sequence[float]) -> report.Row:
    parts = statistics.quantiles(seconds, n=100)
    return {"p50 ms": parts[49] * 1000, "p99 ms": parts[98] * 1000, "max ms": max(seconds) * 1000}


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--listeners", type=int, default=2_000, help="how many")
    parser.add_argument("--rate", type=float, default=100.0, help="events a second")
    parser.add_argument("--seconds", type=float, default=20.0, help="for how long")
    parser.add_argument("--json", type=Path, help="where the JSON goes")
    return parser.parse_args()


if __name__ == "__main__":
    uvloop.run(main())
