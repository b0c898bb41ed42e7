"""Puts another map of grids in force: what is new, redrawn, retired or as it was."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry
from sqlalchemy.ext.asyncio import AsyncConnection

from dispatch_service.persistence import county
from dispatch_service.persistence.rows import Row
from dispatch_service.service.directory import GRID, Occasion, announce

_FACTS = ("name", "community", "team")


@dataclass(frozen=True, slots=True)
class GivenGrid:
    """A grid as it is to be."""

    code: str
    name: str
    community: str
    team: str
    area: BaseGeometry

    def row(self) -> dict[str, Any]:
        """Return the columns that it gives."""
        facts = {name: getattr(self, name) for name in _FACTS}
        return {"code": self.code, **facts, "geometry": shapely.geometry.mapping(self.area)}


@dataclass(frozen=True, slots=True)
class Redrawing:
    """What another map changes: codes of grids."""

    created: list[str]
    changed: list[str]
    retired: list[str]
    unchanged: list[str]

    @property
    def is_empty(self) -> bool:
        """Whether nothing changes."""
        return not (self.created or self.changed or self.retired)


def compare(present: Sequence[Row], wanted: Sequence[GivenGrid]) -> Redrawing:
    """Say what becomes of the `present` grids if those `wanted` come into force, and no others."""
    there = {row["code"]: row for row in present}
    given = {grid.code: grid for grid in wanted}
    same = {code for code, grid in given.items() if code in there and _is_same(there[code], grid)}
    return Redrawing(
        created=sorted(given.keys() - there.keys()),
        changed=sorted((given.keys() & there.keys()) - same),
        retired=sorted(there.keys() - given.keys()),
        unchanged=sorted(same),
    )


async def redraw(connection: AsyncConnection, occasion: Occasion, wanted: Sequence[GivenGrid], plan: Redrawing) -> int:
    """Carry out a `plan` that was made under the county's lock, and tell of it.

    Returns the new version of the county's data.
    """
    tenant, now = occasion.tenant, occasion.at
    new = {*plan.created, *plan.changed}
    if plan.changed or plan.retired:
        out = await county.retire(connection, tenant, [*plan.changed, *plan.retired], now)
        gone = set(plan.retired)
        await announce(connection, occasion, GRID, [row for row in out if row["code"] in gone], removed=True)
    if new:
        drawn = await county.draw(connection, tenant, [grid.row() for grid in wanted if grid.code in new], now)
        await announce(connection, occasion, GRID, drawn)
    return await county.touch(connection, tenant)


def _is_same(row: Row, grid: GivenGrid) -> bool:
    if any(row[name] != getattr(grid, name) for name in _FACTS):
        return False
    drawn = shapely.geometry.shape(row["geometry"])
    return bool(shapely.equals_exact(drawn.normalize(), grid.area.normalize()))
