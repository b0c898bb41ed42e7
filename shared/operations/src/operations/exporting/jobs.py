"""Keeps the exports that are made in the background: what was asked for, how far each is, when its file goes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB, distinct_on
from sqlalchemy.ext.asyncio import AsyncConnection

_MOMENT = sa.DateTime(timezone=True)


class ExportState(StrEnum):
    """How far an export is."""

    WAITING = "waiting"
    WORKING = "working"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    """It was made, and its file is gone."""


STATE_NAMES_ZH: Mapping[ExportState, str] = {
    ExportState.WAITING: "排队中",
    ExportState.WORKING: "生成中",
    ExportState.DONE: "已生成",
    ExportState.FAILED: "生成失败",
    ExportState.CANCELLED: "已取消",
    ExportState.EXPIRED: "已过保存期",
}
"""What Chinese texts call the states."""

OPEN = (ExportState.WAITING, ExportState.WORKING)


def export_table(metadata: sa.MetaData) -> sa.Table:
    """Add the table `export` to a service's tables."""
    table = sa.Table(
        "export",
        metadata,
        sa.Column("tenant", sa.Text, primary_key=True),
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("request", JSONB, nullable=False, comment="what was asked for, with the definition as it was"),
        sa.Column("asked_by", sa.Text, nullable=False),
        sa.Column("asked_at", _MOMENT, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
        sa.Column("lines_done", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("lines_about", sa.BigInteger, comment="how many there are, or were expected"),
        sa.Column("bytes", sa.BigInteger),
        sa.Column("failure", sa.Text, comment="a code"),
        sa.Column("finished_at", _MOMENT),
        sa.Column("expires_at", _MOMENT, comment="when the file goes, and what is left of the row later"),
        sa.Column("fetches", sa.Integer, nullable=False, server_default="0"),
    )
    sa.Index("export_by_asker", table.c.tenant, table.c.asked_by, table.c.id)
    sa.Index("export_open", table.c.tenant, table.c.id, postgresql_where=table.c.state.in_(("waiting", "working")))
    return table


export = export_table(sa.MetaData())
_COLUMNS = export.c
_TRY = sa.text("SELECT pg_try_advisory_xact_lock(hashtext('jieban exports'), hashtext(:tenant))")
_OLDEST = sa.text("""
    SELECT coalesce(extract(epoch FROM CAST(:at AS timestamptz) - min(asked_at)), 0) FROM export
    WHERE state IN ('waiting', 'working')
""")


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """An export as it stands."""

    tenant: str
    id: UUID
    state: ExportState
    request: Mapping[str, Any]
    asked_by: str
    asked_at: datetime
    attempts: int = 0
    """How often it was begun."""
    lines_done: int = 0
    lines_about: int | None = None
    """How many there are, or are expected to be; None before it is begun."""
    bytes: int | None = None
    failure: str | None = None
    finished_at: datetime | None = None
    expires_at: datetime | None = None
    fetches: int = 0

    @classmethod
    def of(cls, row: sa.RowMapping) -> "Export":
        """Return the export of a row."""
        return cls(**{**row, "state": ExportState(row["state"])})


async def add(connection: AsyncConnection, asked: Export) -> None:
    """Keep an export that was asked for."""
    facts = {name: getattr(asked, name) for name in ("tenant", "id", "state", "request", "asked_by", "asked_at")}
    await connection.execute(sa.insert(export).values(**facts))


async def find(connection: AsyncConnection, tenant: str, export_id: UUID, *, lock: bool = False) -> Export | None:
    """Return an export, with `lock` until the transaction ends."""
    statement = sa.select(export).where(_COLUMNS.tenant == tenant, _COLUMNS.id == export_id)
    if lock:
        statement = statement.with_for_update()
    row = (await connection.execute(statement)).mappings().one_or_none()
    return None if row is None else Export.of(row)


async def page(
    connection: AsyncConnection, tenant: str, *, asked_by: str | None, before: UUID | None, size: int
) -> Sequence[Export]:
    """Return up to `size` exports, the newest first, from before that one; with `asked_by`, theirs only."""
    statement = sa.select(export).where(_COLUMNS.tenant == tenant)
    if asked_by is not None:
        statement = statement.where(_COLUMNS.asked_by == asked_by)
    if before is not None:
        statement = statement.where(_COLUMNS.id < before)
    rows = await connection.execute(statement.order_by(_COLUMNS.id.desc()).limit(size))
    return [Export.of(row) for row in rows.mappings()]


async def count_open(connection: AsyncConnection, tenant: str, asked_by: str) -> int:
    """Return how many exports of somebody wait or are worked at."""
    statement = sa.select(sa.func.count()).where(
        _COLUMNS.tenant == tenant, _COLUMNS.asked_by == asked_by, _COLUMNS.state.in_(OPEN)
    )
    return int(await connection.scalar(statement) or 0)


async def change(connection: AsyncConnection, present: Export, **facts: Any) -> bool:
    """Write facts about an export, unless it was ended or begun again since it was `present`; say whether they are."""
    statement = (
        sa.update(export)
        .where(
            _COLUMNS.tenant == present.tenant,
            _COLUMNS.id == present.id,
            _COLUMNS.state == present.state,
            _COLUMNS.attempts == present.attempts,
        )
        .values(**facts)
    )
    return bool((await connection.execute(statement)).rowcount)


async def to_make(connection: AsyncConnection) -> Sequence[Export]:
    """Return, of each tenant that has exports to be made, the one that was asked for first."""
    statement = sa.select(export).ext(distinct_on(_COLUMNS.tenant)).where(_COLUMNS.state.in_(OPEN))
    rows = await connection.execute(statement.order_by(_COLUMNS.tenant, _COLUMNS.id))
    return [Export.of(row) for row in rows.mappings()]


async def try_lock(connection: AsyncConnection, tenant: str) -> bool:
    """Take a tenant's exports until the transaction ends, however it does; False where somebody else has them."""
    return bool(await connection.scalar(_TRY, {"tenant": tenant}))


async def expire(connection: AsyncConnection, at: datetime, size: int) -> Sequence[UUID]:
    """Note of up to `size` exports that their file has had its time, and return them; what somebody holds waits."""
    expired = (
        sa.select(_COLUMNS.tenant, _COLUMNS.id)
        .where(_COLUMNS.state == ExportState.DONE, _COLUMNS.expires_at <= at)
        .limit(size)
        .with_for_update(skip_locked=True)
        .cte("expired")
    )
    statement = (
        sa.update(export)
        .where(_COLUMNS.tenant == expired.c.tenant, _COLUMNS.id == expired.c.id)
        .values(state=ExportState.EXPIRED)
        .returning(_COLUMNS.id)
    )
    return list((await connection.execute(statement)).scalars())


async def forget(connection: AsyncConnection, before: datetime) -> None:
    """Delete what is left of exports that were over before that moment; their entries stay."""
    ended = _COLUMNS.state.not_in([*OPEN, ExportState.DONE])
    await connection.execute(sa.delete(export).where(ended, _COLUMNS.finished_at < before))


async def known(connection: AsyncConnection, ids: Sequence[UUID]) -> set[UUID]:
    """Return which of `ids` are exports that have a file, or will."""
    statement = sa.select(_COLUMNS.id).where(_COLUMNS.id.in_(ids), _COLUMNS.state.in_([*OPEN, ExportState.DONE]))
    return set((await connection.execute(statement)).scalars().all())


async def oldest_seconds(connection: AsyncConnection, at: datetime) -> float:
    """Return for how long the export that waits longest has been asked for, 0 where none waits."""
    return float((await connection.execute(_OLDEST, {"at": at})).scalar_one())
