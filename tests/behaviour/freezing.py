"""Servers that keep their connections and do not answer."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from signal import SIGCONT, SIGSTOP

from jieban.embedded.kafka import Kafka


@contextmanager
def frozen(kafka: Kafka) -> Iterator[None]:
    """Freeze the broker for the length of the block."""
    assert kafka.pid is not None
    os.kill(kafka.pid, SIGSTOP)
    try:
        yield
    finally:
        os.kill(kafka.pid, SIGCONT)
