"""One action on many cases."""

import json
from collections.abc import Awaitable, Sequence
from typing import Annotated, Any, Literal, TypeAlias
from uuid import UUID

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.lifecycle import Status
from dispatch_service.api.acting import ActionRunner, Work
from dispatch_service.api.action_kinds import AT_THE_DESK
from dispatch_service.api.deps import Engine, Staff, TenantClockworks
from dispatch_service.persistence import case_numbers
from dispatch_service.service.clockworks import Clockworks
from operations.problems import invalid
from runtime.auth import Caller
from runtime.idempotency import AlreadyAnswered, IdempotencyKey
from runtime.outages import is_outage
from runtime.problems import PROBLEM_RESPONSES, Problem, response_to
from runtime.problems.validation import problem_of
from runtime.types import Integer

router = APIRouter(prefix="/cases/bulk", tags=["work"], responses=PROBLEM_RESPONSES)
MOST_CASES = 200
_NOTHING = UUID(int=0)
"""The id of no case."""
CaseName: TypeAlias = Annotated[str, Field(min_length=1, max_length=100)]


class BulkBody(BaseModel):
    """An action, the body of its single route, and the cases it is for, by id or by number.

    `grade` takes `grade` and `note`; `approval` takes `kind` (whose open request is decided on), `approved` and `note`;
    `support` takes `team`.
    """

    model_config = ConfigDict(extra="forbid")

    action: Literal["assign", "grade", "accept", "support", "transfer", "note", "approval", "supervision"]
    cases: Annotated[list[CaseName], Field(min_length=1, max_length=MOST_CASES)]
    versions: dict[CaseName, Integer] = {}
    """The versions that the caller saw, of some of the cases or all: others are done as they are."""
    body: dict[str, Any]


class BulkItem(BaseModel):
    """What became of one case: the HTTP status of the single action, and the case as it is now or the problem."""

    case: str
    complaint_id: UUID | None = None
    status: int
    present: Status | None = None
    version: int | None = None
    problem: dict[str, Any] | None = None


class BulkAnswer(BaseModel):
    """How many were done and how many were not, and each, in the order given."""

    done: int
    refused: int
    items: list[BulkItem]


@router.post("")
async def act_on_many(
    body: BulkBody,
    request: Request,
    caller: Staff,
    engine: Engine,
    key: IdempotencyKey,
    clockworks: TenantClockworks,
) -> BulkAnswer:
    """Do the same to up to 200 cases 批量办理, each for itself: some may be done and others not.

    Who may do it is as with the single action. With an `Idempotency-Key` a repeat does only what was not done.
    """
    work = _work(body, caller, clockworks)
    async with engine.connect() as connection:
        ids = await _ids(connection, caller.tenant, body.cases)
    note: str | None = body.body.get("note")
    items = []
    for name, complaint_id in zip(body.cases, ids, strict=True):
        runner = ActionRunner(request, engine, clockworks, body.versions.get(name), key and f"{key}#{complaint_id}")
        items.append(await _act(name, complaint_id, request, runner.run(caller, complaint_id, note, work)))
    done = sum(item.problem is None for item in items)
    return BulkAnswer(done=done, refused=len(items) - done, items=items)


def _work(body: BulkBody, caller: Caller, clockworks: Clockworks) -> Work:
    """Return the use case; `Problem` 403 where the caller may not do it, 422 for a body that does not fit."""
    kind = AT_THE_DESK[body.action]
    if not caller.has(*kind.roles):
        raise Problem(403, "access-denied", roles=", ".join(sorted(kind.roles)))
    try:
        return kind.work(kind.body.model_validate(body.body), clockworks)
    except ValidationError as error:
        findings = [{**each, "loc": ("body", "body", *each["loc"])} for each in error.errors(include_input=False)]
        raise problem_of(findings) from error


async def _ids(connection: AsyncConnection, tenant: str, names: Sequence[str]) -> list[UUID]:
    """Return the id of each case, that of nothing for an unknown number; `Problem` 422 for a case that comes twice."""
    given = {name: UUID(name) for name in names if _is_id(name)}
    found = await case_numbers.find(connection, tenant, [name for name in names if name not in given])
    ids = [given.get(name) or found.get(name) or _NOTHING for name in names]
    seen: set[UUID] = set()
    for place, complaint_id in enumerate(ids):
        if complaint_id in seen and complaint_id != _NOTHING:
            raise invalid(f"/cases/{place}", "case-twice")
        seen.add(complaint_id)
    return ids


def _is_id(name: str) -> bool:
    try:
        UUID(name)
    except ValueError:
        return False
    return True


async def _act(name: str, complaint_id: UUID, request: Request, answering: Awaitable[Response]) -> BulkItem:
    found = None if complaint_id == _NOTHING else complaint_id
    try:
        answer = json.loads(bytes((await answering).body))
    except AlreadyAnswered as error:
        answer = json.loads(error.answer.body)
    except Exception as error:
        if is_outage(error):
            raise
        refusal = response_to(error, request)
        return BulkItem(
            case=name, complaint_id=found, status=refusal.status_code, problem=json.loads(bytes(refusal.body))
        )
    return BulkItem(case=name, complaint_id=found, status=200, present=answer["status"], version=answer["version"])
