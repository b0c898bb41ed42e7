"""Many submissions, few commits."""

import asyncio
from collections.abc import Sequence

import pytest

from intake_service.persistence.group_commit import GroupCommit


class Store:
    """Remembers its groups; the first may be held up, any may fail."""

    def __init__(self) -> None:
        self.groups: list[list[int]] = []
        self.begun = asyncio.Event()
        self.gate = asyncio.Event()
        self.gate.set()
        self.error: Exception | None = None
        self.refuses: int | None = None

    async def __call__(self, items: Sequence[int]) -> list[int]:
        self.groups.append(list(items))
        self.begun.set()
        await self.gate.wait()
        if self.error:
            raise self.error
        if self.refuses in items:
            raise ValueError(self.refuses)
        return [item * 10 for item in items]


async def test_concurrent_items_share_one_commit_and_get_their_own_result() -> None:
    store = Store()
    commits = GroupCommit(store)
    assert await asyncio.gather(*(commits.submit(n) for n in range(50))) == [n * 10 for n in range(50)]
    assert len(store.groups) == 1


async def test_newcomers_gather_while_a_commit_is_on_its_way() -> None:
    store = Store()
    store.gate.clear()
    commits = GroupCommit(store, lanes=1)
    first = asyncio.create_task(commits.submit(0))
    await store.begun.wait()
    rest = [asyncio.create_task(commits.submit(n)) for n in range(1, 10)]
    await asyncio.sleep(0)
    store.gate.set()
    await asyncio.gather(first, *rest)
    assert store.groups == [[0], list(range(1, 10))]


async def test_a_group_has_a_largest_size() -> None:
    store = Store()
    commits = GroupCommit(store, largest=4, lanes=1)
    await asyncio.gather(*(commits.submit(n) for n in range(10)))
    assert [len(group) for group in store.groups] == [4, 4, 2]


async def test_an_outage_fails_its_whole_group_and_no_later_one() -> None:
    store = Store()
    store.error = ConnectionError("gone")
    commits = GroupCommit(store)
    results = await asyncio.gather(*(commits.submit(n) for n in range(3)), return_exceptions=True)
    assert all(isinstance(result, ConnectionError) for result in results)
    assert len(store.groups) == 1
    store.error = None
    assert await commits.submit(7) == 70


async def test_an_item_that_cannot_be_stored_costs_the_others_nothing() -> None:
    store = Store()
    store.refuses = 1
    commits = GroupCommit(store)
    first, refused, last = await asyncio.gather(*(commits.submit(n) for n in range(3)), return_exceptions=True)
    assert (first, type(refused), last) == (0, ValueError, 20)


async def test_an_outage_among_single_items_fails_those_behind_it_at_once() -> None:
    stored: list[list[int]] = []

    async def store(items: Sequence[int]) -> list[int]:
        stored.append(list(items))
        raise ValueError if len(items) > 1 else ConnectionRefusedError

    commits = GroupCommit(store)
    results = await asyncio.gather(*(commits.submit(n) for n in range(5)), return_exceptions=True)
    assert [type(each) for each in results] == [ConnectionRefusedError] * 5
    assert stored == [list(range(5)), [0]]


async def test_a_client_that_goes_away_costs_the_others_nothing() -> None:
    store = Store()
    store.gate.clear()
    commits = GroupCommit(store)
    gone, stays = (asyncio.create_task(commits.submit(n)) for n in (1, 2))
    await store.begun.wait()
    gone.cancel()
    store.gate.set()
    assert await stays == 20
    with pytest.raises(asyncio.CancelledError):
        await gone
