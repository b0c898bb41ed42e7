"""Ends a complaint that dispatch works on: intake asks, dispatch decides under its lock, so exactly one side wins."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from contracts.events import ReleaseEnding, ReleaseRequested
from contracts.lifecycle import RELEASE_ENDINGS, EventType, IllegalTransition, Status, next_status
from contracts.topics import LIFECYCLE
from eventbus import outbox
from intake_service.persistence.own_events import event_about
from intake_service.persistence.tables import complaint as table
from intake_service.service.conversing import lock_spoken_of
from intake_service.service.voices import Voice
from operations.problems import illegal_transition
from runtime import clock, etag
from runtime.problems import Problem

PATIENCE_SECONDS = 5.0
_PAUSE_SECONDS = 0.04
_WITHDRAWAL_REFUSALS = {
    Status.WITHDRAWN: "withdrawn-already",
    Status.REJECTED: "withdrawal-of-ended",
    Status.VOIDED: "withdrawal-of-ended",
    Status.TRANSFERRED: "withdrawal-elsewhere",
}
"""What the reporter is told, who can do something else in each of these; in all others it is too late."""


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


async def end(engine: AsyncEngine, complaint_id: UUID, voice: Voice, ending: Ending, if_match: int | None) -> Outcome:
    """Ask dispatch to let go of the complaint and wait up to PATIENCE_SECONDS for its word.

    Raises Problem: 404 unless the voice is its reporter's or an operator's, 409 with the present state where the work
    is too far on, 409 `release-underway` where another ending waits for dispatch's word, 412 for a stale `if_match`. A
    request for the same ending that waits already is joined, not doubled.
    """
    async with engine.begin() as connection:
        row = await lock_spoken_of(connection, complaint_id, voice)
        request = await ask(connection, row, voice.actor, ending, if_match)
    return await outcome_of(engine, row, ending.kind, request)


async def outcome_of(engine: AsyncEngine, asked_of: Any, kind: ReleaseEnding, request: UUID) -> Outcome:
    """Wait up to PATIENCE_SECONDS for dispatch's word on a request. Raises Problem 409 where it was refused."""
    present = sa.select(table).where(table.c.id == asked_of.id, table.c.tenant == asked_of.tenant)
    deadline = asyncio.get_running_loop().time() + PATIENCE_SECONDS
    while True:
        async with engine.connect() as connection:
            row = (await connection.execute(present)).one()
        if row.release_request != request or row.release_state == "refused":
            raise _too_far(row, kind)
        if row.release_state == "granted":
            return Outcome("done", row.status, row.version)
        if asyncio.get_running_loop().time() >= deadline:
            return Outcome("requested", row.status, row.version)
        await asyncio.sleep(_PAUSE_SECONDS)


async def ask(connection: AsyncConnection, row: Any, actor: str, ending: Ending, if_match: int | None) -> UUID:
    """Note the request for a locked complaint, hand it to the outbox, in the caller's transaction, and return its id.

    Raises Problem like `end`, but that nothing is said of dispatch's word.
    """
    etag.check(if_match, row.version)
    if row.release_state == "requested":
        return _joined(row, ending)
    try:
        next_status(Status(row.status), RELEASE_ENDINGS[ending.kind])
    except IllegalTransition as error:
        raise _too_far(row, ending.kind) from error
    data = ReleaseRequested(actor=actor, ending=ending.kind, reason=ending.reason)
    event = event_about(row.tenant, row.id, row.sequence + 1, EventType.RELEASE_REQUESTED, data, clock.now())
    await connection.execute(
        sa.update(table)
        .where(table.c.id == row.id, table.c.tenant == row.tenant)
        .values(
            sequence=event.sequence,
            release_request=event.id,
            release_state="requested",
            release_actor=actor,
            release_reason=ending.reason,
            release_ending=ending.kind,
            release_data=dict(ending.data) or None,
        )
    )
    await outbox.append(connection, LIFECYCLE.name, [event])
    return event.id


def _joined(row: Any, ending: Ending) -> UUID:
    """Return the request that waits, where it is for the same ending."""
    waiting = (row.release_ending or "withdrawn", row.release_data or {})
    if waiting != (ending.kind, ending.data):
        raise illegal_transition(row.status, row.version, "release-underway")
    return UUID(str(row.release_request))


def _too_far(row: Any, kind: ReleaseEnding) -> Problem:
    if kind != "withdrawn":
        return illegal_transition(row.status, row.version)
    return illegal_transition(row.status, row.version, _WITHDRAWAL_REFUSALS.get(row.status, "withdrawal-too-late"))
