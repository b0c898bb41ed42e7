"""Work may go on for ever until it is asked to stop, and only a little afterwards."""

import asyncio
import time

import pytest

from eventbus import stopping
from eventbus.stopping import finishing_soon_after, pause_or


@pytest.fixture(autouse=True)
def short_finish(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stopping, "FINISH_SECONDS", 0.1)


async def test_what_hangs_after_the_stop_is_cancelled_without_an_error() -> None:
    stop, cancelled = asyncio.Event(), False
    stop.set()
    began = time.monotonic()
    async with finishing_soon_after(stop, "worker"):
        try:
            await asyncio.sleep(30)
        except asyncio.CancelledError:
            cancelled = True
            raise
    assert cancelled
    assert 0.1 <= time.monotonic() - began < 5


async def test_what_is_in_hand_at_the_stop_is_finished() -> None:
    stop, finished = asyncio.Event(), False
    stop.set()
    async with finishing_soon_after(stop, "worker"):
        await asyncio.sleep(0.02)
        finished = True
    assert finished


async def test_nothing_is_cut_off_before_the_stop() -> None:
    finished = False
    async with finishing_soon_after(asyncio.Event(), "worker"):
        await asyncio.sleep(0.3)
        finished = True
    assert finished


@pytest.mark.parametrize("error", [ValueError, TimeoutError])
async def test_errors_of_the_work_itself_pass_through(error: type[Exception]) -> None:
    with pytest.raises(error):
        async with finishing_soon_after(asyncio.Event(), "worker"):
            raise error


async def test_a_cancellation_from_outside_passes_through() -> None:
    async def work() -> None:
        async with finishing_soon_after(asyncio.Event(), "worker"):
            await asyncio.sleep(30)

    task = asyncio.create_task(work())
    await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_no_task_is_left_behind() -> None:
    before = asyncio.all_tasks()
    async with finishing_soon_after(asyncio.Event(), "worker"):
        pass
    await asyncio.sleep(0.01)
    assert asyncio.all_tasks() <= before


async def test_a_pause_ends_with_the_stop_or_after_its_time() -> None:
    stop = asyncio.Event()
    began = time.monotonic()
    await pause_or(stop, 0.05)
    assert time.monotonic() - began >= 0.05
    asyncio.get_running_loop().call_later(0.05, stop.set)
    await pause_or(stop, 30)
    assert time.monotonic() - began < 5
