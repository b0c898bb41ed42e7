"""A POST that is sent twice is answered twice and done once.

In the transaction that does the work: `replay` first, then the work, then `store`. The commit makes work and answer
durable together.
"""

import hashlib
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Depends
from sqlalchemy import Column, DateTime, Integer, LargeBinary, MetaData, Table, Text, delete, func, select, update
from sqlalchemy.dialects.postgresql import JSONB, array, insert
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.responses import Response

from runtime.auth.caller import Caller
from runtime.header_text import HeaderText
from runtime.problems import Problem

_KEY = re.compile(r"[\x21-\x7e]{1,255}")
_REPLAYED = "Idempotency-Replayed"
_ERASED = 410


def idempotency_table(metadata: MetaData) -> Table:
    """Add the table `idempotency_key` to a service's tables."""
    return Table(
        "idempotency_key",
        metadata,
        Column("tenant", Text, primary_key=True),
        Column("principal", Text, primary_key=True),
        Column("key", Text, primary_key=True),
        Column("request_hash", LargeBinary, nullable=False),
        Column("status", Integer, nullable=False),
        Column("body", Text, nullable=False),
        Column("headers", JSONB, nullable=False, server_default="{}"),
        Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now(), index=True),
    )


_answers = idempotency_table(MetaData())


@dataclass(frozen=True, slots=True)
class StoredAnswer:
    """The answer to the first request with a key: status, JSON text, and headers such as `Location` and `ETag`."""

    status: int
    body: str
    headers: Mapping[str, str]

    def response(self) -> Response:
        """Return the answer again, marked as a repeat."""
        return Response(
            self.body, self.status, headers={**self.headers, _REPLAYED: "true"}, media_type="application/json"
        )


class AlreadyAnswered(Exception):
    """A twin of this request was done first, at the same time; leaving the transaction undoes what this one did.

    Unhandled, it becomes the twin's answer.
    """

    def __init__(self, answer: StoredAnswer) -> None:
        super().__init__("a request with the same idempotency key was answered first")
        self.answer = answer


def _checked(key: str | None) -> str | None:
    """Return the key; `Problem` 400 if it is not 1 to 255 visible ASCII characters."""
    if key is not None and _KEY.fullmatch(key) is None:
        raise Problem(
            400,
            "header-invalid",
            header="Idempotency-Key",
            reason_zh="应为 1 至 255 个可见的 ASCII 字符",
            reason_en="1 to 255 visible ASCII characters",
        )
    return key


from_header = HeaderText(
    "idempotency-key", "Any text of 1 to 255 visible ASCII characters; a repeat gets the first answer.", _checked
)
"""For whoever asks without FastAPI."""
IdempotencyKey = Annotated[str | None, Depends(from_header)]
"""The key of a request, for route signatures."""


def request_hash(method: str, path: str, body: bytes) -> bytes:
    """Return what tells two requests with one key apart."""
    return hashlib.sha256(b"\n".join((method.encode(), path.encode(), body))).digest()


async def replay(connection: AsyncConnection, caller: Caller, key: str, digest: bytes) -> StoredAnswer | None:
    """Return the answer to the earlier request with this key, or None.

    `Problem` 422 if that request was another, 410 if the answer was erased with what it was about.
    """
    row = (
        await connection.execute(
            select(_answers.c.request_hash, _answers.c.status, _answers.c.body, _answers.c.headers).where(
                _answers.c.tenant == caller.tenant,
                _answers.c.principal == caller.subject,
                _answers.c.key == key,
            )
        )
    ).one_or_none()
    if row is None:
        return None
    if row.request_hash != digest:
        raise Problem(422, "idempotency-key-reused")
    if row.status == _ERASED:
        raise Problem(_ERASED, "answer-erased")
    return StoredAnswer(row.status, row.body, row.headers)


async def store(connection: AsyncConnection, caller: Caller, key: str, digest: bytes, answer: StoredAnswer) -> None:
    """Keep the answer with the work of this transaction.

    A twin that runs at the same time is waited for; if it commits first, `AlreadyAnswered` carries its answer (or
    `Problem` 422 if it was another request), and the transaction must not be committed.
    """
    statement = (
        insert(_answers)
        .values(
            tenant=caller.tenant,
            principal=caller.subject,
            key=key,
            request_hash=digest,
            status=answer.status,
            body=answer.body,
            headers=dict(answer.headers),
        )
        .on_conflict_do_nothing()
        .returning(_answers.c.key)
    )
    if (await connection.execute(statement)).one_or_none() is not None:
        return
    twin = await replay(connection, caller, key, digest)
    if twin is None:
        raise Problem(409, "conflict")
    raise AlreadyAnswered(twin)


async def erase(connection: AsyncConnection, tenants: Collection[str], ids: Collection[UUID]) -> None:
    """Drop the answers that name one of `ids`; a repeat is told so, and is not done again.

    Reads all stored answers, of which there are two days': for what is rare.
    """
    named = _answers.c.body.like(func.any(array([f"%{each}%" for each in ids])))
    statement = update(_answers).where(_answers.c.tenant.in_(tenants), named)
    await connection.execute(statement.values(status=_ERASED, body="", headers={}))


async def forget(connection: AsyncConnection, before: datetime) -> int:
    """Delete the answers stored before that moment and return how many; keep them for a day at least."""
    return (await connection.execute(delete(_answers).where(_answers.c.created_at < before))).rowcount
