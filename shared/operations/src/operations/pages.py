"""The cursor handling that every list endpoint needs, bound to caller, list and filters."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Generic, TypeVar
from uuid import UUID

from fastapi import Request, Response
from pydantic import BaseModel

from runtime.auth import Caller
from runtime.paging import Cursor, Position, link_header

Item = TypeVar("Item")
Place = Position | UUID | datetime


class Page(BaseModel, Generic[Item]):
    """One page of a list; the `Link` header with `rel="next"` leads to the one after it, where there is one."""

    items: list[Item]


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

    def after_id(self, cursor: str | None) -> UUID | None:
        """Return the id that the page before ended with; as `after`."""
        position = self.after(cursor)
        return None if position is None else UUID(str(position[0]))

    def after_number(self, cursor: str | None) -> int | None:
        """Return the number that the page before ended with; as `after`."""
        position = self.after(cursor)
        return None if position is None else int(str(position[0]))

    def after_moment(self, cursor: str | None) -> tuple[datetime, UUID] | None:
        """Return the moment and the id that the page before ended with; as `after`."""
        position = self.after(cursor)
        return None if position is None else (datetime.fromisoformat(str(position[0])), UUID(str(position[1])))

    def cut(
        self, response: Response, rows: Sequence[Item], limit: int, place: Callable[[Item], Place | tuple[Place, ...]]
    ) -> Sequence[Item]:
        """Return the first `limit` of `rows`, and set the `Link` to the next page where there are more of them.

        `place` says where the last one is: the next page begins after it.
        """
        if len(rows) > limit:
            last = place(rows[limit - 1])
            self.link_next(response, *(last if isinstance(last, tuple) else (last,)))
        return rows[:limit]

    def link_next(self, response: Response, *place: Place) -> None:
        """Set the `Link` header to the page that begins after `place`."""
        position = tuple(_plain(each) for each in place)
        cursor = Cursor(position).encode(self._key, tenant=self._tenant, filters=self._filters)
        response.headers["Link"] = link_header(self._request, cursor)


def _plain(place: Place) -> Position:
    if isinstance(place, UUID):
        return str(place)
    return place.isoformat() if isinstance(place, datetime) else place
