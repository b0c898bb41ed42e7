"""Servers that keep their connections and do not answer."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from signal import SIGCONT, SIGSTOP

from jieban.embedded.kafka import Kafka

_STOPPING_SECONDS = 5.0


@contextmanager
def frozen(kafka: Kafka) -> Iterator[None]:
    """Freeze the broker for the length of the block; none of its threads runs any more when that begins."""
    assert kafka.pid is not None
    os.kill(kafka.pid, SIGSTOP)
    try:
        _wait_until_stopped(kafka.pid)
        yield
    finally:
        os.kill(kafka.pid, SIGCONT)


def _wait_until_stopped(pid: int) -> None:
    """Wait for all threads: the signal reaches each one by itself, and on a busy machine some answer for a while."""
    deadline = time.monotonic() + _STOPPING_SECONDS
    while not all(state == "T" for state in _states(pid)):
        assert time.monotonic() < deadline, f"process {pid} does not stop"
        time.sleep(0.001)


def _states(pid: int) -> Iterator[str]:
    for thread in Path(f"/proc/{pid}/task").iterdir():
        with suppress(FileNotFoundError, ProcessLookupError):  # it ended meanwhile
            yield (thread / "stat").read_text().rpartition(")")[2].split()[0]
