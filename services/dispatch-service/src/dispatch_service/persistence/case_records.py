"""What has happened to a locked case: conferences, transfers, orders of rectification, contributions."""

from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from dispatch_service.domain.case import Case
from dispatch_service.persistence.rows import Row, as_rows
from runtime.ids import uuid7


async def add(connection: AsyncConnection, table: sa.Table, case: Case, **values: object) -> None:
    """Store a record of the present round."""
    about = {"id": uuid7(), "tenant": case.tenant, "complaint_id": case.complaint_id, "round": case.round}
    await connection.execute(sa.insert(table).values(**about, **values))


async def count(connection: AsyncConnection, table: sa.Table, case: Case) -> int:
    """Return how many records of the present round there are."""
    statement = sa.select(sa.func.count()).select_from(table).where(*_of_round(table, case))
    return int((await connection.execute(statement)).scalar_one())


async def newest(connection: AsyncConnection, table: sa.Table, case: Case) -> Row:
    """Return the newest record of the present round, which is there."""
    statement = sa.select(table).where(*_of_round(table, case)).order_by(table.c.id.desc()).limit(1)
    (row,) = as_rows(await connection.execute(statement))
    return row


async def change(connection: AsyncConnection, table: sa.Table, record_id: UUID, **values: object) -> None:
    """Note what became of a record."""
    await connection.execute(sa.update(table).where(table.c.id == record_id).values(**values))


async def end_left(connection: AsyncConnection, table: sa.Table, case: Case, **values: object) -> None:
    """End what is open of a locked case that can have nothing open: an older release left it when the case ended."""
    columns = table.c
    mine = (columns.complaint_id == case.complaint_id, columns.tenant == case.tenant, columns.state == "open")
    await connection.execute(sa.update(table).where(*mine).values(**values))


def _of_round(table: sa.Table, case: Case) -> tuple[sa.ColumnElement[Any], ...]:
    columns = table.c
    return (
        columns.complaint_id == case.complaint_id,
        columns.tenant == case.tenant,
        columns.round == case.round,
    )
