"""Publishes each month once: what is told of it is settled then, and no later state of it can be subtracted from it."""

from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from ledger_service.domain.publication import Publication, begin, next_month
from ledger_service.domain.suppression import Table, protect, withhold
from ledger_service.persistence import public_months, public_settings, statistics_settings
from ledger_service.persistence.public_settings import PUBLICATIONS
from runtime.clock import now


async def publish_due(engine: AsyncEngine, zone: ZoneInfo) -> int:
    """Publish what is due of all tenants, a month a transaction; return how many months that was.

    A month that another replica is at is left to it.
    """
    async with engine.connect() as connection:
        tenants = await public_settings.switched_on(connection)
    made = 0
    for tenant in tenants:
        async with engine.connect() as connection:
            kept = await PUBLICATIONS.read(connection, tenant)
            there = await public_months.published(connection, tenant)
        for month in kept.settings.months(now(), zone):
            if month not in there:
                made += await _publish(engine, tenant, month, zone)
    return made


async def _publish(engine: AsyncEngine, tenant: str, month: date, zone: ZoneInfo) -> bool:
    async with engine.begin() as connection:
        kept = await PUBLICATIONS.read(connection, tenant)
        if not await public_months.claim(connection, tenant, month, kept.version, now()):
            return False
        chosen = kept.settings
        period = (begin(month, zone), begin(next_month(month), zone))
        figures = (await statistics_settings.read(connection, tenant, zone.key)).settings
        parts = await public_months.take(connection, tenant, month, period, chosen, exclusions=figures.exclusions)
        table = protect(await public_months.counts(connection, tenant, month), chosen.k)
        if chosen.shows_map:
            await _lay_out(connection, tenant, month, table, chosen)
        await public_months.blur(connection, tenant, month, table, lists=chosen.lists_complaints)
        await public_months.save(connection, tenant, month, _told(table, parts, chosen))
    return True


async def _lay_out(connection: AsyncConnection, tenant: str, month: date, table: Table, chosen: Publication) -> None:
    if table.total is not None:
        await public_months.lay_out(connection, tenant, month, chosen)


def _told(table: Table, parts: dict[str, int], chosen: Publication) -> dict[str, Any]:
    """Return the figures of a month as they are kept."""
    chains = (("closed", "rated", "satisfied"), ("closed", "timed", "in_time"))
    shown = [withhold(table.total, [(name, parts[name]) for name in chain], chosen.k) for chain in chains]
    return {
        "k": chosen.k,
        "received": table.total,
        **shown[0],
        **shown[1],
        "categories": public_months.as_cells(table),
        "communities": table.columns,
        "shows_map": chosen.shows_map,
        "lists_complaints": chosen.lists_complaints,
    }
