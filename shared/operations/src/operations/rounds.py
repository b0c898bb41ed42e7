"""Work that is done every now and then beside the API."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import structlog

from runtime.outages import is_outage
from runtime.supervision import pause_or

log = structlog.get_logger()


class Rounds:
    """Does the same work again and again, with a pause between; an outage only means to try at the next round.

    Every replica does it, so the work must bear to be done by several at once. Where it returns True it has left work
    undone so that others get their turn, and the next round follows without a pause.
    """

    def __init__(self, name: str, work: Callable[[], Awaitable[object]], *, every: timedelta) -> None:
        """`name` appears in logs and metrics; `every` is the pause from the end of a round to the next."""
        self.name = name
        self._work = work
        self._every = every

    async def run(self, stop: asyncio.Event) -> None:
        """Go round until `stop`; raises what the work raises and is no outage."""
        while not stop.is_set():
            is_more = False
            try:
                is_more = await self._work() is True
            except Exception as error:
                if not is_outage(error):
                    raise
                log.warning("round_waits", worker=self.name, error=type(error).__name__)
            await pause_or(stop, 0 if is_more else self._every.total_seconds())
