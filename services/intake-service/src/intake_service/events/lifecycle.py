"""Follows the complaints' lives, so that reporters see how far theirs is."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

import orjson
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.closing_events import ComplaintForceClosed, ComplaintVoided
from contracts.envelope import Event
from contracts.events import ComplaintAssigned
from contracts.lifecycle import TRANSITIONS, EventType, IllegalTransition, Status
from eventbus.errors import OutOfOrder
from intake_service.events.erasures import repeat_erasures
from intake_service.events.photos import link_photos
from intake_service.events.releases import answer
from intake_service.persistence import merging

TYPES = frozenset(
    {
        EventType.ASSIGNED,
        EventType.ACCEPTED,
        EventType.STARTED,
        EventType.RETURNED,
        EventType.TRANSFERRED,
        EventType.SUSPENDED,
        EventType.RESUMED,
        EventType.RESOLVED,
        EventType.VERIFIED,
        EventType.REWORK_ORDERED,
        EventType.CLOSED,
        EventType.FORCE_CLOSED,
        EventType.VOIDED,
        EventType.REOPENED,
        EventType.RELEASED,
        EventType.RELEASE_REFUSED,
        EventType.ERASED,
    }
)
_SOURCES = {
    event_type: " ".join(status for status in TRANSITIONS[event_type].sources if status) for event_type in TYPES
}

_FOLLOW = sa.text("""
    UPDATE complaint AS c
    SET status = f.status, version = c.version + 1, updated_at = f.updated_at,
        progress = c.progress || CAST(f.steps AS jsonb),
        unit = coalesce(f.unit, c.unit), community = coalesce(f.community, c.community), grid = coalesce(f.grid, c.grid)
    FROM unnest(
        CAST(:ids AS uuid[]), CAST(:tenants AS text[]), CAST(:statuses AS text[]), CAST(:times AS timestamptz[]),
        CAST(:steps AS text[]), CAST(:units AS text[]), CAST(:communities AS text[]), CAST(:grids AS text[]),
        CAST(:sources AS text[])
    ) AS f (id, tenant, status, updated_at, steps, unit, community, grid, sources)
    WHERE c.id = f.id AND c.tenant = f.tenant AND c.status = ANY(string_to_array(f.sources, ' '))
""")
_STATUSES = sa.text("SELECT tenant, id, status FROM complaint WHERE id = ANY(CAST(:ids AS uuid[]))")


@dataclass
class _Way:
    """How far one complaint came within a slice."""

    tenant: str
    first: EventType
    status: Status
    time: datetime
    steps: list[dict[str, object]] = field(default_factory=list)
    assigned: ComplaintAssigned | None = None


async def follow(connection: AsyncConnection, events: Sequence[Event]) -> Sequence[Event]:
    """Note each complaint's new state, photos and erasure; answer a release with the ending that it is for.

    Four statements a slice, whatever its size. Raises OutOfOrder for an event that cannot follow the state of its
    complaint, or whose complaint is not here.
    """
    ways = _ways(events)
    if ways and (await connection.execute(_FOLLOW, _columns(ways))).rowcount < len(ways):
        raise OutOfOrder(await _first_flaw(connection, ways))
    await link_photos(connection, events)
    await repeat_erasures(connection, events)
    answers = await answer(connection, events)
    if voided := [event.subject for event in events if event.type is EventType.VOIDED]:
        answers += await merging.let_go(connection, voided)
    return answers


def _ways(events: Sequence[Event]) -> dict[UUID, _Way]:
    ways: dict[UUID, _Way] = {}
    for event in events:
        status = TRANSITIONS[event.type].target
        if status is None:
            continue
        way = ways.get(event.subject)
        if way is None:
            way = ways[event.subject] = _Way(event.tenant, event.type, status, event.time)
        elif way.status not in TRANSITIONS[event.type].sources:
            raise OutOfOrder(str(IllegalTransition(way.status, event.type)))
        way.status, way.time = status, event.time
        way.steps.append(_step(event, status))
        if isinstance(event.data, ComplaintAssigned):
            way.assigned = event.data
    return ways


def _step(event: Event, status: Status) -> dict[str, object]:
    """Return a step of the progress; of an ending that a supervisor decided, with the reason for reporters to read."""
    step: dict[str, object] = {"status": status, "at": event.time}
    if isinstance(event.data, ComplaintVoided | ComplaintForceClosed):
        step["reason"] = event.data.reason
    return step


def _columns(ways: dict[UUID, _Way]) -> dict[str, list[object]]:
    values = ways.values()
    return {
        "ids": list(ways),
        "tenants": [way.tenant for way in values],
        "statuses": [way.status.value for way in values],
        "times": [way.time for way in values],
        "steps": [orjson.dumps(way.steps).decode() for way in values],
        "units": [way.assigned.team_name if way.assigned else None for way in values],
        "communities": [way.assigned.community if way.assigned else None for way in values],
        "grids": [way.assigned.grid if way.assigned else None for way in values],
        "sources": [_SOURCES[way.first] for way in values],
    }


async def _first_flaw(connection: AsyncConnection, ways: dict[UUID, _Way]) -> str:
    """Say which complaint of a slice was not followed, and why; those that were stand where its events left them."""
    rows = await connection.execute(_STATUSES, {"ids": list(ways)})
    present = {(row.tenant, row.id): Status(row.status) for row in rows}
    for complaint, way in ways.items():
        status = present.get((way.tenant, complaint))
        if status is None:
            return f"{way.first} is about complaint {complaint}, which intake does not have"
        if status is not way.status or len(ways) == 1:
            return str(IllegalTransition(status, way.first))
    return "an event brings its complaint where it is already"
