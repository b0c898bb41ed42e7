"""Keeps templates of rosters: each is given as a whole, and what was planned by it does not follow a change of it."""

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from dispatch_service.domain.roster import Stint, clashes
from dispatch_service.domain.roster_errors import InTwoPlaces, TemplateNameTaken, UnknownTeam
from dispatch_service.persistence import county, roster_templates
from dispatch_service.persistence.rows import Row
from dispatch_service.persistence.tables import team
from dispatch_service.service.duty_planning import BadPlace, Given, known_to, place_of
from dispatch_service.service.patrol_plans import Planning
from runtime.ids import uuid7

_SOME_MONDAY = date(2024, 1, 1)


async def create(connection: AsyncConnection, by: Planning, given: Row) -> Row:
    """Keep a new template and return it. Raises BadPlace, TemplateNameTaken."""
    await county.lock(connection, by.tenant)
    row = {**given, "id": uuid7(), "tenant": by.tenant, "version": 1, **_changed(by)}
    await _check(connection, by, row)
    await roster_templates.add(connection, row)
    return row


async def change(
    connection: AsyncConnection, by: Planning, template_id: UUID, given: Row, check_version: Callable[[int], None]
) -> Row:
    """Replace a template by what is given, and return it; what was planned by it stays.

    `check_version` raises where the caller saw another version. Raises TemplateNotFound, BadPlace, TemplateNameTaken.
    """
    await county.lock(connection, by.tenant)
    present = await roster_templates.find(connection, by.tenant, template_id)
    check_version(present["version"])
    changed = {**given, "version": present["version"] + 1, **_changed(by)}
    row = {**present, **changed}
    await _check(connection, by, row)
    await roster_templates.change(connection, by.tenant, template_id, **changed)
    return row


async def remove(
    connection: AsyncConnection, tenant: str, template_id: UUID, check_version: Callable[[int], None]
) -> None:
    """Remove a template; what was planned by it stays. Raises TemplateNotFound."""
    await county.lock(connection, tenant)
    check_version((await roster_templates.find(connection, tenant, template_id))["version"])
    await roster_templates.remove(connection, tenant, template_id)


async def _check(connection: AsyncConnection, by: Planning, row: Row) -> None:
    """Raise where a template could never be applied, or another of the team has its name."""
    if not await county.known(connection, team, by.tenant, [row["team"]]):
        raise BadPlace("/team", UnknownTeam())
    if await roster_templates.has_name(connection, by.tenant, row["team"], row["name"], row["id"]):
        raise TemplateNameTaken
    given = list(_some_weeks(row))
    known = await known_to(connection, by.tenant, row["team"], [each.place for each in given])
    stints = []
    for each in given:
        flaw = known.flaw(each.place)
        if flaw is not None:
            raise BadPlace(each.pointer, flaw)
        begins, ends = known.hours[each.place.shift].on(each.day, by.zone)
        stints.append(Stint(each.place.subject, begins, ends, each.pointer))
    for one, other in clashes(stints):
        raise BadPlace(str(other.source), InTwoPlaces(one.subject, one.begins, one.ends))


def _some_weeks(row: Row) -> Iterator[Given]:
    """Yield the places of the weeks one after the other, from some Monday on."""
    for number, week in enumerate(row["weeks"]):
        for index, place in enumerate(week):
            day = _SOME_MONDAY + timedelta(days=7 * number + place["weekday"] - 1)
            yield Given(day, place_of(place), f"/weeks/{number}/{index}")


def _changed(by: Planning) -> dict[str, Any]:
    return {"changed_at": by.now, "changed_by": by.actor}
