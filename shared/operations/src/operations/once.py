"""A POST that creates something: one transaction with the work and the answer that a repeat gets."""

from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import Depends, Request, Response
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from runtime import idempotency
from runtime.auth import Caller
from runtime.idempotency import IdempotencyKey, StoredAnswer

Work = Callable[[AsyncConnection], Awaitable[StoredAnswer]]
"""Does what was asked for and returns the answer, or raises a Problem."""


class _Once:
    """Carries out one request."""

    def __init__(self, request: Request, engine: AsyncEngine, key: str | None) -> None:
        self._request = request
        self._engine = engine
        self._key = key

    async def run(self, caller: Caller, work: Work) -> Response:
        """Work in one transaction and answer; a repeat with the same key gets the first answer.

        Of two that come at once with one key, one is undone and gets the other's answer.
        """
        digest = idempotency.request_hash(self._request.method, self._request.url.path, await self._request.body())
        async with self._engine.begin() as connection:
            if self._key is not None:
                repeated = await idempotency.replay(connection, caller, self._key, digest)
                if repeated is not None:
                    return repeated.response()
            answer = await work(connection)
            if self._key is not None:
                await idempotency.store(connection, caller, self._key, digest, answer)
        return Response(answer.body, answer.status, headers=dict(answer.headers), media_type="application/json")


async def _once(request: Request, key: IdempotencyKey) -> _Once:
    engine: AsyncEngine = request.app.state.engine
    return _Once(request, engine, key)


Once = Annotated[_Once, Depends(_once)]
