"""What all actions share: one transaction with the row lock, the repeat, the version, the decision and the answer."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Collection, Sequence
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request, Response
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from contracts.envelope import Event
from contracts.lifecycle import Status
from ledger_service.api.deps import Engine, owner_bound, sight_of
from ledger_service.api.problems import REFUSALS, problem_of
from ledger_service.api.views import complaint_view
from ledger_service.api.wholeness import check_whole
from ledger_service.domain.closing import Occasion
from ledger_service.domain.complaint import Complaint
from ledger_service.persistence import complaints, stories
from ledger_service.service.matters import check_not_underway
from ledger_service.service.recording import record_and_publish
from operations.problems import not_found
from runtime import clock, etag, idempotency
from runtime.auth import Caller
from runtime.etag import IfMatch
from runtime.idempotency import IdempotencyKey, StoredAnswer
from runtime.ids import uuid7
from runtime.problems import Problem
from runtime.tracing import current_traceparent

EVENT_SECONDS = 1.0
"""An event that was published takes a few hundredths of a second; after this it is not on its way."""
_PAUSE_SECONDS = 0.05
Decision = Callable[[Complaint, Occasion], Sequence[Event]]
"""Returns the events of an action, or raises one of REFUSALS."""
Work = Callable[[AsyncConnection, Complaint, Occasion], Awaitable[Sequence[Event]]]
"""Does the same with a look at the database, where it may write as well."""
Answer = Callable[[AsyncConnection], Awaitable[StoredAnswer]]
"""Returns the answer to an action that was done."""


class Acting:
    """An action on one complaint, asked for by one request."""

    def __init__(
        self, complaint_id: UUID, request: Request, engine: AsyncEngine, key: str | None, if_match: int | None
    ) -> None:
        self._complaint_id = complaint_id
        self._request = request
        self._engine = engine
        self._key = key
        self._if_match = if_match

    async def act(self, caller: Caller, decide: Decision, *, early: Collection[Status] = ()) -> Response:
        """Decide under the complaint's lock, record what follows, and answer with the complaint as it is then."""

        async def work(_: AsyncConnection, complaint: Complaint, occasion: Occasion) -> Sequence[Event]:
            return decide(complaint, occasion)

        return await self.carry_out(caller, work, early=early)

    async def carry_out(
        self, caller: Caller, work: Work, *, early: Collection[Status] = (), answer: Answer | None = None
    ) -> Response:
        """Work under the complaint's lock, record what follows, and answer, with the complaint unless told otherwise.

        Who acts right after a colleague at dispatch may be quicker than that colleague's events: in a state that is
        `early` the refusal is held back for EVENT_SECONDS, in which they may come.
        """
        deadline = time.monotonic() + EVENT_SECONDS
        while True:
            try:
                return await self._act(caller, work, answer)
            except Problem as refusal:
                present = refusal.extra.get("present")
                is_early = isinstance(present, dict) and present.get("status") in early
                if not is_early or time.monotonic() > deadline:
                    raise
            await asyncio.sleep(_PAUSE_SECONDS)

    async def _act(self, caller: Caller, work: Work, answer: Answer | None) -> Response:
        """Act once. The lock comes before the look for an earlier answer: a twin sees ours or gives theirs."""
        async with self._engine.begin() as connection:
            await check_whole(connection)
            complaint = await complaints.lock(connection, caller.tenant, self._complaint_id)
            if complaint is None or owner_bound(caller) not in (None, complaint.owner):
                raise not_found()
            repeated = await self._repeated(connection, caller)
            if repeated is not None:
                return repeated.response()
            etag.check(self._if_match, complaint.version)
            try:
                events = await work(connection, complaint, Occasion(clock.now(), current_traceparent(), uuid7))
                await check_not_underway(connection, complaint, events)
            except REFUSALS as error:
                raise problem_of(error, complaint) from error
            if events:
                await record_and_publish(connection, complaint, events)
            given = await (self._complaint(connection, caller) if answer is None else answer(connection))
            if self._key is not None:
                await idempotency.store(connection, caller, self._key, await self._digest(), given)
        return Response(given.body, given.status, headers=dict(given.headers), media_type="application/json")

    async def _repeated(self, connection: AsyncConnection, caller: Caller) -> StoredAnswer | None:
        if self._key is None:
            return None
        return await idempotency.replay(connection, caller, self._key, await self._digest())

    async def _complaint(self, connection: AsyncConnection, caller: Caller) -> StoredAnswer:
        row = await stories.complaint(connection, caller.tenant, self._complaint_id, owner=None)
        if row is None:
            raise not_found()
        view = complaint_view(row, sight_of(caller))
        return StoredAnswer(200, view.model_dump_json(), {"ETag": etag.etag(view.version)})

    async def _digest(self) -> bytes:
        return idempotency.request_hash(self._request.method, self._request.url.path, await self._request.body())


async def _acting(
    complaint_id: UUID, request: Request, engine: Engine, key: IdempotencyKey, if_match: IfMatch
) -> Acting:
    return Acting(complaint_id, request, engine, key, if_match)


Action = Annotated[Acting, Depends(_acting)]
