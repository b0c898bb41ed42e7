"""Finds the complaints that are probably about the same: by what they say, where and when."""

import asyncio
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import numpy as np
import numpy.typing as npt
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from eventbus.janitor import first_id_at
from intake_service.domain.likeness import Rarity, keys, pairs
from intake_service.persistence import likeness, similar
from intake_service.persistence.likeness import Search
from runtime import clock

QUARTER = timedelta(days=89)
"""Never longer than a quarter of a year, so that steps of it meet each."""
SAMPLE = 5_000
"""Newest complaints that say which words are rare."""
FRESH = timedelta(minutes=10)
BUDGET = 1_000
"""So many complaints, by estimate, are compared because of their words."""
NEARNESS = 0.3
"""So much of what two texts lack in likeness is made up for by being at the same point."""
NEAR_METRES = 200.0
_METRES_PER_DEGREE = 111_320.0


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is looked for, and how far around."""

    tenant: str
    text: str
    """As `domain.likeness.said` has it."""
    lon: float | None
    lat: float | None
    days: int
    radius: float
    """Metres; of no account where no point is given."""
    least: float
    """Likeness from 0 to 1."""
    limit: int
    but: UUID | None = None
    """The complaint itself."""


@dataclass(frozen=True, slots=True)
class Similar:
    """A complaint that is probably about the same."""

    row: Any
    likeness: float
    distance: float | None
    """Metres."""


@dataclass(frozen=True, slots=True)
class _Known:
    rarity: Rarity
    oldest: datetime | None
    since: datetime


class SimilarComplaints:
    """Searches on one database."""

    def __init__(self, engine: AsyncEngine) -> None:
        """Only reads. What is rare is looked up again every ten minutes, by whoever asks first."""
        self._engine = engine
        self._known: dict[str, _Known] = {}
        self._learning = asyncio.Lock()

    async def find(self, wanted: Wanted) -> list[Similar]:
        """Return what is at least as alike as wanted, most alike first; what came just now may be missing."""
        asked = pairs(wanted.text)
        async with self._engine.connect() as connection:
            rarity, search = await self.plan(connection, wanted)
            candidates = await likeness.alike(connection, search)
            ranked = _ranked(wanted, candidates.rows, rarity.likeness(asked, candidates.texts))
            rows = await similar.present(connection, wanted.tenant, [complaint for _, _, complaint in ranked])
        return _best(wanted, ranked, rows)

    async def of_masters(self, tenant: str, found: Sequence[Similar]) -> list[Similar]:
        """Return each matter once, most alike first: what was merged is shown by its master."""
        wanted = {each.row.merged_into for each in found if each.row.merged_into is not None}
        if not wanted:
            return list(found)
        async with self._engine.connect() as connection:
            masters = await similar.present(connection, tenant, list(wanted))
        shown: dict[UUID, Similar] = {}
        for each in found:
            row = each.row if each.row.merged_into is None else masters.get(each.row.merged_into)
            if row is not None:
                shown.setdefault(row.id, replace(each, row=row))
        return list(shown.values())

    async def plan(self, connection: AsyncConnection, wanted: Wanted) -> tuple[Rarity, Search]:
        """Return what is rare for this tenant, and by what is searched."""
        now = clock.now()
        begin = now - timedelta(days=wanted.days)
        known = await self._what_is_rare(connection, wanted.tenant, now)
        asked = pairs(wanted.text)
        rarest = known.rarity.rarest(asked, _scale(known, begin, now), BUDGET) if asked.size else asked
        return known.rarity, Search(
            tenant=wanted.tenant,
            keys=[key for moment in _quarters(begin, now) for key in keys(rarest, wanted.tenant, moment).tolist()],
            since=first_id_at(begin),
            cells=likeness.around(wanted.lon, wanted.lat) if wanted.lon is not None and wanted.lat is not None else (),
            bounds=_bounds(wanted),
        )

    async def indexed_until(self) -> datetime:
        """Return the moment from which on complaints may not be found yet."""
        async with self._engine.connect() as connection:
            return likeness.moment_of(await likeness.mark(connection))

    async def _what_is_rare(self, connection: AsyncConnection, tenant: str, now: datetime) -> _Known:
        known = self._known.get(tenant)
        if known is not None and now - known.since < FRESH:
            return known
        async with self._learning:
            known = self._known.get(tenant)
            if known is None or now - known.since >= FRESH:
                texts, oldest = await likeness.sample(connection, tenant, SAMPLE)
                known = self._known[tenant] = _Known(Rarity(texts), oldest, now)
        return known


def _scale(known: _Known, begin: datetime, now: datetime) -> float:
    """Return how many complaints came since `begin` for each one of the sample, by how fast these came."""
    if known.oldest is None or known.rarity.size < SAMPLE:
        return 1.0
    return max(1.0, (now - begin) / max(now - known.oldest, timedelta(seconds=1)))


def _quarters(begin: datetime, end: datetime) -> list[datetime]:
    """Return a moment in each quarter of a year between two moments."""
    moments = [begin + QUARTER * step for step in range((end - begin) // QUARTER + 1)]
    return list({(each.year, (each.month - 1) // 3): each for each in [*moments, end]}.values())


def _bounds(wanted: Wanted) -> tuple[float, float, float, float] | None:
    if wanted.lon is None or wanted.lat is None:
        return None
    north = wanted.radius / _METRES_PER_DEGREE
    east = north / max(0.01, math.cos(math.radians(wanted.lat)))
    return wanted.lon - east, wanted.lat - north, wanted.lon + east, wanted.lat + north


Ranked = tuple[float, float | None, UUID]
"""How alike, how many metres away, and which."""


def _ranked(wanted: Wanted, rows: Sequence[Any], texts: Sequence[float]) -> list[Ranked]:
    """Return the complaints that may be wanted, most alike first; twice as many as wanted, since some may be gone."""
    distances = _distances(wanted, rows)
    is_known = ~np.isnan(distances)
    alike = np.asarray(texts)
    alike = alike + (1 - alike) * NEARNESS * np.where(is_known, np.maximum(0.0, 1 - distances / NEAR_METRES), 0.0)
    places = np.flatnonzero((alike >= wanted.least) & (~is_known | (distances <= wanted.radius)))
    most = 2 * wanted.limit
    if places.size > most + 1:  # one may be the complaint itself
        places = places[alike[places] >= np.partition(alike[places], -most - 1)[-most - 1]]
    found = [
        (float(alike[place]), float(distances[place]) if is_known[place] else None, rows[place]["complaint_id"])
        for place in places.tolist()
    ]
    return sorted((each for each in found if each[2] != wanted.but), key=lambda each: (-each[0], each[2]))[:most]


def _distances(wanted: Wanted, rows: Sequence[Any]) -> npt.NDArray[np.float64]:
    """Return how many metres away complaints are; NaN where that is not known."""
    if wanted.lon is None or wanted.lat is None:
        return np.full(len(rows), np.nan)
    lons, lats = (np.array([row[name] for row in rows], np.float64) for name in ("lon", "lat"))
    east = (lons - wanted.lon) * math.cos(math.radians(wanted.lat))
    return np.hypot(east, lats - wanted.lat) * _METRES_PER_DEGREE


def _best(wanted: Wanted, ranked: Sequence[Ranked], rows: Mapping[UUID, Any]) -> list[Similar]:
    found = [
        Similar(rows[complaint], round(score, 3), distance)
        for score, distance, complaint in ranked
        if complaint in rows
    ]
    return found[: wanted.limit]
