"""Patrols. Whoever does something with one holds its row, which decides every race."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from dispatch_service.domain.patrol import LONGEST
from dispatch_service.domain.patrol_errors import PatrolNotFound
from dispatch_service.persistence.patrol_tables import patrol
from dispatch_service.persistence.rows import Row, as_rows

_DUE = sa.text("""
    UPDATE patrol SET state = 'missed', version = version + 1, due_at = NULL, ended_at = statement_timestamp()
    FROM (SELECT tenant, id FROM patrol WHERE due_at <= statement_timestamp()
          ORDER BY due_at LIMIT :size FOR UPDATE SKIP LOCKED) AS due
    WHERE patrol.tenant = due.tenant AND patrol.id = due.id
""")
_OLDEST_DUE = sa.text("""
    SELECT coalesce(extract(epoch FROM statement_timestamp() - min(due_at)), 0) FROM patrol
    WHERE due_at <= statement_timestamp()
""")


@dataclass(frozen=True, slots=True, kw_only=True)
class PatrolFilter:
    """What a list of patrols is narrowed down to; None leaves it as it is."""

    begins_from: datetime | None = None
    """Patrols that end after this moment."""
    begins_to: datetime | None = None
    """Patrols that begin before this moment."""
    day: date | None = None
    team: str | None = None
    officer: str | None = None
    """Who started it or is named for it."""
    state: str | None = None
    kind: str | None = None
    plan: UUID | None = None


async def add_planned(connection: AsyncConnection, rows: Sequence[Row]) -> int:
    """Write the patrols of plans in one statement, but for days that have theirs; return how many are new.

    All rows have the same columns.
    """
    if not rows:
        return 0
    names = ", ".join(rows[0])
    statement = sa.text(f"""
        INSERT INTO patrol ({names})
        SELECT {names} FROM jsonb_populate_recordset(CAST(NULL AS patrol), CAST(:rows AS jsonb)) ON CONFLICT DO NOTHING
    """)
    values = json.dumps([dict(row) for row in rows], default=str, ensure_ascii=False)
    return int((await connection.execute(statement, {"rows": values})).rowcount)


async def add(connection: AsyncConnection, row: Row) -> None:
    """Write a patrol, unless one with its id is there: the id may be a client's."""
    await connection.execute(insert(patrol).values(**row).on_conflict_do_nothing())


async def look_up(connection: AsyncConnection, tenant: str, patrol_id: UUID, *, lock: bool = False) -> Row | None:
    """Return a patrol, or None; with `lock`, locked until the transaction ends."""
    statement = sa.select(patrol).where(patrol.c.tenant == tenant, patrol.c.id == patrol_id)
    rows = as_rows(await connection.execute(statement.with_for_update() if lock else statement))
    return rows[0] if rows else None


async def find(connection: AsyncConnection, tenant: str, patrol_id: UUID, *, lock: bool = False) -> Row:
    """Do the same, but raise PatrolNotFound where there is none."""
    row = await look_up(connection, tenant, patrol_id, lock=lock)
    if row is None:
        raise PatrolNotFound
    return row


async def change(connection: AsyncConnection, present: Row, **values: Any) -> Row:
    """Change a locked patrol and return it as it is then, one version on."""
    changed = {**values, "version": present["version"] + 1}
    key = (patrol.c.tenant == present["tenant"], patrol.c.id == present["id"])
    await connection.execute(sa.update(patrol).where(*key).values(**changed))
    return {**present, **changed}


async def drop_planned(connection: AsyncConnection, tenant: str, plan: UUID, now: datetime) -> None:
    """Remove a plan's patrols that have not begun; what was cancelled stays."""
    columns = patrol.c
    conditions = (columns.tenant == tenant, columns.plan == plan, columns.state == "planned", columns.begins_at > now)
    await connection.execute(sa.delete(patrol).where(*conditions))


async def miss_due(connection: AsyncConnection, size: int) -> int:
    """Mark up to `size` patrols as missed whose time is over; those that others hold are left to them."""
    return int((await connection.execute(_DUE, {"size": size})).rowcount)


async def oldest_due_seconds(connection: AsyncConnection) -> float:
    """Return for how long the oldest patrol has been over and not marked; 0 where none is."""
    return float((await connection.execute(_OLDEST_DUE)).scalar_one())


async def page(
    connection: AsyncConnection, tenant: str, wanted: PatrolFilter, *, after: tuple[datetime, UUID] | None, size: int
) -> Sequence[Row]:
    """Return up to `size` patrols behind `after` in the order of their begin."""
    columns = patrol.c
    statement = sa.select(patrol).where(columns.tenant == tenant, *_conditions(wanted))
    if after is not None:
        statement = statement.where(sa.tuple_(columns.begins_at, columns.id) > sa.tuple_(*map(sa.literal, after)))
    return as_rows(await connection.execute(statement.order_by(columns.begins_at, columns.id).limit(size)))


def _conditions(wanted: PatrolFilter) -> list[sa.ColumnElement[bool]]:
    columns = patrol.c
    conditions = [
        columns[name] == getattr(wanted, name)
        for name in ("day", "team", "state", "kind", "plan")
        if getattr(wanted, name) is not None
    ]
    if wanted.officer is not None:
        conditions.append(sa.or_(columns.started_by == wanted.officer, columns.officers.contains([wanted.officer])))
    if wanted.begins_from is not None:
        conditions += [columns.begins_at > wanted.begins_from - LONGEST, columns.ends_at > wanted.begins_from]
    if wanted.begins_to is not None:
        conditions.append(columns.begins_at < wanted.begins_to)
    return conditions
