"""The grids of each tenant in memory, read again when they have changed."""

import time
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import shapely
import sqlalchemy as sa
import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from dispatch_service.domain.routing import DUTY_DESK, Grid, GridMap, Team

log = structlog.get_logger()

_VERSIONS = sa.text("SELECT tenant, version FROM territory WHERE tenant = ANY(CAST(:tenants AS text[]))")
_GRIDS = sa.text("""
    SELECT grid.tenant, grid.code, grid.version, grid.community, grid.team, team.name AS team_name,
           CAST(grid.geometry AS text) AS geometry
    FROM grid JOIN team ON team.tenant = grid.tenant AND team.code = grid.team
    WHERE grid.in_force AND grid.tenant = ANY(CAST(:tenants AS text[]))
""")
_DESKS = sa.text("SELECT tenant, name FROM team WHERE code = :desk AND tenant = ANY(CAST(:tenants AS text[]))")
_UNNAMED_DESK = Team(DUTY_DESK, "值班台")


class Territory:
    """A cache of grid maps. A change of grids or teams is seen after `check_every_seconds` at the latest."""

    def __init__(self, *, check_every_seconds: float = 1.0, clock: Callable[[], float] = time.monotonic) -> None:
        self._check_every = check_every_seconds
        self._clock = clock
        self._maps: dict[str, GridMap] = {}
        self._versions: dict[str, int] = {}
        self._checked: dict[str, float] = {}

    def look_again(self, tenants: Collection[str]) -> None:
        """Check at the next use whether the maps of `tenants` have changed."""
        for tenant in tenants:
            self._checked.pop(tenant, None)

    async def maps(self, connection: AsyncConnection, tenants: Collection[str]) -> Mapping[str, GridMap]:
        """Return the map of each of `tenants`; one without grids has a map that knows only the duty desk."""
        now = self._clock()
        due = [tenant for tenant in tenants if now - self._checked.get(tenant, -self._check_every) >= self._check_every]
        if due:
            rows = await connection.execute(_VERSIONS, {"tenants": due})
            versions = dict.fromkeys(due, 0) | {row.tenant: row.version for row in rows}
            changed = [tenant for tenant in due if self._versions.get(tenant) != versions[tenant]]
            if changed:
                self._maps |= await _load(connection, changed)
            self._versions |= versions
            self._checked |= dict.fromkeys(due, now)
        return self._maps


async def _load(connection: AsyncConnection, tenants: Sequence[str]) -> dict[str, GridMap]:
    grids: dict[str, list[Grid]] = defaultdict(list)
    for row in await connection.execute(_GRIDS, {"tenants": tenants}):
        grid = _grid(row)
        if grid is not None:
            grids[row.tenant].append(grid)
    rows = await connection.execute(_DESKS, {"tenants": tenants, "desk": DUTY_DESK})
    desks = {row.tenant: Team(DUTY_DESK, row.name) for row in rows}
    log.info("territory_loaded", tenants=len(tenants), grids=sum(map(len, grids.values())))
    return {tenant: GridMap(grids[tenant], desks.get(tenant, _UNNAMED_DESK)) for tenant in tenants}


def _grid(row: Any) -> Grid | None:
    """Read a grid; one whose shape is no valid area is left out, so that its points reach the duty desk."""
    try:
        area = shapely.from_geojson(row.geometry)
    except shapely.GEOSException as error:
        reason = str(error)
    else:
        reason = _flaw(area)
    if reason:
        log.error("grid_left_out", tenant=row.tenant, grid=row.code, version=row.version, reason=reason)
        return None
    return Grid(row.code, row.version, row.community, Team(row.team, row.team_name), area)


def _flaw(area: Any) -> str:
    """Say what is wrong with a shape; empty where it can be routed by."""
    if area.geom_type not in {"Polygon", "MultiPolygon"}:
        return f"is a {area.geom_type}"
    if area.is_empty:
        return "is empty"
    return "" if area.is_valid else str(shapely.is_valid_reason(area))
