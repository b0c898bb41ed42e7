"""Reads an exported ledger and compares each entry with its seal, on all processors where the file is large.

Every part of the file is read, parsed and compared by one process; the entries go on as runs, which are small. Blank
lines at the end of the file are no part of it.
"""

import multiprocessing
import os
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from pathlib import Path
from typing import IO, NamedTuple

from ledger_service.domain.exporting import BadExport, decode
from ledger_service.domain.verifying import UNSEALED, Checked, Run, check, run_of

_PART_BYTES = 4_000_000
_WORTH_IT = 4 * _PART_BYTES
"""Bytes for which starting other processes pays."""
_FIRST_ENTRY = 2
"""The line behind the header."""
Examined = Run | list[Checked]


class _Part(NamedTuple):
    """Whole lines of a file, from byte `start` to byte `end`."""

    path: Path
    start: int
    end: int


def examined(path: Path, start: int, done: Callable[[int], None]) -> Iterator[Examined]:
    """Yield the entries behind byte `start`, in order, each compared with its seal; tell `done` the bytes of each part.

    Entries with nothing wrong between them come as a run. Raises BadExport.
    """
    if not path.is_file():
        raise BadExport("an export is read in parts, so it has to be a file")
    parts = _parts(path, start)
    if path.stat().st_size - start < _WORTH_IT:
        for part in parts:
            yield examine(part)
            done(part.end - part.start)
        return
    with ProcessPoolExecutor(mp_context=multiprocessing.get_context("spawn")) as pool:
        yield from _in_order(pool, parts, done)


def _parts(path: Path, start: int) -> Iterator[_Part]:
    with path.open("rb") as file:
        last = _end_of_text(file)
        while start < last:
            file.seek(min(start + _PART_BYTES, last) - 1)
            file.readline()
            end = file.tell()
            yield _Part(path, start, end)
            start = end


def _end_of_text(file: IO[bytes]) -> int:
    end = file.seek(0, os.SEEK_END)
    while end:
        start = max(0, end - _PART_BYTES)
        file.seek(start)
        if text := file.read(end - start).rstrip():
            return start + len(text)
        end = start
    return end


def examine(part: _Part) -> Examined:
    """Compare the entries of a part with their seals; raises BadExport."""
    with part.path.open("rb") as file:
        file.seek(part.start)
        lines = file.read(part.end - part.start).removesuffix(b"\n").split(b"\n")
    try:
        entries = [check(decode(line)) for line in lines]
    except BadExport as error:
        raise BadExport(f"{_first_unreadable(part)} {error}") from error
    return run_of(entries) or entries


def _first_unreadable(part: _Part) -> str:
    """Name the first line of a part that cannot be read, and the entry that should stand there."""
    number, read, before = 1, 0, b""
    with part.path.open("rb") as file:
        for line in file:
            if read >= part.start and not _is_readable(line):
                break
            number, read, before = number + 1, read + len(line), line
    if number == _FIRST_ENTRY:
        return f"line {number}, where entry 0 should stand,"
    previous = decode(before).seal.number
    return f"line {number}" if previous == UNSEALED else f"line {number}, where entry {previous + 1} should stand,"


def _is_readable(line: bytes) -> bool:
    try:
        decode(line)
    except BadExport:
        return False
    return True


def _in_order(pool: ProcessPoolExecutor, parts: Iterator[_Part], done: Callable[[int], None]) -> Iterator[Examined]:
    """Keep every process busy, with no more of the file in memory than that takes."""
    waiting: deque[tuple[Future[Examined], _Part]] = deque()
    most = 2 * (os.cpu_count() or 1)
    for part in parts:
        waiting.append((pool.submit(examine, part), part))
        if len(waiting) > most:
            yield _next(waiting, done)
    while waiting:
        yield _next(waiting, done)


def _next(waiting: deque[tuple[Future[Examined], _Part]], done: Callable[[int], None]) -> Examined:
    future, part = waiting.popleft()
    found = future.result()
    done(part.end - part.start)
    return found
