"""Work that is done every now and then."""

import asyncio
from datetime import timedelta

import pytest

from operations.rounds import Rounds


class Work:
    """Does what it is told, round after round, and stops after the last."""

    def __init__(self, *outcomes: Exception | bool | None) -> None:
        self.outcomes = list(outcomes)
        self.stop = asyncio.Event()

    async def __call__(self) -> bool | None:
        outcome = self.outcomes.pop(0)
        if not self.outcomes:
            self.stop.set()
        if isinstance(outcome, Exception):
            raise outcome
        return outcome


async def test_an_outage_only_means_to_try_at_the_next_round() -> None:
    work = Work(None, ConnectionRefusedError(), None)
    async with asyncio.timeout(5):
        await Rounds("test", work, every=timedelta()).run(work.stop)
    assert work.outcomes == []


async def test_any_other_error_ends_the_rounds() -> None:
    work = Work(ValueError("wrong"), None)
    with pytest.raises(ValueError, match="wrong"):
        await Rounds("test", work, every=timedelta()).run(work.stop)


async def test_a_stop_ends_the_pause() -> None:
    work = Work(None, None)
    rounds = asyncio.create_task(Rounds("test", work, every=timedelta(hours=1)).run(work.stop))
    await asyncio.sleep(0.05)
    assert len(work.outcomes) == 1
    work.stop.set()
    async with asyncio.timeout(1):
        await rounds


async def test_nothing_is_done_after_a_stop() -> None:
    work = Work(None)
    work.stop.set()
    await Rounds("test", work, every=timedelta()).run(work.stop)
    assert len(work.outcomes) == 1


async def test_while_there_is_more_to_do_it_takes_no_pause() -> None:
    work = Work(True, True, None)
    async with asyncio.timeout(5):
        await Rounds("test", work, every=timedelta(hours=1)).run(work.stop)
    assert work.outcomes == []
