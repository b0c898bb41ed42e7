"""Work that is done every now and then."""

import asyncio
from datetime import timedelta

import pytest
from prometheus_client import REGISTRY

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


async def test_the_metrics_say_when_a_round_was_good_and_from_when_on_that_is_too_long_ago() -> None:
    done: list[float | None] = []

    class Seen(Work):
        async def __call__(self) -> bool | None:
            done.append(_of("jieban_round_done_timestamp_seconds"))
            await asyncio.sleep(0.002)
            return await super().__call__()

    work = Seen(ConnectionRefusedError(), TimeoutError(), None, None)
    rounds = Rounds("test done", work, every=timedelta(), may_take=timedelta(minutes=1))
    assert _of("jieban_round_done_timestamp_seconds") is None
    async with asyncio.timeout(5):
        await rounds.run(work.stop)
    assert done[0] == done[1] == done[2]
    assert done[0] is not None
    assert done[3] is not None
    assert done[0] < done[3]
    assert _of("jieban_round_late_seconds") == 60


async def test_a_worker_that_fails_and_is_run_again_has_done_no_round_by_that() -> None:
    work = Work(ValueError("wrong"), ValueError("wrong"), None)
    rounds = Rounds("test done", work, every=timedelta())
    found = []
    for _ in range(2):
        with pytest.raises(ValueError, match="wrong"):
            await rounds.run(work.stop)
        found.append(_of("jieban_round_done_timestamp_seconds"))
    assert found[0] == found[1]


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


def _of(metric: str) -> float | None:
    return REGISTRY.get_sample_value(metric, {"worker": "test done"})
