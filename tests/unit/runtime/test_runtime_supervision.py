import asyncio
import signal
import socket

import pytest
from structlog.testing import capture_logs

from runtime.server import PortInUse, bind
from runtime.stopping import Stopping, stopping_on_signals
from runtime.supervision import keep_running


class Flaky:
    name = "flaky"

    def __init__(self, failures: int, stop: asyncio.Event) -> None:
        self.failures = failures
        self.runs = 0
        self._stop = stop

    async def run(self, stop: asyncio.Event) -> None:
        self.runs += 1
        if self.runs <= self.failures:
            raise RuntimeError("no broker")
        if self.runs == self.failures + 1:
            return
        self._stop.set()
        await stop.wait()


async def test_a_worker_that_dies_or_just_ends_is_started_again() -> None:
    stop = asyncio.Event()
    worker = Flaky(3, stop)
    with capture_logs() as lines:
        await keep_running(worker, stop, first_pause=0.001)
    assert worker.runs == 5
    assert [line["event"] for line in lines] == ["worker_failed"] * 3 + ["worker_returned_too_early"]
    assert [line["restart_in_seconds"] for line in lines] == [0.001, 0.002, 0.004, 0.008]


async def test_the_pause_ends_when_the_process_stops() -> None:
    stop = asyncio.Event()
    running = asyncio.create_task(keep_running(Flaky(1000, stop), stop, first_pause=60))
    await asyncio.sleep(0.01)
    stop.set()
    with capture_logs():
        await asyncio.wait_for(running, 1)


async def test_cancelling_is_not_a_failure() -> None:
    stop = asyncio.Event()

    class Patient:
        name = "patient"

        async def run(self, stop: asyncio.Event) -> None:
            await stop.wait()

    running = asyncio.create_task(keep_running(Patient(), stop))
    await asyncio.sleep(0.01)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running


async def test_a_cancellation_that_leaks_from_a_library_is_a_failure() -> None:
    stop = asyncio.Event()
    runs = 0

    class Leaky:
        name = "leaky"

        async def run(self, stop: asyncio.Event) -> None:
            nonlocal runs
            runs += 1
            if runs == 1:
                raise asyncio.CancelledError
            stop.set()

    with capture_logs() as lines:
        await keep_running(Leaky(), stop, first_pause=0.001)
    assert runs == 2
    assert lines[0]["event"] == "worker_failed"


async def test_tasks_have_their_share_of_the_time() -> None:
    stopping = Stopping(grace_seconds=0.2)
    stopping.request()
    quick = asyncio.create_task(asyncio.sleep(0.01))
    slow = asyncio.create_task(asyncio.sleep(60), name="slow")
    with capture_logs() as lines:
        await stopping.finish([quick, slow], 0.5)
    assert (quick.cancelled(), slow.cancelled()) == (False, True)
    assert [line["task"] for line in lines] == ["slow"]
    assert 0 < stopping.seconds_left(1.0) < 0.15


async def test_a_second_request_leaves_no_time() -> None:
    stopping = Stopping(grace_seconds=60)
    slow = asyncio.create_task(asyncio.sleep(60))
    asyncio.get_running_loop().call_later(0.01, stopping.request)
    asyncio.get_running_loop().call_later(0.02, stopping.request)
    await stopping.requested.wait()
    with capture_logs():
        await asyncio.wait_for(stopping.finish([slow], 1.0), 1)
    assert slow.cancelled()


async def test_a_start_is_given_up_when_the_process_is_asked_to_stop() -> None:
    stopping = Stopping(grace_seconds=1)
    asyncio.get_running_loop().call_later(0.01, stopping.request)
    await asyncio.wait_for(stopping.unless_requested(_sleep(60)), 1)
    assert stopping.is_requested()


async def test_an_error_of_the_start_is_raised() -> None:
    async def broken() -> None:
        raise RuntimeError("no database")

    with pytest.raises(RuntimeError, match="no database"):
        await Stopping(1).unless_requested(broken())


async def test_signals_count_only_inside_the_block() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with stopping_on_signals(1.0) as stopping:
        signal.raise_signal(signal.SIGTERM)
        await asyncio.wait_for(stopping.requested.wait(), 1)
    assert signal.getsignal(signal.SIGTERM) == before


def test_a_port_in_use_is_said_in_one_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(PortInUse, match=f"port {port} is already in use") as caught:
            bind("127.0.0.1", port)
    assert caught.value.port == port


def test_a_free_port_is_bound_at_once() -> None:
    with bind("127.0.0.1", 0) as listener, socket.create_connection(listener.getsockname()):
        assert listener.getsockname()[0] == "127.0.0.1"


async def _sleep(seconds: float) -> None:
    await asyncio.sleep(seconds)
