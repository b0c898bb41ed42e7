"""What writes about patrols and templates of rosters share: one transaction with the repeat, the work, the answer."""

import hashlib
from collections.abc import Awaitable, Callable
from typing import Annotated, NamedTuple
from zoneinfo import ZoneInfo

from fastapi import Depends, Request, Response
from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from dispatch_service.api import patrol_problems, roster_problems
from dispatch_service.api.deps import Engine, Zone
from dispatch_service.domain.patrol_errors import PatrolError
from dispatch_service.domain.roster_errors import RosterError
from dispatch_service.service.duty_planning import BadPlace
from dispatch_service.service.patrol_plans import Planning
from runtime import clock
from runtime.auth import Caller
from runtime.etag import etag
from runtime.idempotency import IdempotencyKey, StoredAnswer, replay, request_hash, store
from runtime.problems import Problem


class Answer(NamedTuple):
    """What a write answers: the thing as it is then, the version of its `ETag`, and where it is if it is new."""

    view: BaseModel
    version: int
    location: str | None = None


Work = Callable[[AsyncConnection], Awaitable[Answer]]


class Changing:
    """A write asked for by one request."""

    def __init__(self, request: Request, zone: ZoneInfo, engine: AsyncEngine, key: str | None) -> None:
        self._request = request
        self._zone = zone
        self._engine = engine
        self._key = key

    def planning(self, caller: Caller) -> Planning:
        """Return who plans, when, on the county's calendar."""
        return Planning(tenant=caller.tenant, actor=caller.subject, now=clock.now(), zone=self._zone)

    async def run(self, caller: Caller, work: Work) -> Response:
        """Work in one transaction, and answer with what came of it; a repeat with the same key gets the first answer.

        Of two that come at once with one key, the second gets the answer of the first.
        """
        async with self._engine.begin() as connection:
            if self._key is None:
                return _response(await _perform(connection, work))
            return await self._once(connection, caller, self._key, work)

    async def _once(self, connection: AsyncConnection, caller: Caller, key: str, work: Work) -> Response:
        digest = request_hash(self._request.method, self._request.url.path, await self._request.body())
        stored = await replay(connection, caller, key, digest)
        if stored is None:
            try:
                answer = await _perform(connection, work)
            except Problem:
                # A twin that held the row lock may have done just this while we waited for it.
                stored = await replay(connection, caller, key, digest)
                if stored is None:
                    raise
            else:
                await store(connection, caller, key, digest, answer)
                return _response(answer)
        return stored.response()


async def _changing(request: Request, zone: Zone, engine: Engine, key: IdempotencyKey) -> Changing:
    return Changing(request, zone, engine, key)


Change = Annotated[Changing, Depends(_changing)]


def digest_of(body: BaseModel) -> bytes:
    """Return what tells two bodies with one id apart."""
    return hashlib.sha256(body.model_dump_json().encode()).digest()


async def _perform(connection: AsyncConnection, work: Work) -> StoredAnswer:
    try:
        view, version, location = await work(connection)
    except PatrolError as error:
        raise patrol_problems.problem_of(error) from error
    except RosterError as error:
        raise roster_problems.problem_of(error) from error
    except BadPlace as error:
        raise roster_problems.problem_of(error.reason, error.pointer) from error
    headers = {"ETag": etag(version)} | ({"Location": location} if location else {})
    return StoredAnswer(201 if location else 200, view.model_dump_json(), headers)


def _response(answer: StoredAnswer) -> Response:
    return Response(answer.body, answer.status, headers=dict(answer.headers), media_type="application/json")
