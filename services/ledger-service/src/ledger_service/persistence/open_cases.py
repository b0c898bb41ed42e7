"""Cases that are open: how they stand, and where they are. The index by status finds them, however many have ended."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.lifecycle import Status
from eventbus.driver import Statement
from ledger_service.domain.lights import OPEN, RESOLVED, RUNNING, Light
from ledger_service.domain.overview import Standing
from ledger_service.persistence.fact_columns import STOPPED_AT
from operations.filters import BoundingBox

Row = Mapping[str, Any]


def _listed(statuses: Iterable[Status]) -> str:
    return ", ".join(f"'{status}'" for status in sorted(statuses))


_STANDS_AT = f"""
    CASE WHEN status IN ({_listed(RUNNING)}) THEN coalesce(waiting_since, CAST(:at AS timestamptz))
         WHEN status = '{Status.SUSPENDED}' THEN suspended_at
         WHEN status IN ({_listed(RESOLVED)}) THEN {STOPPED_AT} END
"""
_LIGHT = """
    CASE WHEN stands_at <= coalesce(warn_at, received_at + 0.8 * (promised_at - received_at)) THEN 'green'
         WHEN stands_at <= promised_at THEN 'yellow'
         WHEN stands_at > promised_at THEN 'red' END
"""
_OPEN = f"""
    SELECT *, {_LIGHT} AS light FROM (
        SELECT *, {_STANDS_AT} AS stands_at FROM ledger_complaint
        WHERE tenant = :tenant AND status IN ({_listed(OPEN)})
    ) AS standing
"""
_COUNT = Statement(f"""
    SELECT community, status, light, count(*) AS cases FROM ({_OPEN}) AS open GROUP BY community, status, light
""")
_WANTED = f"""
    FROM ({_OPEN}) AS open
    WHERE status = ANY(CAST(:statuses AS text[]))
      AND (CAST(:category AS text) IS NULL OR category = :category OR starts_with(category, :category || '.'))
      AND (CAST(:community AS text) IS NULL OR community = :community)
      AND (CAST(:grid AS text) IS NULL OR grid = :grid)
      AND (CAST(:team AS text) IS NULL OR team = :team)
      AND (CAST(:light AS text) IS NULL OR light = :light)
"""
_PLACED = """
    AND lon BETWEEN CAST(:west AS float8) AND CAST(:east AS float8)
    AND lat BETWEEN CAST(:south AS float8) AND CAST(:north AS float8)
"""
_BY_URGENCY = "ORDER BY promised_at NULLS LAST, complaint_id"
_PAGE = Statement(f"""
    SELECT complaint_id, number, category, description, status, light, promised_at, received_at, community, grid,
           team, team_name, lon, lat
    {_WANTED} {_PLACED} {_BY_URGENCY} LIMIT CAST(:size AS int)
""")
_REST = Statement(f"SELECT lon, lat {_WANTED} {_PLACED} {_BY_URGENCY} OFFSET CAST(:size AS int)")
_UNPLACED = Statement(f"SELECT count(*) {_WANTED} AND (lon IS NULL OR lat IS NULL)")
_WORLD: BoundingBox = (-180.0, -90.0, 180.0, 90.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenFilter:
    """What open cases are narrowed down to; None leaves it as it is."""

    statuses: tuple[Status, ...] = tuple(sorted(OPEN))
    category: str | None = None
    """With all levels below it."""
    community: str | None = None
    grid: str | None = None
    team: str | None = None
    light: Light | None = None
    bbox: BoundingBox | None = None

    def parameters(self) -> dict[str, Any]:
        """Return what the statements of this module take."""
        west, south, east, north = self.bbox or _WORLD
        return {
            "statuses": list(self.statuses),
            **{name: getattr(self, name) for name in ("category", "community", "grid", "team", "light")},
            "west": west,
            "south": south,
            "east": east,
            "north": north,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Open cases by urgency, the first to be resolved at the head; where the others are; how many are nowhere."""

    cases: Sequence[Row]
    others: Sequence[tuple[float, float]]
    """Longitude and latitude of those that were too many."""
    unplaced: int
    """Wanted, but without a position, so that no box has them."""


async def count(connection: AsyncConnection, tenant: str, at: datetime) -> list[Standing]:
    """Return how many cases are open, by community, status and the light of that moment."""
    rows = await _COUNT.fetch(connection, {"tenant": tenant, "at": at})
    return [Standing(community, Status(status), light, cases) for community, status, light, cases in rows]


async def find(connection: AsyncConnection, tenant: str, wanted: OpenFilter, *, at: datetime, size: int) -> Found:
    """Return up to `size` cases with a position, lights being those of `at`, and what there is beside them.

    The connection must see one snapshot.
    """
    parameters = {**wanted.parameters(), "tenant": tenant, "at": at, "size": size}
    rows = await _PAGE.fetch(connection, {**parameters, "size": size + 1})
    others = await _REST.fetch(connection, parameters) if len(rows) > size else []
    [[unplaced]] = await _UNPLACED.fetch(connection, parameters)
    return Found(cases=rows[:size], others=[(lon, lat) for lon, lat in others], unplaced=unplaced)
