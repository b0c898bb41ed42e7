"""Work that is done every now and then beside the API."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import structlog
from prometheus_client import Gauge

from runtime.outages import is_outage
from runtime.supervision import pause_or

log = structlog.get_logger()
_DONE = Gauge("jieban_round_done_timestamp_seconds", "When a worker had done its last good round", ["worker"])
_LATE = Gauge("jieban_round_late_seconds", "So long after its last good round a worker is late", ["worker"])


class Rounds:
    """Does the same work again and again, with a pause between; an outage only means to try at the next round.

    Every replica does it, so the work must bear to be done by several at once. Where it returns True it has left work
    undone so that others get their turn, and the next round follows without a pause.
    """

    def __init__(
        self,
        name: str,
        work: Callable[[], Awaitable[object]],
        *,
        every: timedelta,
        may_take: timedelta = timedelta(minutes=10),
    ) -> None:
        """`name` appears in logs and metrics; `every` is the pause from the end of a round to the next.

        After three such pauses and a round that `may_take` as long there is an alarm.
        """
        self.name = name
        self._work = work
        self._every = every
        self._late = 3 * every + may_take
        self._has_begun = False

    async def run(self, stop: asyncio.Event) -> None:
        """Go round until `stop`; raises what the work raises and is no outage."""
        done = _DONE.labels(self.name)
        if not self._has_begun:  # only once: a worker that fails is run again and again
            self._has_begun = True
            _LATE.labels(self.name).set(self._late.total_seconds())
            done.set_to_current_time()
        while not stop.is_set():
            is_more = False
            try:
                is_more = await self._work() is True
                done.set_to_current_time()
            except Exception as error:
                if not is_outage(error):
                    raise
                log.warning("round_waits", worker=self.name, error=type(error).__name__)
            await pause_or(stop, 0 if is_more else self._every.total_seconds())
