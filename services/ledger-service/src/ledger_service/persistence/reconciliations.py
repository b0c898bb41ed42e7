"""What the ledger asked the other services, and what they stated."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger_service.persistence.tables import metadata

_asked = metadata.tables["reconciliation"]
_stated = metadata.tables["reconciliation_statement"]
# one look at a time: of two replicas, one asks
_LOCK = sa.text("LOCK TABLE reconciliation IN SHARE ROW EXCLUSIVE MODE")
_DUE = sa.text("""
    SELECT coalesce((SELECT max(asked_at) FROM reconciliation),
                    (SELECT recorded_at FROM entry ORDER BY tenant, position LIMIT 1)) <= :before
""")
_OLDEST = sa.text("""
    SELECT coalesce(extract(epoch FROM :at - (
        SELECT min(answered) FROM (
            SELECT coalesce((SELECT max(asked_at) FROM reconciliation JOIN reconciliation_statement AS stated
                             ON stated.reconciliation = reconciliation.id WHERE service = name),
                            (SELECT min(asked_at) FROM reconciliation)) AS answered
            FROM unnest(CAST(:services AS text[])) AS name) AS last)), 0)
""")
Row = Mapping[str, Any]


async def is_due(connection: AsyncConnection, *, before: datetime) -> bool:
    """Say whether nothing was asked since `before` and there has been something to ask about; locks out others."""
    await connection.execute(_LOCK)
    return bool((await connection.execute(_DUE, {"before": before})).scalar_one())


async def oldest_seconds(connection: AsyncConnection, services: Collection[str], at: datetime) -> float:
    """Return how long ago, at `at`, the last question was asked that a service answered, where that is longest ago."""
    return float((await connection.execute(_OLDEST, {"at": at, "services": list(services)})).scalar_one())


async def is_answered_later(connection: AsyncConnection, service: str, reconciliation: UUID) -> bool:
    """Say whether the service has stated its accounts about a later question already."""
    later = sa.exists().where(_stated.c.service == service, _stated.c.reconciliation > reconciliation)
    return bool((await connection.execute(sa.select(later))).scalar_one())


async def add(connection: AsyncConnection, **facts: Any) -> None:
    """Keep what is asked."""
    await connection.execute(sa.insert(_asked).values(**facts))


async def add_statement(connection: AsyncConnection, **facts: Any) -> None:
    """Keep what a service stated; what it stated about the same question before counts no more."""
    statement = insert(_stated).values(**facts)
    changed = {name: statement.excluded[name] for name in facts if name not in ("reconciliation", "service")}
    await connection.execute(
        statement.on_conflict_do_update(index_elements=["reconciliation", "service"], set_=changed)
    )


async def find(connection: AsyncConnection, reconciliation: UUID) -> Row | None:
    """Return what was asked."""
    rows = await _rows(connection, sa.select(_asked).where(_asked.c.id == reconciliation))
    return rows[0] if rows else None


async def page(connection: AsyncConnection, *, before: UUID | None, size: int) -> Sequence[Row]:
    """Return up to `size` of what was asked, the last first, from below the id `before`."""
    chosen = sa.select(_asked).order_by(_asked.c.id.desc()).limit(size)
    if before is not None:
        chosen = chosen.where(_asked.c.id < before)
    return await _rows(connection, chosen)


async def statements(connection: AsyncConnection, ids: Sequence[UUID]) -> Sequence[Row]:
    """Return what was stated about these."""
    chosen = sa.select(_stated).where(_stated.c.reconciliation.in_(ids)).order_by(_stated.c.service)
    return await _rows(connection, chosen)


async def last_stated(connection: AsyncConnection) -> dict[str, datetime]:
    """Return when each service stated its accounts last."""
    chosen = sa.select(_stated.c.service, sa.func.max(_stated.c.stated_at)).group_by(_stated.c.service)
    return {row[0]: row[1] for row in await connection.execute(chosen)}


async def forget(connection: AsyncConnection, before: datetime) -> None:
    """Delete what was asked before that."""
    await connection.execute(sa.delete(_asked).where(_asked.c.asked_at < before))


async def _rows(connection: AsyncConnection, chosen: sa.Select[Any]) -> list[Row]:
    return [dict(row) for row in (await connection.execute(chosen)).mappings()]
