"""Gathers what concurrent requests want to store into one statement and one commit.

While a commit is on its way, newcomers gather for the next one: the busier the service, the larger the groups.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Generic, TypeVar

from runtime.outages import is_outage

Item = TypeVar("Item")
Result = TypeVar("Result")


class GroupCommit(Generic[Item, Result]):
    """Turns `store(items) -> results` into `submit(item) -> result`."""

    def __init__(
        self,
        store: Callable[[Sequence[Item]], Awaitable[Sequence[Result]]],
        *,
        largest: int = 200,
        lanes: int = 2,
    ) -> None:
        """`store` commits all items or none; `lanes` commits may be on their way at once."""
        self._store = store
        self._largest = largest
        self._free_lanes = lanes
        self._waiting: list[tuple[Item, asyncio.Future[Result]]] = []
        self._groups: set[asyncio.Task[None]] = set()

    async def submit(self, item: Item) -> Result:
        """Return the item's result once it is committed; raises what `store` raised for it, or an outage."""
        future: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, future))
        if self._free_lanes:
            self._free_lanes -= 1
            group = asyncio.create_task(self._drain())
            self._groups.add(group)
            group.add_done_callback(self._groups.discard)
        return await future

    async def _drain(self) -> None:
        try:
            await asyncio.sleep(0)  # requests that are ready in this turn of the loop join the group
            while self._waiting:
                group, self._waiting = self._waiting[: self._largest], self._waiting[self._largest :]
                await self._commit(group)
        finally:
            self._free_lanes += 1

    async def _commit(self, group: Sequence[tuple[Item, asyncio.Future[Result]]]) -> Exception | None:
        """Store a group; return what failed all of it."""
        try:
            results = await self._store([item for item, _ in group])
        except Exception as error:  # noqa: BLE001 - whatever it is, those get it who sent it
            if len(group) > 1 and not is_outage(error):
                return await self._one_by_one(group)
            _fail(group, error)
            return error
        except BaseException as error:
            _fail(group, error)
            raise
        for (_, future), result in zip(group, results, strict=True):
            if not future.done():  # the client may have gone; its complaint stays
                future.set_result(result)
        return None

    async def _one_by_one(self, group: Sequence[tuple[Item, asyncio.Future[Result]]]) -> Exception | None:
        """Store each by itself: one of them is to blame. Where the database goes away meanwhile, all left fail."""
        for place in range(len(group)):
            try:
                error = await self._commit(group[place : place + 1])
            except BaseException as stopped:
                _fail(group[place:], stopped)
                raise
            if error is not None and is_outage(error):
                _fail(group[place:], error)
                return error
        return None


def _fail(group: Sequence[tuple[Any, asyncio.Future[Any]]], error: BaseException) -> None:
    for _, future in group:
        if not future.done():
            future.set_exception(error)
