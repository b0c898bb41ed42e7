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

    async def _commit(self, group: Sequence[tuple[Item, asyncio.Future[Result]]]) -> None:
        try:
            results = await self._store([item for item, _ in group])
        except BaseException as error:
            if isinstance(error, Exception) and len(group) > 1 and not is_outage(error):
                for each in group:  # one of them is to blame
                    await self._commit([each])
                return
            _fail(group, error)
            if not isinstance(error, Exception):
                raise
            return
        for (_, future), result in zip(group, results, strict=True):
            if not future.done():  # the client may have gone; its complaint stays
                future.set_result(result)


def _fail(group: Sequence[tuple[Any, asyncio.Future[Any]]], error: BaseException) -> None:
    for _, future in group:
        if not future.done():
            future.set_exception(error)
