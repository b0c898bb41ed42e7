"""Publishes months: a copy of who counts, what may be told of each, and the figures; never made again."""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.lifecycle import UNCOUNTED
from eventbus.driver import copy
from ledger_service.domain.facts import Exclusion
from ledger_service.domain.publication import Publication
from ledger_service.domain.suppression import Table, rounded_down
from ledger_service.domain.terrain import cell_at
from ledger_service.persistence.fact_columns import STOPPED_AT
from ledger_service.persistence.tables import metadata

_months = metadata.tables["public_month"]
_CLAIM = sa.text("""
    INSERT INTO public_month (tenant, month, published_at, settings_version, figures)
    VALUES (:tenant, :month, :now, :version, '{}') ON CONFLICT DO NOTHING RETURNING month
""")
_LEVEL = "array_to_string((string_to_array(category, '.'))[1 : :level], '.')"
# one statement, so that all of it counts the same complaints in the same state
_TAKE = sa.text(f"""
    WITH chosen AS (
        SELECT complaint_id, coalesce({_LEVEL}, '') AS category, coalesce(community, '') AS community, status,
               promised_at IS NOT NULL AND exclusions & :untimed = 0 AS is_timed,
               resolved_at IS NOT NULL AND {STOPPED_AT} <= promised_at AS in_time,
               satisfaction IS NOT NULL AND NOT is_struck AND exclusions & :unrated = 0 AS is_rated, satisfaction
        FROM ledger_complaint
        WHERE tenant = :tenant AND received_at >= :first AND received_at < :last
          AND status <> ALL (CAST(:uncounted AS text[]))
          AND (CAST(:categories AS text[]) IS NULL
               OR EXISTS (SELECT FROM unnest(CAST(:categories AS text[])) AS code
                          WHERE category = code OR starts_with(category, code || '.')))),
    kept AS (
        INSERT INTO public_complaint (tenant, ref, month, complaint_id, category, community)
        SELECT :tenant, gen_random_uuid(), :month, complaint_id, category, community FROM chosen)
    SELECT count(*) FILTER (WHERE status = 'closed') AS closed,
           count(*) FILTER (WHERE status = 'closed' AND is_timed) AS timed,
           count(*) FILTER (WHERE status = 'closed' AND is_timed AND in_time) AS in_time,
           count(*) FILTER (WHERE status = 'closed' AND is_rated) AS rated,
           count(*) FILTER (WHERE status = 'closed' AND is_rated
                            AND satisfaction IN ('satisfied', 'basically_satisfied')) AS satisfied
    FROM chosen
""")
_COUNT = sa.text("""
    SELECT category, community, count(*) AS complaints FROM public_complaint
    WHERE tenant = :tenant AND month = :month GROUP BY category, community
""")
_BLUR = sa.text("""
    UPDATE public_complaint SET
        category = CASE WHEN category = ANY(CAST(:rows AS text[])) THEN category END,
        community = CASE WHEN (category, community) IN (
            SELECT * FROM unnest(CAST(:categories AS text[]), CAST(:communities AS text[]))) THEN community END
    WHERE tenant = :tenant AND month = :month
""")
_DROP = sa.text("DELETE FROM public_complaint WHERE tenant = :tenant AND month = :month")
_PLACES = sa.text("""
    SELECT lon, lat FROM public_complaint JOIN ledger_complaint USING (tenant, complaint_id)
    WHERE tenant = :tenant AND month = :month AND lon IS NOT NULL AND lat IS NOT NULL
""")
_SAVE = sa.text("UPDATE public_month SET figures = :figures WHERE tenant = :tenant AND month = :month").bindparams(
    sa.bindparam("figures", type_=_months.c.figures.type)
)


async def published(connection: AsyncConnection, tenant: str) -> dict[date, datetime]:
    """Return the months that are public, and when they were published."""
    chosen = sa.select(_months.c.month, _months.c.published_at).where(_months.c.tenant == tenant)
    return {row[0]: row[1] for row in await connection.execute(chosen.order_by(_months.c.month.desc()))}


async def figures(connection: AsyncConnection, tenant: str, month: date) -> dict[str, Any] | None:
    """Return what is told of a month, None where it is not published."""
    chosen = sa.select(_months.c.figures).where(_months.c.tenant == tenant, _months.c.month == month)
    found: dict[str, Any] | None = (await connection.execute(chosen)).scalar_one_or_none()
    return found


async def claim(connection: AsyncConnection, tenant: str, month: date, version: int, now: datetime) -> bool:
    """Begin to publish a month; False where it is public, or another replica is at it."""
    parameters = {"tenant": tenant, "month": month, "now": now, "version": version}
    return (await connection.execute(_CLAIM, parameters)).one_or_none() is not None


async def take(
    connection: AsyncConnection,
    tenant: str,
    month: date,
    period: tuple[datetime, datetime],
    chosen: Publication,
    *,
    exclusions: bool,
) -> dict[str, int]:
    """Copy who counts in the month, and return how many of them were closed, timed, in time, rated and satisfied.

    With `exclusions`, what was excluded 剔除 is left out of those that it was excluded from.
    """
    parameters = {
        "tenant": tenant,
        "month": month,
        "first": period[0],
        "last": period[1],
        "uncounted": sorted(UNCOUNTED),
        "categories": None if chosen.categories is None else list(chosen.categories),
        "level": chosen.category_level,
        "untimed": Exclusion.TIMELINESS | Exclusion.ALL if exclusions else 0,
        "unrated": Exclusion.SATISFACTION | Exclusion.ALL if exclusions else 0,
    }
    return dict((await connection.execute(_TAKE, parameters)).mappings().one())


async def counts(connection: AsyncConnection, tenant: str, month: date) -> dict[str, dict[str, int]]:
    """Return how many complaints were copied, by category and community; '' for none."""
    found: dict[str, dict[str, int]] = {}
    for row in await connection.execute(_COUNT, {"tenant": tenant, "month": month}):
        found.setdefault(row.category, {})[row.community] = row.complaints
    return found


async def blur(connection: AsyncConnection, tenant: str, month: date, table: Table, *, lists: bool) -> None:
    """Take from the copies what `table` withholds; all of them, where nothing may be listed."""
    month_of = {"tenant": tenant, "month": month}
    if table.total is None or not lists:
        await connection.execute(_DROP, month_of)
        return
    cells = [(category, community) for category, row in table.rows.items() for community in row.cells]
    parameters = {
        "rows": list(table.rows),
        "categories": [category for category, _ in cells],
        "communities": [community for _, community in cells],
    }
    await connection.execute(_BLUR, {**month_of, **parameters})


async def lay_out(connection: AsyncConnection, tenant: str, month: date, chosen: Publication) -> None:
    """Count the copies by cells of the map, and keep those that may be told."""
    found: Counter[int] = Counter()
    async for lon, lat in await connection.stream(_PLACES, {"tenant": tenant, "month": month}):
        found[cell_at(lon, lat, chosen.cell_resolution)] += 1
    rows = [(tenant, month, cell, rounded_down(count, chosen.k)) for cell, count in found.items() if count >= chosen.k]
    await copy(connection, "public_cell", ("tenant", "month", "cell", "complaints"), rows)


async def save(connection: AsyncConnection, tenant: str, month: date, told: Mapping[str, Any]) -> None:
    """Keep what is told of the month."""
    await connection.execute(_SAVE, {"tenant": tenant, "month": month, "figures": told})


def as_cells(table: Table) -> Iterable[dict[str, Any]]:
    """Return the rows of a table as they are kept."""
    return [
        {"category": category, "received": row.total, "communities": dict(row.cells)}
        for category, row in table.rows.items()
    ]
