"""Takes many things of one sort into a county's data at once: what is new, what changes, and what is as it was."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncConnection

from dispatch_service.persistence import county
from dispatch_service.persistence.rows import Row
from dispatch_service.service.directory import TEAM, Occasion, Sort, announce

_SAME_DEGREES = 1e-9
"""A tenth of a millimetre: workbooks keep sixteen digits of a number, not all of them."""


@dataclass(frozen=True, slots=True)
class Intake:
    """What becomes of the things that are given: the keys of each, in order."""

    created: list[str]
    changed: list[str]
    unchanged: list[str]


async def take_in(
    connection: AsyncConnection, occasion: Occasion, sort: Sort, rows: Sequence[Row], *, dry_run: bool
) -> Intake:
    """Write all `rows`, with few statements, and tell of what is not as it was.

    The caller holds the county's lock and has checked what the rows refer to; no key comes twice. Things that are not
    given stay as they are. With `dry_run` nothing is written.
    """
    present = await _present(connection, occasion.tenant, sort, [row[sort.key] for row in rows])
    plan = Intake([], [], [])
    for row in rows:
        before = present.get(row[sort.key])
        where = plan.created if before is None else plan.unchanged if _is_same(before, row) else plan.changed
        where.append(row[sort.key])
    if not dry_run:
        new = {*plan.created, *plan.changed}
        await _write(connection, occasion, sort, [row for row in rows if row[sort.key] in new])
    return Intake(sorted(plan.created), sorted(plan.changed), sorted(plan.unchanged))


async def _present(connection: AsyncConnection, tenant: str, sort: Sort, keys: Sequence[str]) -> dict[str, Row]:
    rows = await county.some_rows(connection, sort.table, tenant, sort.key, keys)
    if sort is TEAM:
        rows = await county.with_members(connection, tenant, rows)
    return {row[sort.key]: row for row in rows}


def _is_same(before: Row, row: Row) -> bool:
    return all(_are_same(before[name], value) for name, value in row.items())


def _are_same(before: object, value: object) -> bool:
    if isinstance(before, float) and isinstance(value, float):
        return math.isclose(before, value, rel_tol=0, abs_tol=_SAME_DEGREES)
    return _in_order(before) == _in_order(value)


def _in_order(value: object) -> object:
    """Return a value as it compares: members of a team have no order."""
    if isinstance(value, list):
        return sorted(value, key=lambda each: each["subject"] if isinstance(each, dict) else each)
    return value


async def _write(connection: AsyncConnection, occasion: Occasion, sort: Sort, rows: Sequence[Row]) -> None:
    if not rows:
        return
    tenant = occasion.tenant
    columns = [{name: value for name, value in row.items() if name != "members"} for row in rows]
    await county.put_all(connection, sort.table, [{"tenant": tenant, **row} for row in columns])
    if sort is TEAM:
        await county.replace_members(connection, tenant, [row["code"] for row in rows], _members(rows))
    await announce(connection, occasion, sort, [{**row, "generated": False} for row in rows])
    await county.touch(connection, tenant)


def _members(teams: Iterable[Row]) -> list[Row]:
    return [{"team": team["code"], **member} for team in teams for member in team["members"]]
