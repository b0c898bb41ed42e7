"""Keeps up to where the ledger reads its topic again, and which entered events wait for what follows by rule."""

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple, Self
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.envelope import Event
from eventbus.driver import Statement, arrays
from ledger_service.domain.complaint import Complaint

Place = tuple[str, int]
"""A topic and a partition."""


class Held(NamedTuple):
    """An entered event from which something would have followed by rule; what it says is in its entry alone."""

    tenant: str
    complaint_id: UUID
    type: str
    event_id: UUID
    round: int
    """Of the complaint, then."""
    correlation_id: UUID
    traceparent: str | None

    @classmethod
    def of(cls, complaint: Complaint, cause: Event) -> Self:
        """Return what has to be known of `cause`, which `complaint` has entered."""
        about = (cause.id, complaint.round, cause.correlation_id, cause.traceparent)
        return cls(complaint.tenant, complaint.id, cause.type.value, *about)


_COLUMNS = Held._fields
_TYPES = ("text", "uuid", "text", "uuid", "int", "uuid", "text")
_ARRAYS = ", ".join(f"CAST(:{name} AS {kind}[])" for name, kind in zip(_COLUMNS, _TYPES, strict=True))
_IS_ON = Statement("SELECT EXISTS (SELECT FROM reading_again) AS is_on")
_IS_UNFINISHED = sa.text("SELECT EXISTS (SELECT FROM reading_again) OR EXISTS (SELECT FROM held_cause)")
_BEGIN = sa.text("""
    INSERT INTO reading_again (topic, partition, until)
    SELECT * FROM unnest(CAST(:topics AS text[]), CAST(:partitions AS int[]), CAST(:ends AS bigint[]))
    ON CONFLICT (topic, partition) DO UPDATE SET until = greatest(reading_again.until, excluded.until)
""")
_HOLD = Statement(f"""
    INSERT INTO held_cause ({", ".join(_COLUMNS)}) SELECT * FROM unnest({_ARRAYS})
    ON CONFLICT (tenant, complaint_id, type) DO UPDATE
    SET event_id = excluded.event_id, round = excluded.round, correlation_id = excluded.correlation_id,
        traceparent = excluded.traceparent
""")
_END = sa.text("""
    DELETE FROM reading_again WHERE (topic, partition, until) IN (
        SELECT * FROM unnest(CAST(:topics AS text[]), CAST(:partitions AS int[]), CAST(:ends AS bigint[])))
""")
_IS_PARKED = sa.text("""
    SELECT EXISTS (SELECT FROM parked_message WHERE state = 'parked' AND consumer = ANY(:consumers)
                     AND parked_at >= (SELECT min(since) FROM reading_again))
""")
_HOLDING = sa.text("SELECT DISTINCT tenant, complaint_id FROM held_cause ORDER BY tenant, complaint_id LIMIT :size")
_HELD_OF = sa.text("SELECT complaint_id FROM held_cause WHERE complaint_id = ANY(CAST(:complaints AS uuid[]))")
_TAKE = sa.text(f"""
    DELETE FROM held_cause WHERE complaint_id = ANY(CAST(:complaints AS uuid[])) RETURNING {", ".join(_COLUMNS)}
""")


async def is_on(connection: AsyncConnection) -> bool:
    """Say whether the ledger reads again what it may have lost."""
    [row] = await _IS_ON.fetch(connection, {})
    return bool(row["is_on"])


async def is_unfinished(connection: AsyncConnection) -> bool:
    """Say whether it is at it, or has not done since what follows by rule."""
    return bool(await connection.scalar(_IS_UNFINISHED))


async def begin(connection: AsyncConnection, ends: Mapping[Place, int]) -> None:
    """Note that each partition is read again up to its end, or further where that was noted before."""
    await connection.execute(_BEGIN, _columns(ends))


async def ends(connection: AsyncConnection) -> Mapping[Place, int]:
    """Return up to where partitions are read again; nothing where they are not."""
    rows = await connection.execute(sa.text("SELECT topic, partition, until FROM reading_again"))
    return {(row.topic, row.partition): row.until for row in rows}


async def has_parked(connection: AsyncConnection, consumers: Collection[str]) -> bool:
    """Say whether something is parked that was read since the reading began: own events may be among it."""
    return bool(await connection.scalar(_IS_PARKED, {"consumers": list(consumers)}))


async def end(connection: AsyncConnection, ends: Mapping[Place, int]) -> bool:
    """Note that all is read up to `ends`; False where somebody has noted it, or has it read further."""
    return (await connection.execute(_END, _columns(ends))).rowcount > 0


async def hold(connection: AsyncConnection, held: Sequence[Held]) -> None:
    """Keep these causes, the newest of each type of a complaint, which is locked."""
    newest = {(each.tenant, each.complaint_id, each.type): each for each in held}
    await _HOLD.fetch(connection, arrays(_COLUMNS, newest.values()))


async def holding(connection: AsyncConnection, size: int) -> Sequence[tuple[str, UUID]]:
    """Return tenants and ids of up to `size` complaints of which causes are kept."""
    return [(row.tenant, row.complaint_id) for row in await connection.execute(_HOLDING, {"size": size})]


async def held_of(connection: AsyncConnection, complaints: Collection[UUID]) -> set[UUID]:
    """Return those of these complaints of which causes are kept."""
    return set((await connection.execute(_HELD_OF, {"complaints": list(complaints)})).scalars())


async def take(connection: AsyncConnection, complaints: Collection[UUID]) -> Sequence[Held]:
    """Return what is kept of these complaints, which are locked, and keep it no longer."""
    return [Held(*row) for row in await connection.execute(_TAKE, {"complaints": list(complaints)})]


def _columns(ends: Mapping[Place, int]) -> Mapping[str, Sequence[object]]:
    places = list(ends)
    return {
        "topics": [each[0] for each in places],
        "partitions": [each[1] for each in places],
        "ends": [*ends.values()],
    }
