"""Keeps what a county has: writes and removes one thing of the directory, and tells of it in the same transaction."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from dispatch_service.domain.directory_errors import ThingInUse, ThingNotFound, UnknownReference
from dispatch_service.domain.routing import DUTY_DESK
from dispatch_service.persistence import county, rosters, team_patterns
from dispatch_service.persistence.rows import Row
from dispatch_service.persistence.tables import case_support, community, department, dispatch_case, grid
from dispatch_service.service.directory import COMPONENT, PATTERN, TEAM, Occasion, Sort, announce

REFERENCES = {"community": community, "grid": grid, "owner": department}
"""What names another thing, by its column, and the table that has to have it."""


@dataclass(frozen=True)
class Kept:
    """A thing as it is kept now, whether it is new, and the version of the county's data."""

    row: Row
    is_new: bool
    version: int


async def keep(
    connection: AsyncConnection, occasion: Occasion, sort: Sort, code: str, values: Mapping[str, Any]
) -> Kept:
    """Write a thing as a whole; the caller holds the county's lock.

    `members` of a team are written beside it. Raises UnknownReference.
    """
    row = dict(values)
    members = row.pop("members", None)
    await _check_references(connection, occasion.tenant, row)
    is_new = await county.put(connection, sort.table, sort.keys(occasion.tenant, code), row)
    if members is not None:
        await county.put_members(connection, occasion.tenant, code, members)
    kept = {**values, **sort.keys(occasion.tenant, code), "generated": False}
    await announce(connection, occasion, sort, [kept])
    return Kept(kept, is_new, await county.touch(connection, occasion.tenant))


async def remove(connection: AsyncConnection, occasion: Occasion, sort: Sort, code: str) -> None:
    """Remove a thing; the caller holds the county's lock. Raises ThingNotFound and ThingInUse."""
    tenant = occasion.tenant
    try:
        members = await _without_members(connection, tenant, code) if sort is TEAM else {}
        row = await county.remove(connection, sort.table, sort.keys(tenant, code))
    except IntegrityError as error:  # a foreign key
        raise ThingInUse from error
    if row is None:
        raise ThingNotFound
    if await _is_needed(connection, occasion, sort, code):
        raise ThingInUse
    await announce(connection, occasion, sort, [{**row, **members}], removed=True)
    await county.touch(connection, tenant)


async def set_pattern(connection: AsyncConnection, occasion: Occasion, roles: Mapping[Any, int]) -> int:
    """Set the make-up of teams; the caller holds the county's lock. Returns the version of the county's data."""
    tenant = occasion.tenant
    await team_patterns.set_pattern(connection, tenant, roles)
    await announce(connection, occasion, PATTERN, [{"tenant": tenant, "roles": roles}])
    return await county.touch(connection, tenant)


async def _without_members(connection: AsyncConnection, tenant: str, code: str) -> Row:
    """Take all members out of a team, and return them as they were."""
    [team] = await county.with_members(connection, tenant, [{"code": code}])
    await county.put_members(connection, tenant, code, [])
    return {"members": team["members"]}


async def _is_needed(connection: AsyncConnection, occasion: Occasion, sort: Sort, code: str) -> bool:
    """Say whether a team or component has to stay; asked after its row was removed: no case is on its way to it."""
    tenant = occasion.tenant
    if sort is TEAM:
        return (
            code == DUTY_DESK
            or await county.is_named(connection, tenant, dispatch_case.c.team, code)
            or await county.is_named(connection, tenant, case_support.c.team, code)
            or await rosters.has_planned(connection, tenant, code, occasion.at)
        )
    return sort is COMPONENT and await county.is_named(connection, tenant, dispatch_case.c.component, code)


async def _check_references(connection: AsyncConnection, tenant: str, row: Row) -> None:
    for name, table in REFERENCES.items():
        code = row.get(name)
        if code is not None and not await county.known(connection, table, tenant, [code]):
            raise UnknownReference(name)
