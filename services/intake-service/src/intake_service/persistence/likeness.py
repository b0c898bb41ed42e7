"""The index of what complaints say: written behind them, in batches, and read for those that may be alike."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple
from uuid import UUID

import numpy as np
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from eventbus.driver import Statement
from intake_service.domain.likeness import Texts, unsalted
from intake_service.persistence.likeness_tables import complaint_likeness as table
from intake_service.persistence.likeness_tables import likeness_mark
from operations.filters import BoundingBox

CELL_DEGREES = 0.002
"""About 200 m: whoever stands in one looks into it and the eight around it."""
_COLUMNS = 360_000
_NEWEST_OF_CELL = 40
_HEAD, _EACH = 20, 8
MOST = 3_000
"""So many at most are read by their words."""

# An id is given before its row is there, so the mark stays behind; what it has passed is never looked at again.
_UNINDEXED = sa.text("""
    SELECT c.id, c.tenant, c.description, c.address, c.lon, c.lat FROM complaint AS c
    WHERE c.id >= (SELECT before FROM likeness_mark) AND c.description <> ''
        AND NOT EXISTS (SELECT 1 FROM complaint_likeness AS l WHERE l.complaint_id = c.id)
    ORDER BY c.id LIMIT :size
""")
_SEIZE = sa.select(likeness_mark.c.before).with_for_update(skip_locked=True)
ALIKE = Statement(f"""
    WITH near AS (
        SELECT l.* FROM unnest(CAST(:cells AS bigint[])) AS c (cell), LATERAL (
            SELECT complaint_id, lon, lat, keys FROM complaint_likeness
            WHERE tenant = CAST(:tenant AS text) AND cell = c.cell AND complaint_id >= CAST(:since AS uuid)
            ORDER BY complaint_id DESC LIMIT {_NEWEST_OF_CELL}) AS l
    ), worded AS (
        SELECT complaint_id, lon, lat, keys FROM complaint_likeness
        WHERE tenant = CAST(:tenant AS text) AND keys && CAST(:keys AS int[]) AND complaint_id >= CAST(:since AS uuid)
            AND (CAST(:west AS float8) IS NULL OR lon IS NULL
                OR (lon BETWEEN CAST(:west AS float8) AND CAST(:east AS float8)
                    AND lat BETWEEN CAST(:south AS float8) AND CAST(:north AS float8)))
        LIMIT {MOST}
    )
    SELECT complaint_id, lon, lat, array_send(keys) AS keys FROM near
    UNION ALL SELECT complaint_id, lon, lat, array_send(keys) FROM worded
""")
_SAMPLE = Statement("""
    SELECT complaint_id, array_send(keys) AS keys FROM complaint_likeness WHERE tenant = CAST(:tenant AS text)
    ORDER BY complaint_id DESC LIMIT CAST(:size AS bigint)
""")


class Candidates(NamedTuple):
    """Complaints that may be like what is asked for, each once."""

    rows: Sequence[Any]
    """With complaint_id, lon and lat."""
    texts: Texts


@dataclass(frozen=True, slots=True)
class Search:
    """What is looked for; `bounds` are None where no point is given, and then `cells` are empty."""

    tenant: str
    keys: Sequence[int]
    since: UUID
    cells: Sequence[int]
    bounds: BoundingBox | None


async def move(connection: AsyncConnection, tenant: str, complaint_id: UUID, lon: float, lat: float) -> None:
    """Set where a complaint is, if it is indexed already; its words stay."""
    mine = sa.and_(table.c.tenant == tenant, table.c.complaint_id == complaint_id)
    await connection.execute(sa.update(table).where(mine).values(lon=lon, lat=lat, cell=cell(lon, lat)))


def cell(lon: float, lat: float, east: int = 0, north: int = 0) -> int:
    """Return the number of the cell of a point, or of the one so many cells further east and north."""
    return (int(lat // CELL_DEGREES) + north) * _COLUMNS + int(lon // CELL_DEGREES) + east


def around(lon: float, lat: float) -> list[int]:
    """Return the nine cells of a point."""
    return [cell(lon, lat, east, north) for north in (-1, 0, 1) for east in (-1, 0, 1)]


async def seize(connection: AsyncConnection) -> UUID | None:
    """Return the mark and keep it to the end of the transaction; None while somebody else is at it."""
    found: UUID | None = (await connection.execute(_SEIZE)).scalar_one_or_none()
    return found


async def unindexed(connection: AsyncConnection, size: int) -> Sequence[Any]:
    """Return the oldest complaints that are not indexed yet."""
    return (await connection.execute(_UNINDEXED, {"size": size})).all()


async def store(connection: AsyncConnection, rows: Sequence[dict[str, object]]) -> None:
    """Index complaints; those that are indexed stay as they are."""
    await connection.execute(insert(table).on_conflict_do_nothing(), list(rows))


async def move_mark(connection: AsyncConnection, before: UUID) -> None:
    """Note that all complaints below `before` are indexed."""
    await connection.execute(sa.update(likeness_mark).values(before=before))


async def mark(connection: AsyncConnection) -> UUID:
    """Return the id below which all complaints are indexed."""
    found: UUID = (await connection.execute(sa.select(likeness_mark.c.before))).scalar_one()
    return found


def parameters_of(search: Search) -> dict[str, object]:
    """Return what ALIKE is asked with."""
    west, south, east, north = search.bounds or (None, None, None, None)
    return {
        "tenant": search.tenant,
        "keys": list(search.keys),
        "since": search.since,
        "cells": list(search.cells),
        "west": west,
        "south": south,
        "east": east,
        "north": north,
    }


async def alike(connection: AsyncConnection, search: Search) -> Candidates:
    """Return what is near, or shares rare words: a few thousand at most. Not within a transaction."""
    found = await ALIKE.fetch(connection, parameters_of(search), transaction=False)
    rows = list({row["complaint_id"]: row for row in found}.values())
    return Candidates(rows, _texts(rows))


async def sample(connection: AsyncConnection, tenant: str, size: int) -> tuple[Texts, datetime | None]:
    """Return the pairs of the newest complaints, and when the oldest of these came; None where there is none.

    Not within a transaction.
    """
    rows = await _SAMPLE.fetch(connection, {"tenant": tenant, "size": size}, transaction=False)
    return _texts(rows), moment_of(rows[-1]["complaint_id"]) if rows else None


def moment_of(complaint: UUID) -> datetime:
    """Return when a complaint got its UUIDv7."""
    return datetime.fromtimestamp((complaint.int >> 80) / 1000, UTC)


def _texts(rows: Sequence[Any]) -> Texts:
    """Read arrays as PostgreSQL sends them: a head, then the length and the value of each number."""
    sent = [row["keys"][_HEAD:] for row in rows]
    joined = np.frombuffer(b"".join(sent), dtype=">i4")[1::2].astype(np.int32)
    return Texts(unsalted(joined), np.array([len(each) // _EACH for each in sent], np.int64))
