"""Reads follow-up tasks, and writes what people do with them besides calling."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.lifecycle import EventType
from ledger_service.domain.complaint import Complaint
from ledger_service.domain.follow_ups import Decision, Kind, State, Task
from ledger_service.persistence.categories import within
from ledger_service.persistence.closing_tables import LIVE
from ledger_service.persistence.stories import Row
from ledger_service.persistence.tables import entry, follow_up, ledger_complaint

_ABOUT = ("number", "status", "category", "source", "community", "closing_version")
_IS_LIVE = sa.literal_column(f"({LIVE})", sa.Boolean())
"""Written as the index of the queue has it."""
_CALLS = (Kind.GATE, Kind.SAMPLE, Kind.MANUAL)
_GATES_OF = f"""
    FROM ledger_complaint AS c
    WHERE c.tenant = task.tenant AND c.complaint_id = task.complaint_id AND task.kind = '{Kind.GATE}'
"""
_DROP_PASSED = sa.text(f"""
    UPDATE follow_up AS task SET state = 'dropped', done_at = coalesce(c.closed_at, now()), version = task.version + 1
    {_GATES_OF} AND task.{LIVE} AND (c.status <> 'verified' OR c.round <> task.round)
""")
_DECIDE_VAIN = sa.text(f"""
    UPDATE follow_up AS task SET state = 'supervisor', done_at = NULL, version = task.version + 1
    {_GATES_OF} AND task.state = 'done' AND c.status = 'verified' AND c.round = task.round
""")
_WITHOUT = sa.text(f"""
    SELECT c.tenant, c.complaint_id FROM ledger_complaint AS c
    WHERE c.status = 'verified' AND NOT EXISTS (
        SELECT FROM follow_up AS task WHERE task.tenant = c.tenant AND task.complaint_id = c.complaint_id
          AND task.kind = '{Kind.GATE}' AND task.round = c.round AND task.{LIVE})
      AND (c.tenant, c.complaint_id) > (:tenant, :after) ORDER BY c.tenant, c.complaint_id LIMIT :size
""")


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskFilter:
    """What a list is narrowed down to; None and False leave it as it is."""

    complaint: UUID | None = None
    """All tasks of a complaint; without one, those with which somebody still has to do something."""
    state: State | None = None
    kind: Kind | None = None
    category: str | None = None
    """With all levels below it."""
    source: str | None = None
    community: str | None = None
    claimed_by: str | None = None
    is_due: bool = False
    """Only those that are not put off."""
    is_overdue: bool = False


async def page(
    connection: AsyncConnection,
    tenant: str,
    wanted: TaskFilter,
    *,
    now: datetime,
    after: tuple[datetime, UUID] | None,
    size: int,
) -> Sequence[Row]:
    """Return up to `size` tasks, those that are due first before others, from behind `after`."""
    columns = follow_up.c
    statement = _tasks(tenant).where(*_conditions(wanted, now))
    if after is not None:
        statement = statement.where(sa.tuple_(columns.due_at, columns.id) > sa.tuple_(*map(sa.literal, after)))
    rows = await connection.execute(statement.order_by(columns.due_at, columns.id).limit(size))
    return [dict(row) for row in rows.mappings()]


async def one(connection: AsyncConnection, tenant: str, task_id: UUID) -> Row | None:
    """Return a task with what its complaint is about."""
    row = (await connection.execute(_tasks(tenant).where(follow_up.c.id == task_id))).mappings().one_or_none()
    return None if row is None else dict(row)


async def calls(connection: AsyncConnection, tenant: str, complaint_ids: Collection[UUID]) -> Sequence[Row]:
    """Return the entries of all calls about these complaints, in order, but those that were erased."""
    statement = (
        sa.select(entry)
        .where(
            entry.c.tenant == tenant,
            entry.c.complaint_id.in_(complaint_ids),
            entry.c.source == "ledger",
            entry.c.type == EventType.FOLLOWED_UP,
            entry.c.data.is_not(None),
        )
        .order_by(entry.c.position)
    )
    return [dict(row) for row in (await connection.execute(statement)).mappings()]


async def lock(connection: AsyncConnection, complaint: Complaint, task_id: UUID) -> Task | None:
    """Return a task about a locked complaint, locked as well until the transaction ends."""
    columns = follow_up.c
    statement = (
        sa.select(*(columns[name] for name in Task.__dataclass_fields__))
        .where(columns.tenant == complaint.tenant, columns.complaint_id == complaint.id, columns.id == task_id)
        .with_for_update()
    )
    row = (await connection.execute(statement)).mappings().one_or_none()
    return None if row is None else _task(row)


async def of_round(connection: AsyncConnection, complaint: Complaint) -> Sequence[Task]:
    """Return the calls about the present round of a complaint."""
    columns = follow_up.c
    statement = sa.select(*(columns[name] for name in Task.__dataclass_fields__)).where(
        columns.tenant == complaint.tenant,
        columns.complaint_id == complaint.id,
        columns.round == complaint.round,
        columns.kind.in_(_CALLS),
    )
    return [_task(row) for row in (await connection.execute(statement)).mappings()]


async def add(connection: AsyncConnection, row: Row) -> None:
    """Add a task that somebody wants."""
    await connection.execute(sa.insert(follow_up).values(**row))


async def claim(
    connection: AsyncConnection, tenant: str, task_id: UUID, *, actor: str, now: datetime, until: datetime
) -> bool:
    """Leave a live task to `actor` until then; False where a colleague has it."""
    columns = follow_up.c
    free = sa.or_(columns.claimed_until.is_(None), columns.claimed_until <= now, columns.claimed_by == actor)
    return await _change(connection, tenant, task_id, _IS_LIVE, free, claimed_by=actor, claimed_until=until)


async def release(connection: AsyncConnection, tenant: str, task_id: UUID, *, actor: str) -> bool:
    """Give a task back that `actor` has claimed; False where they have not."""
    is_theirs = follow_up.c.claimed_by == actor
    return await _change(connection, tenant, task_id, is_theirs, claimed_by=None, claimed_until=None)


async def put_off(connection: AsyncConnection, tenant: str, task_id: UUID, until: datetime | None) -> None:
    """Note when to try again; None: at any time."""
    await _change(connection, tenant, task_id, next_at=until)


async def put_right(connection: AsyncConnection) -> None:
    """Drop the calls before a closing of complaints that do not wait for one any more.

    Where the calls are over and it waits all the same, a supervisor has to decide.
    """
    await connection.execute(_DROP_PASSED)
    await connection.execute(_DECIDE_VAIN)


async def without_call(connection: AsyncConnection, after: tuple[str, UUID], size: int) -> Sequence[tuple[str, UUID]]:
    """Return tenants and ids of up to `size` complaints that wait for their closing, and nobody is to call.

    They are those behind the tenant and id of another, in this order.
    """
    values = {"tenant": after[0], "after": after[1], "size": size}
    return [(row.tenant, row.complaint_id) for row in await connection.execute(_WITHOUT, values)]


async def decided(
    connection: AsyncConnection,
    tenant: str,
    task_id: UUID,
    decision: Decision,
    *,
    actor: str,
    reason: str,
    at: datetime,
) -> None:
    """Note a supervisor's decision, which ends the task."""
    facts = {"decision": decision, "decided_by": actor, "reason": reason, "done_at": at}
    await _change(connection, tenant, task_id, state=State.DONE, claimed_by=None, claimed_until=None, **facts)


async def overdue(connection: AsyncConnection, now: datetime) -> dict[str, int]:
    """Count the tasks of all tenants that are overdue, by kind."""
    columns = follow_up.c
    statement = (
        sa.select(columns.kind, sa.func.count().label("number"))
        .where(_IS_LIVE, columns.due_at < now)
        .group_by(columns.kind)
    )
    return {row.kind: row.number for row in await connection.execute(statement)}


async def _change(
    connection: AsyncConnection, tenant: str, task_id: UUID, *conditions: sa.ColumnElement[bool], **values: Any
) -> bool:
    columns = follow_up.c
    statement = sa.update(follow_up).where(columns.tenant == tenant, columns.id == task_id, *conditions)
    changed = await connection.execute(statement.values(version=columns.version + 1, **values))
    return changed.rowcount > 0


def _tasks(tenant: str) -> sa.Select[Any]:
    about = [ledger_complaint.c[name] for name in _ABOUT]
    same = sa.and_(
        ledger_complaint.c.tenant == follow_up.c.tenant, ledger_complaint.c.complaint_id == follow_up.c.complaint_id
    )
    return sa.select(follow_up, *about).join(ledger_complaint, same).where(follow_up.c.tenant == tenant)


def _conditions(wanted: TaskFilter, now: datetime) -> list[sa.ColumnElement[bool]]:
    columns, about = follow_up.c, ledger_complaint.c
    conditions: list[sa.ColumnElement[bool]] = [
        _IS_LIVE if wanted.complaint is None else columns.complaint_id == wanted.complaint
    ]
    equal = {
        columns.state: wanted.state,
        columns.kind: wanted.kind,
        about.source: wanted.source,
        about.community: wanted.community,
    }
    conditions += [column == value for column, value in equal.items() if value is not None]
    if wanted.claimed_by is not None:
        conditions += [columns.claimed_by == wanted.claimed_by, columns.claimed_until > now]
    if wanted.category is not None:
        conditions.append(within(about.category, wanted.category))
    if wanted.is_due:
        conditions.append(sa.or_(columns.next_at.is_(None), columns.next_at <= now))
    if wanted.is_overdue:
        conditions.append(columns.due_at < now)
    return conditions


def _task(row: Any) -> Task:
    return Task(**{**row, "kind": Kind(row["kind"]), "state": State(row["state"])})
