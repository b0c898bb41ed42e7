"""Looks for news once in a while, for what is kept in memory."""

import time
from collections.abc import Awaitable, Callable

import structlog

from runtime.outages import is_outage

log = structlog.get_logger()


class Lookout:
    """One caller at a time looks, and no sooner than `every_seconds` after the last one."""

    def __init__(self, every_seconds: float, warning: str) -> None:
        """`warning` is what the log says where nothing could be read."""
        self._every = every_seconds
        self._warning = warning
        self._look_at = time.monotonic() + every_seconds
        self._is_looking = False

    async def look(self, renew: Callable[[], Awaitable[None]]) -> None:
        """Renew what is known, where it is time; through an outage it serves on as it is."""
        if self._is_looking or time.monotonic() < self._look_at:
            return
        self._is_looking = True
        try:
            await renew()
        except Exception as error:
            if not is_outage(error):
                raise
            log.warning(self._warning, error=type(error).__name__)
        finally:
            self._is_looking = False
            self._look_at = time.monotonic() + self._every
