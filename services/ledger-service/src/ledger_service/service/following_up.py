"""Follow-up tasks 回访: calls, decisions of supervisors, and tasks that somebody wants."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

import msgspec
from prometheus_client import Gauge
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from contracts.envelope import Event
from contracts.lifecycle import EventType, next_status
from ledger_service.domain import follow_ups as domain
from ledger_service.domain.calls import Call
from ledger_service.domain.closing import Occasion
from ledger_service.domain.complaint import Complaint
from ledger_service.domain.entry_types import OwnType
from ledger_service.domain.errors import FollowUpExists
from ledger_service.domain.follow_ups import LIVE, Decision, Kind, State, Task
from ledger_service.domain.gates import close_by_hand
from ledger_service.persistence import follow_ups, own_entries
from ledger_service.persistence.own_entries import OwnEntry
from ledger_service.service.rule_books import rule_of
from runtime.clock import now

OVERDUE = Gauge("jieban_follow_ups_overdue", "Follow-up tasks that nobody has done in time, of all tenants", ["kind"])


class UnknownTask(Exception):
    """There is no such task about the complaint."""


class Ruling(NamedTuple):
    """A supervisor's decision about a task."""

    decision: Decision
    actor: str
    reason: str


@dataclass(frozen=True, slots=True)
class Wish:
    """A call that somebody wants."""

    id: UUID
    actor: str
    note: str
    due_at: datetime | None


async def call(
    connection: AsyncConnection, complaint: Complaint, task_id: UUID, said: Call, occasion: Occasion, window: timedelta
) -> list[Event]:
    """Return the events of a call (see `domain.follow_ups.call`), and note when to try again.

    `window` is that of reopenings. Raises UnknownTask too.
    """
    task = await _locked(connection, complaint, task_id)
    rule = await rule_of(connection, complaint)
    events = domain.call(complaint, task, said, occasion, rule=rule, window=window)
    await follow_ups.put_off(connection, complaint.tenant, task_id, said.next_at)
    return events


async def decide(
    connection: AsyncConnection,
    complaint: Complaint,
    task_id: UUID,
    ruling: Ruling,
    occasion: Occasion,
    window: timedelta,
) -> list[Event]:
    """Return the events of a supervisor's decision (see `domain.follow_ups.decide`), and note it at the task.

    Where it leaves things as they are, it is an entry of its own about the task. Raises UnknownTask too.
    """
    task = await _locked(connection, complaint, task_id)
    rule = await rule_of(connection, complaint)
    events = domain.decide(complaint, task, occasion, **ruling._asdict(), rule=rule, window=window)
    await follow_ups.decided(
        connection,
        complaint.tenant,
        task_id,
        ruling.decision,
        actor=ruling.actor,
        reason=ruling.reason,
        at=occasion.at,
    )
    if not events:
        await own_entries.append(connection, [_entry(complaint, task, ruling, occasion)])
    return events


async def wish(connection: AsyncConnection, complaint: Complaint, wanted: Wish, occasion: Occasion) -> None:
    """Have the reporter called about a closed complaint.

    Raises IllegalTransition unless it is closed, FollowUpExists where they are to be called already.
    """
    next_status(complaint.status, EventType.FEEDBACK_RECEIVED)
    if any(task.state in LIVE for task in await follow_ups.of_round(connection, complaint)):
        raise FollowUpExists
    rule = await rule_of(connection, complaint)
    row = {
        "tenant": complaint.tenant,
        "id": wanted.id,
        "complaint_id": complaint.id,
        "round": complaint.round,
        "kind": Kind.MANUAL,
        "created_at": occasion.at,
        "due_at": wanted.due_at or occasion.at + timedelta(hours=rule.calls.due_hours),
        "most_attempts": rule.calls.attempts,
        "asked_by": wanted.actor,
        "note": wanted.note,
    }
    await follow_ups.add(connection, row)


async def close(connection: AsyncConnection, complaint: Complaint, occasion: Occasion) -> list[Event]:
    """Return the closing of a complaint whose gates are all passed (see `domain.gates.close_by_hand`)."""
    tasks: Sequence[Task] = await follow_ups.of_round(connection, complaint)
    is_called = any(task.kind is Kind.GATE and task.state is State.DONE for task in tasks)
    return [close_by_hand(complaint, await rule_of(connection, complaint), occasion, is_called=is_called)]


async def count_overdue(engine: AsyncEngine) -> None:
    """Set the metric."""
    async with engine.connect() as connection:
        found = await follow_ups.overdue(connection, now())
    for kind in Kind:
        OVERDUE.labels(kind).set(found.get(kind, 0))


async def _locked(connection: AsyncConnection, complaint: Complaint, task_id: UUID) -> Task:
    task = await follow_ups.lock(connection, complaint, task_id)
    if task is None:
        raise UnknownTask
    return task


def _entry(complaint: Complaint, task: Task, ruling: Ruling, occasion: Occasion) -> OwnEntry:
    said = {"complaint_id": str(complaint.id), "decision": ruling.decision, "reason": ruling.reason}
    return OwnEntry(
        tenant=complaint.tenant,
        event_id=occasion.new_id(),
        type=OwnType.REVIEW_DECIDED,
        subject=task.id,
        sequence=1,
        actor=ruling.actor,
        occurred_at=occasion.at,
        data=msgspec.json.encode(said).decode(),
    )
