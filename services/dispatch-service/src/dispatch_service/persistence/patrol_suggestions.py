"""Patrols that hot spots suggest: one for each, which follows the hot spot as long as it lives."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from dispatch_service.domain.patrol_errors import SuggestionNotFound
from dispatch_service.persistence.patrol_tables import patrol_suggestion
from dispatch_service.persistence.rows import Row, as_rows

_DECISION = ("decided_at", "decided_by", "reason", "patrol", "plan")


async def follow(connection: AsyncConnection, row: Row) -> None:
    """Keep what is said of a hot spot, unless something newer is kept; one that had ended is suggested anew.

    `row`: tenant, id, sequence, team, grid, community, lon, lat, hotspot, updated_at.
    """
    columns = patrol_suggestion.c
    statement = insert(patrol_suggestion).values(**row, version=1, state="open", suggested_at=row["updated_at"])
    had_ended = columns.ended_at.is_not(None)
    statement = statement.on_conflict_do_update(
        index_elements=["tenant", "id"],
        set_={
            **{name: statement.excluded[name] for name in row if name not in {"tenant", "id"}},
            "version": columns.version + 1,
            "state": sa.case((had_ended, "open"), else_=columns.state),
            "suggested_at": sa.case((had_ended, statement.excluded.suggested_at), else_=columns.suggested_at),
            "ended_at": None,
            **{name: sa.case((had_ended, None), else_=columns[name]) for name in _DECISION},
        },
        where=columns.sequence < statement.excluded.sequence,
    )
    await connection.execute(statement)


async def end(
    connection: AsyncConnection, tenant: str, hotspot: UUID, *, sequence: int, ended_at: datetime, now: datetime
) -> None:
    """Note that a hot spot has ended, which closes its suggestion if nobody has decided on it."""
    columns = patrol_suggestion.c
    statement = (
        sa.update(patrol_suggestion)
        .where(columns.tenant == tenant, columns.id == hotspot, columns.sequence < sequence)
        .values(
            version=columns.version + 1,
            sequence=sequence,
            state=sa.case((columns.state == "open", "ended"), else_=columns.state),
            ended_at=ended_at,
            updated_at=now,
        )
    )
    await connection.execute(statement)


async def find(connection: AsyncConnection, tenant: str, suggestion_id: UUID, *, lock: bool = False) -> Row:
    """Return a suggestion; with `lock`, locked until the transaction ends. Raises SuggestionNotFound."""
    columns = patrol_suggestion.c
    statement = sa.select(patrol_suggestion).where(columns.tenant == tenant, columns.id == suggestion_id)
    rows = as_rows(await connection.execute(statement.with_for_update() if lock else statement))
    if not rows:
        raise SuggestionNotFound
    return rows[0]


async def decide(connection: AsyncConnection, present: Row, **values: Any) -> None:
    """Note what was decided on a locked suggestion."""
    key = (patrol_suggestion.c.tenant == present["tenant"], patrol_suggestion.c.id == present["id"])
    await connection.execute(sa.update(patrol_suggestion).where(*key).values(version=present["version"] + 1, **values))


async def page(
    connection: AsyncConnection, tenant: str, wanted: Mapping[str, str | None], *, after: UUID | None, size: int
) -> Sequence[Row]:
    """Return up to `size` suggestions behind `after`. `wanted`: column names and what each must be; `category` too."""
    columns = patrol_suggestion.c
    known: dict[str, sa.ColumnElement[Any]] = {**columns, "category": columns.hotspot["category"].astext}
    conditions = [known[name] == value for name, value in wanted.items() if value is not None]
    if after is not None:
        conditions.append(columns.id > after)
    statement = sa.select(patrol_suggestion).where(columns.tenant == tenant, *conditions)
    return as_rows(await connection.execute(statement.order_by(columns.id).limit(size)))
