"""What units have asked for, and supervision orders."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from dispatch_service.domain.case import Case
from dispatch_service.domain.errors import RequestNotFound, RequestOpen
from dispatch_service.domain.requests import RequestKind
from dispatch_service.persistence.rows import Row, as_rows
from dispatch_service.persistence.tables import case_request, dispatch_case, supervision_order


def of_cases(table: sa.Table, order: str = "id") -> sa.ColumnElement[Any]:
    """Return the rows of `table` about a case of the statement around it as a JSON array, by the column `order`."""
    rows = (
        sa.select(sa.func.jsonb_agg(sa.text(f"to_jsonb({table.name}) ORDER BY {table.name}.{order}")))
        .select_from(table)
        .where(table.c.complaint_id == dispatch_case.c.complaint_id, table.c.tenant == dispatch_case.c.tenant)
        .correlate(dispatch_case)
        .scalar_subquery()
    )
    return sa.type_coerce(sa.func.coalesce(rows, sa.text("'[]'::jsonb")), JSONB)


async def open_request(connection: AsyncConnection, request: Mapping[str, Any]) -> None:
    """Store a request; RequestOpen where one of the same kind about the case is open."""
    statement = (
        insert(case_request).values(**request, state="open").on_conflict_do_nothing().returning(case_request.c.id)
    )
    if (await connection.execute(statement)).one_or_none() is None:
        raise RequestOpen


async def find_open(connection: AsyncConnection, tenant: str, complaint_id: UUID, kind: RequestKind) -> UUID:
    """Return the id of the open request of that kind about a case; RequestNotFound where there is none."""
    columns = case_request.c
    statement = sa.select(columns.id).where(
        columns.complaint_id == complaint_id,
        columns.tenant == tenant,
        columns.kind == kind.value,
        columns.state == "open",
    )
    return UUID(str(_the_one(as_rows(await connection.execute(statement)))["id"]))


async def lock_request(
    connection: AsyncConnection, tenant: str, complaint_id: UUID, kind: RequestKind, request_id: UUID
) -> Row:
    """Return a request of a case that is locked; RequestNotFound where there is none."""
    columns = case_request.c
    statement = sa.select(case_request).where(
        columns.id == request_id,
        columns.tenant == tenant,
        columns.complaint_id == complaint_id,
        columns.kind == kind.value,
    )
    return _the_one(as_rows(await connection.execute(statement.with_for_update())))


async def settle(
    connection: AsyncConnection,
    request_id: UUID,
    *,
    state: str,
    actor: str,
    now: datetime,
    note: str | None,
    next_team: str | None = None,
) -> None:
    """Note how a locked request was decided, and to which team the case went with it."""
    await connection.execute(
        sa.update(case_request)
        .where(case_request.c.id == request_id)
        .values(state=state, decided_by=actor, decided_at=now, note=note, next_team=next_team)
    )


async def drop_open(connection: AsyncConnection, case: Case, actor: str, now: datetime) -> None:
    """Drop what was asked for about a locked case and is not decided: the unit that asked has it no longer."""
    columns = case_request.c
    await connection.execute(
        sa.update(case_request)
        .where(columns.complaint_id == case.complaint_id, columns.tenant == case.tenant, columns.state == "open")
        .values(state="dropped", decided_by=actor, decided_at=now)
    )


async def returned_by(connection: AsyncConnection, case: Case) -> Sequence[str]:
    """Return the teams that have given a case back in its present round, once for each time."""
    columns = case_request.c
    statement = sa.select(columns.team).where(
        columns.complaint_id == case.complaint_id,
        columns.tenant == case.tenant,
        columns.round == case.round,
        columns.kind == RequestKind.RETURN.value,
        columns.state == "approved",
    )
    return (await connection.execute(statement.order_by(columns.id))).scalars().all()


async def given_back(connection: AsyncConnection, cases: Sequence[Case]) -> set[UUID]:
    """Return those of locked cases that their teams have given back in the present round, and have not got again since.

    A constant number of statements.
    """
    if not cases:
        return set()
    columns, about = case_request.c, dispatch_case.c
    statement = (
        sa.select(columns.complaint_id)
        .join(dispatch_case, sa.and_(about.complaint_id == columns.complaint_id, about.tenant == columns.tenant))
        .where(
            sa.tuple_(columns.tenant, columns.complaint_id).in_([(case.tenant, case.complaint_id) for case in cases]),
            columns.round == about.round,
            columns.team == about.team,
            columns.kind == RequestKind.RETURN.value,
            columns.state == "approved",
            columns.decided_at > about.assigned_at,
        )
    )
    return set((await connection.execute(statement)).scalars())


async def lapse_extensions(connection: AsyncConnection, case: Case, now: datetime) -> None:
    """Note that the extensions of a locked case hold no more: all its times go by another grade."""
    columns = case_request.c
    await connection.execute(
        sa.update(case_request)
        .where(
            columns.complaint_id == case.complaint_id,
            columns.tenant == case.tenant,
            columns.kind == RequestKind.EXTENSION.value,
            columns.state == "approved",
            columns.lapsed_at.is_(None),
        )
        .values(lapsed_at=now)
    )


async def page(
    connection: AsyncConnection, tenant: str, wanted: Mapping[str, str | None], *, after: UUID | None, size: int
) -> Sequence[Row]:
    """Return up to `size` requests of `tenant` whose columns have the values of `wanted`, the oldest first."""
    conditions = [case_request.c[name] == value for name, value in wanted.items() if value is not None]
    if after is not None:
        conditions.append(case_request.c.id > after)
    statement = sa.select(case_request).where(case_request.c.tenant == tenant, *conditions)
    return as_rows(await connection.execute(statement.order_by(case_request.c.id).limit(size)))


async def add_order(connection: AsyncConnection, order: Mapping[str, Any]) -> None:
    """Store a supervision order."""
    await connection.execute(sa.insert(supervision_order).values(**order))


async def lock_order(connection: AsyncConnection, tenant: str, complaint_id: UUID, order_id: UUID) -> Row:
    """Return an order about a case that is locked; RequestNotFound where there is none."""
    columns = supervision_order.c
    statement = sa.select(supervision_order).where(
        columns.id == order_id, columns.tenant == tenant, columns.complaint_id == complaint_id
    )
    return _the_one(as_rows(await connection.execute(statement.with_for_update())))


async def reply(connection: AsyncConnection, order_id: UUID, *, text: str, actor: str, now: datetime) -> None:
    """Note the unit's answer to a locked order."""
    await connection.execute(
        sa.update(supervision_order)
        .where(supervision_order.c.id == order_id)
        .values(reply=text, replied_by=actor, replied_at=now, answer_told=True)
    )


async def withdraw(connection: AsyncConnection, order_id: UUID, *, reason: str, actor: str, now: datetime) -> None:
    """Note that a locked order needs no answer any more."""
    await connection.execute(
        sa.update(supervision_order)
        .where(supervision_order.c.id == order_id)
        .values(withdrawal_reason=reason, withdrawn_by=actor, withdrawn_at=now)
    )


def _the_one(rows: Sequence[Row]) -> Row:
    if not rows:
        raise RequestNotFound
    return rows[0]
