"""Looks for hot spots: reads what was entered since, judges the window against the time before, tells what changed.

All of it happens under the lock of the tenant's cursor, and what is told goes to the outbox in the transaction that
keeps it. So any number of replicas may look; each change is told once.
"""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta

from prometheus_client import Gauge, Histogram
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from contracts.topics import HOTSPOTS
from eventbus import outbox
from ledger_service.domain import clusters
from ledger_service.domain.clusters import Cluster, Survey
from ledger_service.domain.hotspot_matching import warm_cells
from ledger_service.domain.hotspot_rounds import Finding, Round
from ledger_service.domain.hotspot_rules import KEPT, Period
from ledger_service.domain.hotspots import Hotspot, Member, State
from ledger_service.domain.terrain import Terrain
from ledger_service.persistence import hotspot_cursors, hotspot_points, hotspots
from ledger_service.persistence.hotspot_cursors import Cursor
from ledger_service.persistence.hotspot_rules import HOTSPOT_RULES
from ledger_service.service.hotspot_events import event_of
from runtime.clock import now
from runtime.ids import uuid7

EVERY = timedelta(minutes=5)
"""The pause between two looks at a tenant."""
BATCH = 5_000
"""Entries that are read in one transaction."""
MOST = 200_000
"""Of a tenant at once: behind a backlog, it leaves the processor to the consumers for a while."""
_SECONDS = Histogram(
    "jieban_hotspot_round_seconds", "Time of one look at a tenant", buckets=(0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30)
)
_OLDEST = Gauge("jieban_hotspots_oldest_seconds", "How long ago hot spots were looked for, where that is longest ago")


async def watch(engine: AsyncEngine, *, every: timedelta = EVERY) -> int:
    """Read what was entered, and look where that is due; return how many changes were told.

    A tenant that another replica is at is left to it.
    """
    async with engine.connect() as connection:
        tenants = await hotspot_cursors.due(connection, before=now() - every)
    told = 0
    for tenant in tenants:
        if await catch_up(engine, tenant):
            told += len(await look(engine, tenant, at=now(), every=every))
    async with engine.connect() as connection:
        _OLDEST.set(await hotspot_cursors.oldest_seconds(connection, now()))
    return told


async def catch_up(engine: AsyncEngine, tenant: str, *, batch: int = BATCH, most: int = MOST) -> bool:
    """Read settled entries of `tenant` that were not read, a batch a transaction; say whether that was all of them."""
    for _ in range(max(1, most // batch)):
        async with engine.begin() as connection:
            cursor = await hotspot_cursors.lock(connection, tenant)
            if cursor is None:
                return False
            part = await hotspot_points.read(connection, tenant, cursor.position, batch)
            if part.last is not None:
                await hotspot_points.renew(connection, tenant, part.complaints, since=now() - KEPT)
                cursor.position = part.last
                await hotspot_cursors.save(connection, cursor)
        if part.entries < batch:
            return True
    return False


async def look(engine: AsyncEngine, tenant: str, *, at: datetime, every: timedelta = timedelta(0)) -> Sequence[Hotspot]:
    """Look at what is read of `tenant`, unless that was done within `every` before `at`; return what was told."""
    async with engine.begin() as connection:
        cursor = await hotspot_cursors.lock(connection, tenant)
        if cursor is None or (cursor.found_at is not None and cursor.found_at > at - every):
            return []
        with _SECONDS.time():
            changed = await _look(connection, cursor, at)
        await hotspots.save(connection, changed)
        await outbox.append(connection, HOTSPOTS.name, [event_of(spot) for spot in changed])
        cursor.found_at = at
        await hotspot_cursors.save(connection, cursor)
    return changed


async def _look(connection: AsyncConnection, cursor: Cursor, at: datetime) -> list[Hotspot]:
    tenant = cursor.tenant
    rules = (await HOTSPOT_RULES.read(connection, tenant)).settings
    period = Period.of(rules, at, await hotspot_points.first_day(connection, tenant))
    if cursor.found_at is None or cursor.found_at.date() != at.date():
        await hotspot_points.forget(connection, tenant, at - KEPT)
    known = await hotspots.present(connection, tenant, ended_after=period.since)
    warm = warm_cells(spot for spot in known if spot.state is State.LIVE)
    recent = await hotspot_points.counts(connection, tenant, period.since, at)
    terrain = await asyncio.to_thread(Terrain, recent)
    cells = await asyncio.to_thread(clusters.watched, terrain, recent, rules, warm)
    before = await hotspot_points.counts_in(connection, tenant, cells, period.before, period.since)
    before_all = await hotspot_points.counts_by_category(connection, tenant, period.before, period.since)
    survey = Survey(terrain, recent, before, before_all, period.share)
    made = await asyncio.to_thread(clusters.find, survey, rules, warm)
    found = await _findings(connection, tenant, made, period)
    return Round(tenant=tenant, rules=rules, period=period, new_id=uuid7).outcome(known, found)


async def _findings(connection: AsyncConnection, tenant: str, made: Sequence[Cluster], period: Period) -> list[Finding]:
    """Return the clusters with their complaints, in one statement."""
    place_of = {spot: place for place, cluster in enumerate(made) for spot in cluster.spots}
    cells = {spot.cell for spot in place_of}
    members: defaultdict[int, list[Member]] = defaultdict(list)
    for spot, member in await hotspot_points.members(connection, tenant, cells, period.since, period.at):
        if spot in place_of:
            members[place_of[spot]].append(member)
    return [Finding(cluster, members[place]) for place, cluster in enumerate(made)]
