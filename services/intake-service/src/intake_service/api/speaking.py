"""What supplements and answers have in common: who speaks, and the answer that a repeat gets."""

from typing import Annotated, Any

import orjson
from fastapi import Depends
from pydantic import BaseModel

from contracts.roles import Role
from intake_service.service.voices import Voice, guest
from runtime import etag
from runtime.auth import Caller, require
from runtime.idempotency import StoredAnswer

_Speaking = Annotated[Caller, Depends(require(Role.CITIZEN, Role.OPERATOR))]


async def _voice(caller: _Speaking) -> Voice:
    return Voice(caller, "operator" if caller.has(Role.OPERATOR) else "reporter")


Speaker = Annotated[Voice, Depends(_voice)]
"""The reporter, signed in, or an operator on their behalf."""


def voice_of_code(row: Any) -> Voice:
    """Return the voice of whoever has the query code of a complaint that was found by it."""
    return Voice(guest(row.tenant, row.id), "reporter", has_code=True)


def created(body: BaseModel, version: int, status: int = 201) -> StoredAnswer:
    """Return the answer, with the complaint's version as its ETag."""
    content = orjson.dumps(body.model_dump(mode="json")).decode()
    return StoredAnswer(status, content, {"ETag": etag.etag(version)})
