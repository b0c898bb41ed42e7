"""Reads an exported ledger and compares each entry with its seal, on all processors where the file is large."""

import multiprocessing
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from itertools import chain, islice

from ledger_service.domain.exporting import decode
from ledger_service.domain.verifying import Checked, check

_CHUNK = 5_000
_WORTH_IT = 4 * _CHUNK
"""Lines for which starting other processes pays."""


def checked(lines: Iterable[bytes], done: Callable[[int], None]) -> Iterator[Checked]:
    """Yield the entries of `lines` in order, each compared with its seal; tell `done` the bytes of what is read.

    Raises BadExport.
    """
    chunks = _chunks(iter(lines))
    first = list(islice(chunks, _WORTH_IT // _CHUNK))
    if sum(map(len, first)) < _WORTH_IT:
        for chunk in first:
            yield from examine(chunk)
            done(sum(map(len, chunk)))
        return
    with ProcessPoolExecutor(mp_context=multiprocessing.get_context("spawn")) as pool:
        yield from _in_order(pool, chain(first, chunks), done)


def _chunks(lines: Iterator[bytes]) -> Iterator[list[bytes]]:
    while chunk := list(islice(lines, _CHUNK)):
        yield chunk


def examine(chunk: list[bytes]) -> list[Checked]:
    """Compare the entries of some lines with their seals; raises BadExport."""
    return [check(decode(line)) for line in chunk]


def _in_order(
    pool: ProcessPoolExecutor, chunks: Iterable[list[bytes]], done: Callable[[int], None]
) -> Iterator[Checked]:
    """Keep every process busy, with no more of the file in memory than that takes."""
    waiting: deque[tuple[Future[list[Checked]], int]] = deque()
    most = 2 * (os.cpu_count() or 1)
    for chunk in chunks:
        waiting.append((pool.submit(examine, chunk), sum(map(len, chunk))))
        if len(waiting) > most:
            yield from _next(waiting, done)
    while waiting:
        yield from _next(waiting, done)


def _next(waiting: "deque[tuple[Future[list[Checked]], int]]", done: Callable[[int], None]) -> list[Checked]:
    future, size = waiting.popleft()
    found = future.result()
    done(size)
    return found
