"""What officers' devices have sent, each action under the id that the device gave it."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from dispatch_service.persistence.cases import SELECT
from dispatch_service.persistence.rows import Row, as_rows
from dispatch_service.persistence.tables import dispatch_case, offline_action

_ACTION = offline_action.c
_SIZE = 5_000
_PRESENT = SELECT.where(
    dispatch_case.c.complaint_id == sa.bindparam("id"), dispatch_case.c.tenant == sa.bindparam("tenant")
)
_ONE_AT_A_TIME = sa.text("SELECT pg_advisory_xact_lock(hashtextextended(:sender, 0))")
_OLD = sa.text(f"""
    DELETE FROM offline_action WHERE (tenant, subject, id) IN (
        SELECT tenant, subject, id FROM offline_action WHERE applied_at < :before ORDER BY applied_at LIMIT {_SIZE})
""")


@dataclass(frozen=True, slots=True)
class Sender:
    """Whose device it is."""

    tenant: str
    subject: str


async def hold(connection: AsyncConnection, sender: Sender) -> None:
    """Let no other batch of the sender go on until the transaction ends.

    Two that use the same ids in another order would wait for each other's rows. It is held before any case is locked.
    """
    await connection.execute(_ONE_AT_A_TIME, {"sender": f"offline {sender.tenant} {sender.subject}"})


async def find(connection: AsyncConnection, sender: Sender, ids: Collection[UUID]) -> dict[UUID, Row]:
    """Return those of the actions that were sent before, by id."""
    statement = sa.select(offline_action).where(
        _ACTION.tenant == sender.tenant, _ACTION.subject == sender.subject, _ACTION.id.in_(ids)
    )
    return {row["id"]: row for row in as_rows(await connection.execute(statement))}


async def changes(connection: AsyncConnection, sender: Sender, complaint_id: UUID) -> dict[int, int]:
    """Return the version that each change of the sender's own has made of which version of a case."""
    statement = sa.select(_ACTION.from_version, _ACTION.to_version).where(
        _ACTION.complaint_id == complaint_id,
        _ACTION.tenant == sender.tenant,
        _ACTION.subject == sender.subject,
        _ACTION.to_version > _ACTION.from_version,
    )
    return {row.from_version: row.to_version for row in await connection.execute(statement)}


async def keep(connection: AsyncConnection, action: Mapping[str, Any]) -> bool:
    """Store an action with its answer; False where the sender has used its id before."""
    statement = insert(offline_action).values(**action).on_conflict_do_nothing().returning(_ACTION.id)
    return (await connection.execute(statement)).one_or_none() is not None


async def present(connection: AsyncConnection, tenant: str, complaint_id: UUID) -> Row:
    """Return a case that is there, with the name of its team."""
    rows = as_rows(await connection.execute(_PRESENT, {"id": complaint_id, "tenant": tenant}))
    return rows[0]


async def forget(connection: AsyncConnection, before: datetime) -> None:
    """Remove some of the actions that were applied before a moment, of all tenants."""
    await connection.execute(_OLD, {"before": before})
