"""What is done with a patrol: start, visits, completion, cancellation."""

from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Response
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.roles import Role
from dispatch_service.api.duty_requests import Officer
from dispatch_service.api.patrol_changing import Answer, Change, digest_of
from dispatch_service.api.patrol_schemas import (
    CompletionBody,
    PatrolDetail,
    ReasonBody,
    StartBody,
    VisitBody,
    VisitView,
)
from dispatch_service.api.patrols import shown
from dispatch_service.api.rosters import Planner
from dispatch_service.persistence import patrols
from dispatch_service.service import patrol_visiting, patrolling
from dispatch_service.service.patrolling import Doing
from runtime import clock
from runtime.auth import Caller
from runtime.etag import IfMatch, check
from runtime.ids import uuid7
from runtime.problems import PROBLEM_RESPONSES
from runtime.tracing import current_traceparent

router = APIRouter(prefix="/patrols/{patrol_id}", tags=["patrols"], responses=PROBLEM_RESPONSES)


class _Steps:
    """Who does something with the patrol of the path."""

    def __init__(self, patrol_id: UUID, if_match: int | None) -> None:
        self._patrol = patrol_id
        self._if_match = if_match

    def doing(self, caller: Caller) -> Doing:
        """Return it for the present moment."""
        return Doing(
            patrol=self._patrol,
            tenant=caller.tenant,
            actor=caller.subject,
            now=clock.now(),
            traceparent=current_traceparent(),
            check_version=partial(check, self._if_match),
        )


async def _steps(patrol_id: UUID, if_match: IfMatch) -> _Steps:
    return _Steps(patrol_id, if_match)


Steps = Annotated[_Steps, Depends(_steps)]


@router.post("/start", response_model=PatrolDetail)
async def start(patrol_id: UUID, body: StartBody, caller: Officer, change: Change, steps: Steps) -> Response:
    """Begin a patrol, from two hours before its window until its end.

    A missed patrol begins after all where a device that was offline brings a start `at` a moment within the window. 409
    `patrol-state` with the present state; 403 `not-your-patrol`; 422 `outside-window`, `moment-in-the-future`,
    `position-far-away`.
    """

    async def work(connection: AsyncConnection) -> Answer:
        here = None if body.position is None else body.position.point()
        await patrolling.start(connection, steps.doing(caller), body.at, here)
        return await shown(connection, caller.tenant, patrol_id)

    return await change.run(caller, work)


@router.post("/visits", status_code=201, response_model=VisitView)
async def visit(patrol_id: UUID, body: VisitBody, caller: Officer, change: Change, steps: Steps) -> Response:
    """Say that somebody was at a point, or what was seen on the way, and bring the evidence that the point asks for.

    A position beyond the point's radius is marked `far`, not refused; one that is more than 50 km from every grid is
    (422 `position-far-away`). So is an `at` more than four hours after the end of the patrol (`outside-window`). Other
    codes are `unknown-point`, `evidence-missing`, `before-start`, `moment-in-the-future`, and `id-reused` for another
    visit under the same `id`.
    """

    async def work(connection: AsyncConnection) -> Answer:
        doing = steps.doing(caller)
        given = {**body.row(), "id": body.id or uuid7(), "at": body.at or doing.now, "digest": digest_of(body)}
        row = await patrol_visiting.visit(connection, doing, given)
        patrol = await patrols.find(connection, caller.tenant, patrol_id)
        location = f"/dispatch/v1/patrols/{patrol_id}"
        return Answer(VisitView.model_validate(row), patrol["version"], location)

    return await change.run(caller, work)


@router.post("/completion", response_model=PatrolDetail)
async def complete(patrol_id: UUID, body: CompletionBody, caller: Officer, change: Change, steps: Steps) -> Response:
    """End a patrol; it becomes an activity of the ledger 活动.

    422 `points-not-visited` where required points were left out and no reason is given; a visit that is `far` is none.
    422 `outside-window` for an `at` more than four hours after its end.
    """

    async def work(connection: AsyncConnection) -> Answer:
        doing = steps.doing(caller)
        await patrolling.complete(connection, doing, body.at, note=body.note, reason=body.reason)
        return await shown(connection, caller.tenant, patrol_id)

    return await change.run(caller, work)


@router.post("/cancellation", response_model=PatrolDetail)
async def cancel(patrol_id: UUID, body: ReasonBody, caller: Planner, change: Change, steps: Steps) -> Response:
    """Call a patrol off. A supervisor may also undo one that is done; its activity is voided then."""

    async def work(connection: AsyncConnection) -> Answer:
        doing = steps.doing(caller)
        await patrolling.cancel(connection, doing, body.reason, supervises=caller.has(Role.SUPERVISOR))
        return await shown(connection, caller.tenant, patrol_id)

    return await change.run(caller, work)
