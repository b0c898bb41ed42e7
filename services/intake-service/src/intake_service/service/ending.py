"""Ends a complaint that dispatch works on: intake asks, dispatch decides under its lock, so exactly one side wins."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from contracts.envelope import Event
from contracts.events import ReleaseEnding, ReleaseRequested
from contracts.lifecycle import RELEASE_ENDINGS, EventType, IllegalTransition, Status, next_status
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
class Ending:
    """How a complaint is to end, and what its event says of it besides who wished it."""

    kind: ReleaseEnding
    reason: str | None = None
    data: Mapping[str, Any] = field(default_factory=dict)
    """Further fields of its event's payload, as JSON has them; the step that reporters see has them too."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a request for an ending stands."""

    state: Literal["done", "requested"]
    status: str
    version: int


async def end(engine: AsyncEngine, complaint_id: UUID, caller: Caller, ending: Ending, if_match: int | None) -> Outcome:
    """Ask dispatch to let go of the complaint and wait up to PATIENCE_SECONDS for its word.

    Raises Problem: 404 unless the caller is its reporter or an operator, 409 with the present state where the work is
    too far on, 409 `release-underway` where another ending waits for dispatch's word, 412 for a stale `if_match`. A
    request for the same ending that waits already is joined, not doubled.
    """
    async with engine.begin() as connection:
        request = await ask(connection, complaint_id, caller, ending, if_match)
    return await outcome_of(engine, complaint_id, caller.tenant, request)


async def outcome_of(engine: AsyncEngine, complaint_id: UUID, tenant: str, request: UUID) -> Outcome:
    """Wait up to PATIENCE_SECONDS for dispatch's word on a request. Raises Problem 409 where it was refused."""
    present = sa.select(table).where(table.c.id == complaint_id, table.c.tenant == tenant)
    deadline = asyncio.get_running_loop().time() + PATIENCE_SECONDS
    while True:
        async with engine.connect() as connection:
            row = (await connection.execute(present)).one()
        if row.release_request != request or row.release_state == "refused":
            raise _too_far(row)
        if row.release_state == "granted":
            return Outcome("done", row.status, row.version)
        if asyncio.get_running_loop().time() >= deadline:
            return Outcome("requested", row.status, row.version)
        await asyncio.sleep(_PAUSE_SECONDS)


async def ask(
    connection: AsyncConnection, complaint_id: UUID, caller: Caller, ending: Ending, if_match: int | None
) -> UUID:
    """Note the request and hand it to the outbox, in the caller's transaction; return its id.

    Raises Problem like `end`, but that nothing is said of dispatch's word.
    """
    query = sa.select(table).where(table.c.id == complaint_id, table.c.tenant == caller.tenant)
    if not caller.has(Role.OPERATOR):
        query = query.where(table.c.owner == caller.subject)
    row = (await connection.execute(query.with_for_update())).one_or_none()
    if row is None:
        raise not_found()
    etag.check(if_match, row.version)
    if row.release_state == "requested":
        return _joined(row, ending)
    try:
        next_status(Status(row.status), RELEASE_ENDINGS[ending.kind])
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
            release_reason=ending.reason,
            release_ending=ending.kind,
            release_data=dict(ending.data) or None,
        )
    )
    await outbox.append(connection, LIFECYCLE.name, [_event(event_id, row, caller, ending)])
    return event_id


def _joined(row: Any, ending: Ending) -> UUID:
    """Return the request that waits, where it is for the same ending."""
    waiting = (row.release_ending or "withdrawn", row.release_data or {})
    if waiting != (ending.kind, ending.data):
        raise illegal_transition(row.status, row.version, "release-underway")
    return UUID(str(row.release_request))


def _event(event_id: UUID, row: Any, caller: Caller, ending: Ending) -> Event:
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
        data=ReleaseRequested(actor=caller.subject, ending=ending.kind, reason=ending.reason),
    )


def _too_far(row: Any) -> Problem:
    return illegal_transition(row.status, row.version)
