"""What officers did offline, sent when their devices are online again."""

import hashlib
import json
from collections.abc import Sequence
from itertools import takewhile
from typing import Annotated, Any, NamedTuple
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from sqlalchemy.ext.asyncio import AsyncEngine

from contracts.roles import Role
from dispatch_service.api import roster_problems
from dispatch_service.api.action_kinds import IN_THE_FIELD
from dispatch_service.api.deps import Engine, TenantClockworks
from dispatch_service.api.problems import problem_of
from dispatch_service.api.roster_schemas import DutyView
from dispatch_service.api.sync_schemas import (
    SyncAnswer,
    SyncBody,
    SyncResult,
    is_clocking,
    read_body,
    read_clocking,
    read_item,
)
from dispatch_service.domain.errors import DispatchError
from dispatch_service.domain.roster_errors import RosterError
from dispatch_service.persistence.offline_actions import Sender
from dispatch_service.persistence.rows import Row
from dispatch_service.service import offline, offline_clocking
from dispatch_service.service.clockworks import Clockworks
from dispatch_service.service.offline import OfflineAction
from dispatch_service.service.offline_batches import Batch, Result, Unread
from dispatch_service.service.offline_clocking import Clocking
from runtime.auth import Caller, require
from runtime.clock import now
from runtime.outages import is_outage
from runtime.problems import PROBLEM_RESPONSES, Problem, response_to
from runtime.tracing import current_traceparent

router = APIRouter(prefix="/sync", tags=["in the field"], responses=PROBLEM_RESPONSES)
BODY_LIMIT = 4 * 2**20
_HELD_BACK = Result("held_back")


class _Sent(NamedTuple):
    """An item as it was sent, with the action that was read from it, or why there is none."""

    place: int
    item: dict[str, Any]
    action: OfflineAction | Unread | Clocking | None
    refusal: Result | None


@router.post("")
async def sync(
    body: SyncBody,
    request: Request,
    caller: Annotated[Caller, Depends(require(Role.OFFICER))],
    engine: Engine,
    clockworks: TenantClockworks,
) -> SyncAnswer:
    """Apply up to 100 actions that were done offline 离线补传, on each case in the order given, and clockings 打卡.

    Every action is applied once, however often it is sent: a repeat gets the first answer, for 90 days at least. An
    action that fails holds back those that follow on the same case, not others. The actions on one case are applied
    together or, where the service fails in between, not at all: send the batch again.
    """
    sent = [_read(place, item, request, clockworks) for place, item in enumerate(body.items)]
    groups: dict[str | None, list[_Sent]] = {}
    for each in sent:
        groups.setdefault(None if is_clocking(each.item) else _case_of(each.item), []).append(each)
    results = [_HELD_BACK] * len(sent)
    failed: Exception | None = None
    for case, group in groups.items():
        try:
            applied = await _apply(engine, caller, case, group, request)
        except Exception as error:
            if is_outage(error):
                raise
            failed = failed or error  # the others do not wait until this one is mended
            continue
        for each, result in zip(group, applied, strict=False):
            results[each.place] = result
    if failed is not None:
        raise failed
    return SyncAnswer(items=[_view(*pair) for pair in zip(body.items, results, strict=True)])


async def _apply(
    engine: AsyncEngine, caller: Caller, case: str | None, group: Sequence[_Sent], request: Request
) -> list[Result]:
    """Return what became of the actions on one case, or the clockings, down to the first that could not be read."""
    actions = [each.action for each in takewhile(lambda each: each.action, group) if each.action]
    clockings = [action for action in actions if isinstance(action, Clocking)]
    on_case = [action for action in actions if not isinstance(action, Clocking)]
    batch = Batch(
        sender=Sender(caller.tenant, caller.subject),
        now=now(),
        explain=lambda error: _explained(_problem_of(error), request),
    )
    results: list[Result] = []
    if actions:
        async with engine.begin() as connection:
            if case is None:
                results = await offline_clocking.apply(connection, batch, clockings, _shown)
            else:
                traceparent = current_traceparent()
                results = await offline.apply(connection, batch, UUID(case), on_case, traceparent=traceparent)
    return [*results, *[each.refusal for each in group[len(actions) : len(actions) + 1] if each.refusal]]


def _read(place: int, item: dict[str, Any], request: Request, clockworks: Clockworks) -> _Sent:
    try:
        action = _clocking(item) if is_clocking(item) else _action(item, request, clockworks)
    except Problem as problem:
        return _Sent(place, item, None, _refused(problem, request))
    return _Sent(place, item, action, None)


def _action(item: dict[str, Any], request: Request, clockworks: Clockworks) -> OfflineAction | Unread:
    read = read_item(item)
    try:
        body = read_body(read)
    except Problem as problem:
        refusal = _refused(problem, request)
        return Unread(id=read.id, at=read.at, after=read.after, digest=_digest(item), refusal=refusal)
    return OfflineAction(
        id=read.id,
        at=read.at,
        version=read.version,
        after=read.after,
        digest=_digest(item),
        note=getattr(body, "note", None),
        work=IN_THE_FIELD[read.action].work(body, clockworks),
    )


def _clocking(item: dict[str, Any]) -> Clocking:
    read, body = read_clocking(item)
    return Clocking(
        id=read.id,
        at=read.at,
        after=read.after,
        digest=_digest(item),
        way="in" if read.action == "clock_in" else "out",
        point=body.position.point(),
    )


def _digest(item: dict[str, Any]) -> bytes:
    return hashlib.sha256(json.dumps(item, sort_keys=True).encode()).digest()


def _case_of(item: dict[str, Any]) -> str:
    """Return the id of the case in one spelling, so that all items about it are one group."""
    text = str(item.get("complaint_id"))
    try:
        return str(UUID(text))
    except ValueError:
        return text


def _shown(duty: Row) -> dict[str, Any]:
    return DutyView.of(duty).model_dump(mode="json")


def _problem_of(error: DispatchError | RosterError) -> Problem:
    return roster_problems.problem_of(error) if isinstance(error, RosterError) else problem_of(error)


def _refused(problem: Problem, request: Request) -> Result:
    return Result("refused", answer={"problem": _explained(problem, request)})


def _explained(problem: Problem, request: Request) -> dict[str, Any]:
    explained: dict[str, Any] = json.loads(bytes(response_to(problem, request).body))
    return explained


def _view(item: dict[str, Any], result: Result) -> SyncResult:
    return SyncResult.model_validate(
        {
            "id": item.get("id"),
            "complaint_id": item.get("complaint_id"),
            "outcome": result.outcome,
            "repeated": result.repeated,
            **result.answer,
        }
    )
