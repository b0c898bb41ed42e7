"""Visits on patrol: evidence that somebody was at a point, kept once however often a device sends it."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from dispatch_service.domain.patrol import (
    MOST_VISITS,
    Evidence,
    PatrolPoint,
    Step,
    is_far,
    metres_off,
    missing_evidence,
)
from dispatch_service.domain.patrol_errors import Flawed, IdReused, TooManyVisits
from dispatch_service.persistence import patrol_visits, patrols
from dispatch_service.persistence.rows import Row
from dispatch_service.service import patrol_activities
from dispatch_service.service.patrolling import (
    Doing,
    check_present,
    check_step,
    check_while_on_patrol,
    keep_position,
    own,
    points_of,
)

_FIELDS = {Evidence.PHOTO: "photos", Evidence.POSITION: "position", Evidence.NOTE: "note"}


async def visit(connection: AsyncConnection, doing: Doing, given: Row) -> Row:
    """Keep a visit of a patrol, and return it; one that was kept under its id before is returned as it is.

    `given`: id, point, at, position (longitude and latitude), note, photos, findings, and a digest of what the client
    said. Raises PatrolNotFound, NotYourPatrol, IdReused, PatrolConflict, TooManyVisits, Flawed, FarAway.
    """
    patrol = await own(connection, doing)
    there = await patrol_visits.find(connection, doing.tenant, given["id"])
    if there is not None:
        return _repeated(there, doing.patrol, given["digest"])
    doing.check_version(patrol["version"])
    check_step(patrol, Step.VISIT)
    if patrol["visits"] >= MOST_VISITS:
        raise TooManyVisits
    point = _point(patrol, given["point"])
    check_present(given["at"], doing.now)
    check_while_on_patrol(patrol, given["at"])
    for missing in missing_evidence(point, given):
        raise Flawed(f"/{_FIELDS[missing]}", "evidence-missing")
    await keep_position(connection, doing, given["at"], given["position"])
    return await _keep(connection, doing, patrol, point, given)


async def _keep(connection: AsyncConnection, doing: Doing, patrol: Row, point: PatrolPoint | None, given: Row) -> Row:
    lon, lat = given["position"] or (None, None)
    metres = metres_off(point, given["position"])
    kept = {name: given[name] for name in ("id", "point", "at", "note", "photos", "findings", "digest")}
    row = {
        **kept,
        "tenant": doing.tenant,
        "patrol": doing.patrol,
        "kept_at": doing.now,
        "subject": doing.actor,
        "lon": lon,
        "lat": lat,
        "metres": metres,
        "far": is_far(point, metres),
    }
    if not await patrol_visits.add(connection, row):
        raise IdReused
    await patrol_activities.tell_photos(connection, patrol, row, doing)
    await patrols.change(
        connection,
        patrol,
        visits=patrol["visits"] + 1,
        far_visits=patrol["far_visits"] + row["far"],
        findings=patrol["findings"] + len(given["findings"]),
        points_visited=len(await patrol_visits.visited(connection, doing.tenant, doing.patrol)),
    )
    return row


def _repeated(there: Row, patrol: UUID, digest: bytes) -> Row:
    if (there["patrol"], there["digest"]) != (patrol, digest):
        raise IdReused
    return there


def _point(patrol: Row, key: str | None) -> PatrolPoint | None:
    if key is None:
        return None
    for point in points_of(patrol):
        if point.key == key:
            return point
    raise Flawed("/point", "unknown-point")
