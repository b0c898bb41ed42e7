"""What all routes share that change one thing of a county's data."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated, Any, TypeVar

from fastapi import Depends, Response
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from dispatch_service.api.deps import Administrator, Engine
from dispatch_service.api.directory_problems import problem_of
from dispatch_service.domain.directory_errors import DirectoryError
from dispatch_service.persistence import county
from dispatch_service.persistence.rows import Row
from dispatch_service.service import keeping
from dispatch_service.service.directory import Occasion, Sort
from dispatch_service.service.keeping import Kept
from runtime.auth import Caller
from runtime.clock import now
from runtime.etag import IfMatch, check, etag
from runtime.tracing import current_traceparent

Result = TypeVar("Result")
Work = Callable[[AsyncConnection, Occasion], Awaitable[Result]]
NEW: dict[int | str, dict[str, Any]] = {201: {"description": "It is new."}}


class _Change:
    """A change of the county's data by an administrator, one after the other with all changes of the county."""

    def __init__(self, caller: Caller, engine: AsyncEngine, if_match: int | None) -> None:
        self._caller = caller
        self._engine = engine
        self._if_match = if_match

    async def run(self, work: Work[Result], *, missing: str = "place-not-found") -> Result:
        """Do the work in one transaction that holds the county's lock; 412 where somebody else was quicker.

        `missing` is the code of the 404 where a thing is not there.
        """
        occasion = Occasion(self._caller.tenant, now(), current_traceparent())
        try:
            async with self._engine.begin() as connection:
                check(self._if_match, await county.lock(connection, occasion.tenant))
                return await work(connection, occasion)
        except DirectoryError as error:
            raise problem_of(error, missing=missing) from error

    async def put(self, sort: Sort, code: str, values: Mapping[str, Any], response: Response) -> Row:
        """Write a thing and return its row; 201 where it is new."""
        kept = await self.run(lambda connection, occasion: keeping.keep(connection, occasion, sort, code, values))
        return self.told(kept, response)

    def told(self, kept: Kept, response: Response) -> Row:
        """Return the row of what is kept now, with its `ETag` and status in the answer."""
        response.headers["ETag"] = etag(kept.version)
        response.status_code = 201 if kept.is_new else 200
        return kept.row

    async def remove(self, sort: Sort, code: str, *, missing: str = "place-not-found") -> None:
        """Remove a thing; 404 where there is none, 409 where others refer to it."""
        await self.run(lambda connection, occasion: keeping.remove(connection, occasion, sort, code), missing=missing)


async def _change(caller: Administrator, engine: Engine, if_match: IfMatch) -> _Change:
    return _Change(caller, engine, if_match)


Change = Annotated[_Change, Depends(_change)]
