"""The cursor handling that every list endpoint needs, bound to caller, list and filters."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Generic, Protocol, TypeVar

from fastapi import Request, Response
from pydantic import BaseModel

from runtime.auth import Caller
from runtime.paging import Cursor, Position, link_header

Item = TypeVar("Item")
Read = TypeVar("Read", covariant=True)


class Page(BaseModel, Generic[Item]):
    """One page of a list; the `Link` header with `rel="next"` leads to the one after it, where there is one."""

    items: list[Item]


class Numbered(Protocol[Read]):
    """Reads what has numbers."""

    def __call__(self, *, before: int | None, size: int) -> Awaitable[Sequence[Read]]:
        """Return up to `size` with a number under `before`, the highest first."""
        ...


class Pages:
    """Reads and writes the cursors of one list for one request.

    A cursor works only for the tenant, the list and the filters that it was made for. `app.state.settings` signs it.
    """

    def __init__(self, request: Request, caller: Caller, list_name: str, filters: Mapping[str, object]) -> None:
        self._request = request
        self._tenant = caller.tenant
        self._key: bytes = request.app.state.settings.cursor_key()
        self._filters = {"list": list_name, **filters}

    def after(self, cursor: str | None) -> tuple[Position, ...] | None:
        """Return where the page before ended, None for the first page; `Problem` 400 for a cursor of another list."""
        if cursor is None:
            return None
        return Cursor.decode(cursor, self._key, tenant=self._tenant, filters=self._filters).position

    def link_next(self, response: Response, *position: Position) -> None:
        """Set the `Link` header to the page that begins after `position`."""
        cursor = Cursor(position).encode(self._key, tenant=self._tenant, filters=self._filters)
        response.headers["Link"] = link_header(self._request, cursor)

    async def numbered(
        self, response: Response, cursor: str | None, limit: int, read: Numbered[Item], number: Callable[[Item], int]
    ) -> Sequence[Item]:
        """Return a page of what has numbers, such as versions, the highest first, and set the `Link` to the next."""
        position = self.after(cursor)
        found = await read(before=None if position is None else int(str(position[0])), size=limit + 1)
        if len(found) > limit:
            self.link_next(response, number(found[limit - 1]))
        return found[:limit]
