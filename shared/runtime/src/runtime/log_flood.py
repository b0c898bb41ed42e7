"""Holding back the same line said over and over: a client library logs 100 lines a second while its server is down."""

import logging
import time
from collections.abc import Callable, Sequence

_MAX_TEMPLATES = 1000


class FloodFilter(logging.Filter):
    """Lets one line per logger and message template pass in a period, and says with it how many were held back."""

    def __init__(
        self, loggers: Sequence[str], seconds: float = 10.0, clock: Callable[[], float] = time.monotonic
    ) -> None:
        super().__init__()
        self._prefixes = tuple(f"{name}." for name in loggers)
        self._names = frozenset(loggers)
        self._seconds = seconds
        self._clock = clock
        self._last: dict[tuple[str, str], tuple[float, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Say whether the line may pass."""
        if record.name not in self._names and not record.name.startswith(self._prefixes):
            return True
        key = (record.name, str(record.msg))
        now = self._clock()
        said_at, suppressed = self._last.get(key, (float("-inf"), 0))
        if now - said_at < self._seconds:
            self._last[key] = (said_at, suppressed + 1)
            return False
        if len(self._last) >= _MAX_TEMPLATES:
            self._last.clear()
        self._last[key] = (now, 0)
        if suppressed:
            record.msg = f"{record.getMessage()} [{suppressed} more like this in between]"
            record.args = None
        return True
