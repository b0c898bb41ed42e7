"""What all actions share: one transaction with the work, its event and the answer that a repeat gets."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request, Response
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from dispatch_service.api.case_schemas import CaseDetail
from dispatch_service.api.deps import Engine, TenantClockworks
from dispatch_service.api.problems import problem_of
from dispatch_service.domain.errors import DispatchError
from dispatch_service.persistence import cases
from dispatch_service.service.acting import Action
from dispatch_service.service.clockworks import Clockworks
from runtime.auth import Caller
from runtime.clock import now
from runtime.etag import IfMatch, check, etag
from runtime.idempotency import IdempotencyKey, StoredAnswer, replay, request_hash, store
from runtime.problems import Problem
from runtime.tracing import current_traceparent

Work = Callable[[AsyncConnection, Action], Awaitable[None]]


class ActionRunner:
    """Carries out an action of a request on one case."""

    def __init__(
        self, request: Request, engine: AsyncEngine, clockworks: Clockworks, if_match: int | None, key: str | None
    ) -> None:
        self._request = request
        self._engine = engine
        self._clockworks = clockworks
        self._if_match = if_match
        self._key = key

    async def run(self, caller: Caller, complaint_id: UUID, note: str | None, work: Work) -> Response:
        """Do the work and return the case with its new `ETag`, or the first answer if this is a repeat.

        Work, event and stored answer are committed together before the answer leaves.
        """
        action = Action(
            complaint_id=complaint_id,
            tenant=caller.tenant,
            actor=caller.subject,
            now=now(),
            traceparent=current_traceparent(),
            check_version=partial(check, self._if_match),
            note=note,
            roles=caller.roles,
        )
        async with self._engine.begin() as connection:
            if self._key is None:
                return (await self._perform(connection, action, work)).response()
            return await self._perform_once(connection, caller, self._key, action, work)

    async def _perform_once(
        self, connection: AsyncConnection, caller: Caller, key: str, action: Action, work: Work
    ) -> Response:
        request = self._request
        digest = request_hash(request.method, request.url.path, await request.body())
        stored = await replay(connection, caller, key, digest)
        if stored is None:
            try:
                answer = await self._perform(connection, action, work)
            except Problem:
                # A twin that held the row lock may have done just this while we waited for it.
                stored = await replay(connection, caller, key, digest)
                if stored is None:
                    raise
            else:
                await store(connection, caller, key, digest, answer)
                return answer.response()
        return stored.response()

    async def _perform(self, connection: AsyncConnection, action: Action, work: Work) -> StoredAnswer:
        try:
            await work(connection, action)
        except DispatchError as error:
            raise problem_of(error) from error
        row = await cases.show(connection, action.tenant, action.complaint_id)
        view = CaseDetail.shown(row, await self._clockworks.of_one(connection, action.tenant))
        return StoredAnswer(200, view.model_dump_json(), {"ETag": etag(view.version)})


async def _acting(
    request: Request, engine: Engine, clockworks: TenantClockworks, if_match: IfMatch, key: IdempotencyKey
) -> ActionRunner:
    return ActionRunner(request, engine, clockworks, if_match, key)


Acting = Annotated[ActionRunner, Depends(_acting)]
