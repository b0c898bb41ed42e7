"""What all writes about activities share: one transaction with the repeat, the work and the answer."""

from collections.abc import Awaitable, Callable
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import Depends, Request, Response
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from ledger_service.api.activity_schemas import ActivityView
from ledger_service.api.deps import Engine
from ledger_service.api.wholeness import check_whole
from ledger_service.domain.activity import Act, Activity
from runtime import clock, etag, idempotency
from runtime.auth import Caller
from runtime.idempotency import IdempotencyKey, StoredAnswer

Work = Callable[[AsyncConnection, Act], Awaitable[Activity]]
"""Does what was asked for and returns the activity as it is then, or raises a Problem."""


class Changing:
    """A write about one activity, asked for by one request."""

    def __init__(self, request: Request, engine: AsyncEngine, key: str | None) -> None:
        self._request = request
        self._engine = engine
        self._key = key

    async def change(self, caller: Caller, work: Work, *, is_new: bool = False) -> Response:
        """Work in one transaction, and answer with the activity; a repeat with the same key gets the first answer.

        Of two that come at once with one key, one is undone and gets the other's answer. 503 `reading-again` where the
        ledger was restored and has not read yet what has happened since.
        """
        zone = ZoneInfo(self._request.app.state.settings.timezone)
        digest = idempotency.request_hash(self._request.method, self._request.url.path, await self._request.body())
        async with self._engine.begin() as connection:
            await check_whole(connection)
            if self._key is not None:
                repeated = await idempotency.replay(connection, caller, self._key, digest)
                if repeated is not None:
                    return repeated.response()
            activity = await work(
                connection, Act(tenant=caller.tenant, actor=caller.subject, at=clock.now(), zone=zone)
            )
            answer = self._answer(activity, is_new)
            if self._key is not None:
                await idempotency.store(connection, caller, self._key, digest, answer)
        return Response(answer.body, answer.status, headers=dict(answer.headers), media_type="application/json")

    def _answer(self, activity: Activity, is_new: bool) -> StoredAnswer:
        headers = {"ETag": etag.etag(activity.version)}
        if is_new:
            headers["Location"] = f"{self._request.url.path}/{activity.id}"
        return StoredAnswer(201 if is_new else 200, ActivityView.of(activity).model_dump_json(), headers)


async def _changing(request: Request, engine: Engine, key: IdempotencyKey) -> Changing:
    return Changing(request, engine, key)


Change = Annotated[Changing, Depends(_changing)]
