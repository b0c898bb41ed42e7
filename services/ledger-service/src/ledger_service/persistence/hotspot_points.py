"""Where complaints are that count for hot spots: kept beside the entries, read once each, never all of them."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.lifecycle import TRANSITIONS, UNCOUNTED
from eventbus.driver import Statement, copy
from ledger_service.domain.clusters import Spot
from ledger_service.domain.hotspots import Member
from ledger_service.domain.terrain import Tally, cell_of

_TELLING = [str(each) for each, line in TRANSITIONS.items() if line.owner == "intake" or line.target in UNCOUNTED]
"""Events that may change what a complaint is about, or end it as none."""
_READ = Statement("""
    WITH part AS (
        SELECT position, type, complaint_id FROM entry
        WHERE tenant = CAST(:tenant AS text) AND position > CAST(:after AS bigint)
          AND position <= (SELECT settled FROM chain WHERE tenant = CAST(:tenant AS text))
        ORDER BY position LIMIT CAST(:size AS bigint))
    SELECT max(position) AS last, count(*) AS entries,
           coalesce(array_agg(DISTINCT complaint_id) FILTER (WHERE type = ANY(CAST(:telling AS text[]))), '{}') AS ids
    FROM part
""")
# What patrols find does not count: they go where hot spots are, and would keep them hot.
_CHANGED = Statement("""
    SELECT complaint_id, category, lon, lat, coalesce(occurred_at, received_at) AS at FROM ledger_complaint
    WHERE tenant = CAST(:tenant AS text) AND complaint_id = ANY(CAST(:ids AS uuid[])) AND NOT proactive
      AND status <> ALL (CAST(:uncounted AS text[])) AND category IS NOT NULL AND lon IS NOT NULL AND lat IS NOT NULL
""")
_REMOVE = Statement("""
    DELETE FROM hotspot_point WHERE tenant = CAST(:tenant AS text) AND complaint_id = ANY(CAST(:ids AS uuid[]))
    RETURNING at, category
""")
_REMOVE_OLD = Statement("""
    DELETE FROM hotspot_point WHERE tenant = CAST(:tenant AS text) AND at < CAST(:before AS timestamptz)
""")
_REMOVE_OLD_DAYS = Statement("""
    DELETE FROM hotspot_day WHERE tenant = CAST(:tenant AS text) AND day < CAST(:before AS date)
""")
_ADD_UP = Statement("""
    INSERT INTO hotspot_day AS known (tenant, day, category, complaints)
    SELECT CAST(:tenant AS text), day, category, complaints
    FROM unnest(CAST(:days AS date[]), CAST(:categories AS text[]), CAST(:complaints AS bigint[]))
        AS new (day, category, complaints)
    ON CONFLICT (tenant, day, category) DO UPDATE SET complaints = known.complaints + excluded.complaints
""")
# An array a category instead of a row a cell: the driver reads it in a tenth of the time.
_TALLIES = """
    SELECT category, array_agg(cell) AS cells, array_agg(complaints) AS counts FROM (
        SELECT category, cell, count(*) AS complaints FROM hotspot_point
        WHERE tenant = CAST(:tenant AS text) AND {} GROUP BY category, cell) AS counted
    GROUP BY category
"""
_COUNT = Statement(_TALLIES.format("at >= CAST(:since AS timestamptz) AND at <= CAST(:until AS timestamptz)"))
_COUNT_IN = Statement(
    _TALLIES.format("""cell = ANY(CAST(:cells AS bigint[]))
          AND at >= CAST(:since AS timestamptz) AND at < CAST(:until AS timestamptz)""")
)
_DAYS = Statement("""
    SELECT category, CAST(sum(complaints) AS bigint) AS complaints FROM hotspot_day
    WHERE tenant = CAST(:tenant AS text) AND day >= CAST(:since AS date) AND day < CAST(:until AS date)
    GROUP BY category
""")
_FIRST_DAY = sa.text("SELECT min(day) FROM hotspot_day WHERE tenant = :tenant AND complaints > 0")
# A partner reports for many people; of others, one person is one reporter. Of the erased nobody knows: all are one.
_MEMBERS = Statement("""
    SELECT point.category, point.cell, complaint_id, point.at, point.lon, point.lat,
           CASE WHEN erased_at IS NOT NULL THEN 'erased' WHEN external_ref IS NULL THEN owner END AS owner,
           community, grid
    FROM hotspot_point AS point JOIN ledger_complaint USING (tenant, complaint_id)
    WHERE tenant = CAST(:tenant AS text) AND cell = ANY(CAST(:cells AS bigint[]))
      AND point.at >= CAST(:since AS timestamptz) AND point.at <= CAST(:until AS timestamptz)
""")
_COLUMNS = ("tenant", "complaint_id", "category", "cell", "lon", "lat", "at")


class Read(NamedTuple):
    """A part of the entries: how many they were, the position of the last, and complaints that they may have moved."""

    entries: int
    last: int | None
    complaints: Sequence[UUID]


async def read(connection: AsyncConnection, tenant: str, after: int, size: int) -> Read:
    """Read up to `size` settled entries behind the position `after`."""
    parameters = {"tenant": tenant, "after": after, "size": size, "telling": _TELLING}
    [row] = await _READ.fetch(connection, parameters)
    return Read(row["entries"], row["last"], row["ids"])


async def renew(connection: AsyncConnection, tenant: str, ids: Sequence[UUID], *, since: datetime) -> None:
    """Put the points of these complaints where they are now, or take them away; older ones than `since` have none."""
    if not ids:
        return
    gone = await _REMOVE.fetch(connection, {"tenant": tenant, "ids": ids})
    parameters = {"tenant": tenant, "ids": ids, "uncounted": sorted(UNCOUNTED)}
    there = [row for row in await _CHANGED.fetch(connection, parameters) if row["at"] >= since]
    await copy(connection, "hotspot_point", _COLUMNS, [_point(tenant, row) for row in there])
    changes = Counter(map(_day, there))
    changes.subtract(map(_day, gone))
    await _add_up(connection, tenant, changes)


async def forget(connection: AsyncConnection, tenant: str, before: datetime) -> None:
    """Delete what happened before that day."""
    await _REMOVE_OLD.fetch(connection, {"tenant": tenant, "before": before})
    await _REMOVE_OLD_DAYS.fetch(connection, {"tenant": tenant, "before": before.date()})


async def counts(connection: AsyncConnection, tenant: str, since: datetime, until: datetime) -> dict[str, Tally]:
    """Return how many complaints there were from `since` to `until`, both included."""
    return _tallies(await _COUNT.fetch(connection, {"tenant": tenant, "since": since, "until": until}))


async def counts_in(
    connection: AsyncConnection, tenant: str, cells: Collection[int], since: datetime, until: datetime
) -> dict[str, Tally]:
    """Return how many there were in these cells from `since` to before `until`."""
    parameters = {"tenant": tenant, "cells": list(cells), "since": since, "until": until}
    return _tallies(await _COUNT_IN.fetch(connection, parameters)) if cells else {}


async def counts_by_category(
    connection: AsyncConnection, tenant: str, since: datetime, until: datetime
) -> Mapping[str, int]:
    """Return how many there were from `since` to before `until`, two midnights of UTC."""
    parameters = {"tenant": tenant, "since": since.date(), "until": until.date()}
    return {row["category"]: row["complaints"] for row in await _DAYS.fetch(connection, parameters)}


async def first_day(connection: AsyncConnection, tenant: str) -> date | None:
    """Return the first day on which there was a complaint; None for none."""
    day: date | None = (await connection.execute(_FIRST_DAY, {"tenant": tenant})).scalar_one()
    return day


async def members(
    connection: AsyncConnection, tenant: str, cells: Collection[int], since: datetime, until: datetime
) -> list[tuple[Spot, Member]]:
    """Return the complaints in these cells from `since` to `until`, both included, each with its category and cell."""
    if not cells:
        return []
    parameters = {"tenant": tenant, "cells": list(cells), "since": since, "until": until}
    return [_member(row) for row in await _MEMBERS.fetch(connection, parameters)]


async def _add_up(connection: AsyncConnection, tenant: str, changes: Counter[tuple[date, str]]) -> None:
    changed = sorted((day, category, change) for (day, category), change in changes.items() if change)
    if changed:
        days, categories, complaints = zip(*changed, strict=True)
        parameters = {"tenant": tenant, "days": days, "categories": categories, "complaints": complaints}
        await _ADD_UP.fetch(connection, parameters)


def _point(tenant: str, row: Any) -> tuple[object, ...]:
    lon, lat = row["lon"], row["lat"]
    return tenant, row["complaint_id"], row["category"], cell_of(lon, lat), lon, lat, row["at"]


def _day(row: Any) -> tuple[date, str]:
    return row["at"].astimezone(UTC).date(), row["category"]


def _tallies(rows: Sequence[Any]) -> dict[str, Tally]:
    return {row["category"]: Tally(row["cells"], row["counts"]) for row in rows}


def _member(row: Any) -> tuple[Spot, Member]:
    reporter = row["owner"] or str(row["complaint_id"])
    member = Member(row["complaint_id"], row["at"], row["lon"], row["lat"], reporter, row["community"], row["grid"])
    return Spot(row["category"], row["cell"]), member
