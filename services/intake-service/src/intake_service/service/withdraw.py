"""Takes a complaint back: intake asks, dispatch decides under its lock, so that exactly one side of a race wins."""

import asyncio
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from contracts.envelope import Event
from contracts.events import ReleaseRequested
from contracts.lifecycle import EventType, IllegalTransition, Status, next_status
from contracts.roles import Role
from contracts.topics import LIFECYCLE
from eventbus import outbox
from intake_service.persistence.tables import complaint as table
from operations.problems import illegal_transition, not_found
from runtime import clock, etag
from runtime.auth import Caller
from runtime.ids import uuid7
from runtime.problems import Problem
from runtime.tracing import current_traceparent

PATIENCE_SECONDS = 5.0
_PAUSE_SECONDS = 0.04


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """How a request to withdraw stands."""

    outcome: Literal["withdrawn", "requested"]
    status: str
    version: int


async def withdraw(
    engine: AsyncEngine, complaint_id: UUID, caller: Caller, reason: str | None, if_match: int | None
) -> Withdrawal:
    """Ask dispatch to let go of the complaint and wait up to PATIENCE_SECONDS for its word.

    Raises Problem: 404 unless the caller is its reporter or an operator, 409 with the present state where the work is
    too far on, 412 for a stale `if_match`. A request that waits already is joined, not doubled.
    """
    async with engine.begin() as connection:
        request = await _request(connection, complaint_id, caller, reason, if_match)
    present = sa.select(table).where(table.c.id == complaint_id, table.c.tenant == caller.tenant)
    deadline = asyncio.get_running_loop().time() + PATIENCE_SECONDS
    while True:
        async with engine.connect() as connection:
            row = (await connection.execute(present)).one()
        if row.release_request != request or row.release_state == "refused":
            raise _too_far(row)
        if row.release_state == "granted":
            return Withdrawal("withdrawn", row.status, row.version)
        if asyncio.get_running_loop().time() >= deadline:
            return Withdrawal("requested", row.status, row.version)
        await asyncio.sleep(_PAUSE_SECONDS)


async def _request(
    connection: AsyncConnection, complaint_id: UUID, caller: Caller, reason: str | None, if_match: int | None
) -> UUID:
    query = sa.select(table).where(table.c.id == complaint_id, table.c.tenant == caller.tenant)
    if not caller.has(Role.OPERATOR):
        query = query.where(table.c.owner == caller.subject)
    row = (await connection.execute(query.with_for_update())).one_or_none()
    if row is None:
        raise not_found()
    etag.check(if_match, row.version)
    if row.release_state == "requested":
        return UUID(str(row.release_request))
    try:
        next_status(Status(row.status), EventType.WITHDRAWN)
    except IllegalTransition as error:
        raise _too_far(row) from error
    event_id = uuid7()
    await connection.execute(
        sa.update(table)
        .where(table.c.id == complaint_id, table.c.tenant == caller.tenant)
        .values(
            sequence=row.sequence + 1,
            release_request=event_id,
            release_state="requested",
            release_actor=caller.subject,
            release_reason=reason,
        )
    )
    await outbox.append(connection, LIFECYCLE.name, [_event(event_id, row, caller, reason)])
    return event_id


def _event(event_id: UUID, row: Any, caller: Caller, reason: str | None) -> Event:
    return Event(
        id=event_id,
        type=EventType.RELEASE_REQUESTED,
        source="intake",
        subject=row.id,
        tenant=caller.tenant,
        time=clock.now(),
        sequence=row.sequence + 1,
        correlation_id=event_id,
        causation_id=None,
        traceparent=current_traceparent(),
        data=ReleaseRequested(actor=caller.subject, ending="withdrawn", reason=reason),
    )


def _too_far(row: Any) -> Problem:
    return illegal_transition(row.status, row.version)
