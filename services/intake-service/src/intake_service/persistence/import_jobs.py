"""Rows of imports, always within one tenant but where a worker takes whatever waits."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.roles import Role
from intake_service.persistence.import_tables import import_job, import_rejection
from runtime.auth import Caller

_C = import_job.c
OPEN = ("waiting", "running")
_LOCK = sa.text("SELECT pg_try_advisory_lock(hashtextextended(CAST(:id AS text), 34))")
_ONE_BEGINS = sa.text("SELECT pg_advisory_xact_lock(hashtextextended(CAST(:tenant AS text), 35))")


@dataclass(slots=True)
class Tally:
    """What became of some rows, the last of which is `line`."""

    line: int
    accepted: int = 0
    known: int = 0
    skipped: int = 0
    rejected: int = 0
    warned: int = 0
    """Of the accepted."""
    told: list[dict[str, Any]] = field(default_factory=list)
    """A line for each flaw of rows that were not imported, and for what is doubtful about others."""


async def begin(connection: AsyncConnection, values: Mapping[str, Any], now: datetime) -> None:
    """Add a job that waits."""
    zeros = dict.fromkeys(("line", "accepted", "known", "skipped", "rejected"), 0)
    await connection.execute(
        sa.insert(import_job).values({**values, **zeros, "state": "waiting", "created_at": now, "updated_at": now})
    )


async def count_open(connection: AsyncConnection, tenant: str) -> int:
    """Return how many are on their way; nobody else of the tenant begins one until the transaction ends."""
    await connection.execute(_ONE_BEGINS, {"tenant": tenant})
    query = sa.select(sa.func.count()).where(_C.tenant == tenant, _C.finished_at.is_(None))
    return int((await connection.execute(query)).scalar_one())


async def one(connection: AsyncConnection, caller: Caller, job_id: UUID, *, lock: bool = False) -> Any | None:
    """Return a job that `caller` may see, None where there is none."""
    query = sa.select(import_job).where(_C.id == job_id, *_visible(caller))
    return (await connection.execute(query.with_for_update() if lock else query)).one_or_none()


async def page(connection: AsyncConnection, caller: Caller, before: UUID | None, size: int) -> Sequence[Any]:
    """Return up to `size` jobs that `caller` may see, newest first."""
    query = sa.select(import_job).where(*_visible(caller)).order_by(_C.id.desc()).limit(size)
    return (await connection.execute(query if before is None else query.where(_C.id < before))).all()


def _visible(caller: Caller) -> list[sa.ColumnElement[bool]]:
    """Supervisors see their tenant's jobs, all others what they have sent: rows may name people."""
    tenants = _C.tenant == caller.tenant
    return [tenants] if caller.has(Role.SUPERVISOR) else [tenants, _C.created_by == caller.subject]


async def unfinished(connection: AsyncConnection) -> Sequence[Any]:
    """Return all jobs that are to be done, oldest first."""
    return (await connection.execute(sa.select(import_job).where(_C.finished_at.is_(None)).order_by(_C.id))).all()


async def seize(connection: AsyncConnection, job_id: UUID) -> bool:
    """Take a job for as long as the connection lasts; False where another has it."""
    return bool((await connection.execute(_LOCK, {"id": str(job_id)})).scalar_one())


async def start(connection: AsyncConnection, job_id: UUID, rows: int, now: datetime) -> Any | None:
    """Note that it is being done, and how many rows there are; None where it has ended meanwhile."""
    values = {"state": "running", "rows": rows, "updated_at": now}
    statement = sa.update(import_job).where(_C.id == job_id, _C.state.in_(OPEN)).values(values)
    return (await connection.execute(statement.returning(import_job))).one_or_none()


async def settle(connection: AsyncConnection, job_id: UUID, tally: Tally, now: datetime) -> str | None:
    """Add what became of rows, in one transaction with what is told of them, and return the state.

    It is counted as well where the job was cancelled while the rows were on their way. None where another has settled
    these rows, or the job is gone.
    """
    if tally.told:
        lines = [{"job": job_id, **each} for each in tally.told]
        await connection.execute(insert(import_rejection).on_conflict_do_nothing(), lines)
    counts = {name: _C[name] + getattr(tally, name) for name in ("accepted", "known", "skipped", "rejected", "warned")}
    mine = sa.and_(_C.id == job_id, _C.line < tally.line)
    statement = sa.update(import_job).where(mine).values(**counts, line=tally.line, updated_at=now)
    state: str | None = (await connection.execute(statement.returning(_C.state))).scalar_one_or_none()
    return state


async def finish(connection: AsyncConnection, job_id: UUID, state: str, now: datetime, **columns: object) -> Any | None:
    """End a job that is on its way; None where it has ended before."""
    values = {"state": state, "finished_at": now, "updated_at": now, **columns}
    statement = sa.update(import_job).where(_C.id == job_id, _C.state.in_(OPEN)).values(values)
    return (await connection.execute(statement.returning(import_job))).one_or_none()


async def told(
    connection: AsyncConnection, job_id: UUID, after: tuple[int, int], size: int, *, filed: bool
) -> Sequence[Any]:
    """Return the lines after (line, place) of rows that were not imported, or of those that were, in order."""
    c = import_rejection.c
    query = sa.select(import_rejection).where(c.job == job_id, c.filed.is_(filed), sa.tuple_(c.line, c.place) > after)
    return (await connection.execute(query.order_by(c.line, c.place).limit(size))).all()


async def forget(connection: AsyncConnection, before: datetime) -> None:
    """Delete jobs that ended before that, with what was told of their rows."""
    await connection.execute(sa.delete(import_job).where(_C.finished_at < before))
