"""Workers that are never silently dead."""

import asyncio
from typing import Protocol

import structlog
from prometheus_client import Counter

log = structlog.get_logger()

_FIRST_PAUSE_SECONDS = 0.5
_LONGEST_PAUSE_SECONDS = 30.0
_HEALTHY_SECONDS = 60.0

_restarts = Counter("worker_restarts_total", "Times a worker ended by itself and was started again", ("worker",))


class Worker(Protocol):
    """Something that runs beside the API until it is told to stop: a relay, a consumer."""

    @property
    def name(self) -> str:
        """Name in logs and metrics."""

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set, then finish what is in hand and return; end at once when cancelled.

        An exception is logged and the worker is run again after a pause, so `run` must be able to start afresh.
        """


async def keep_running(worker: Worker, stop: asyncio.Event, first_pause: float = _FIRST_PAUSE_SECONDS) -> None:
    """Run the worker until `stop`, again and again; the pause grows to 30 s while it keeps failing quickly."""
    loop = asyncio.get_running_loop()
    pause = first_pause
    restarts = _restarts.labels(worker.name)  # at 0 from the start, or its first increase would not be seen
    while not stop.is_set():
        started_at = loop.time()
        try:
            await worker.run(stop)
        except (Exception, asyncio.CancelledError) as error:
            if _is_being_cancelled(error):
                raise
            log.exception("worker_failed", worker=worker.name, restart_in_seconds=pause)
        else:
            if stop.is_set():
                return
            log.error("worker_returned_too_early", worker=worker.name, restart_in_seconds=pause)
        restarts.inc()
        if loop.time() - started_at > _HEALTHY_SECONDS:
            pause = first_pause
        await pause_or(stop, pause)
        pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)


def _is_being_cancelled(error: BaseException) -> bool:
    """Say whether it is us who are cancelled; a library that lets a cancellation of its own out has merely failed."""
    task = asyncio.current_task()
    return isinstance(error, asyncio.CancelledError) and task is not None and task.cancelling() > 0


async def pause_or(stop: asyncio.Event, seconds: float) -> None:
    """Wait that long, or until `stop` is set."""
    try:
        async with asyncio.timeout(seconds):
            await stop.wait()
    except TimeoutError:
        return
