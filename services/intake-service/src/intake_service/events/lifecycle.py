"""Follows the complaints' lives, so that reporters see how far theirs is, and ends what dispatch let go of."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

import orjson
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.envelope import Event
from contracts.events import ComplaintAssigned, ComplaintWithdrawn, Released, ReleaseRefused
from contracts.lifecycle import TRANSITIONS, EventType, Status
from runtime.ids import uuid7

TYPES = frozenset(
    {
        EventType.ASSIGNED,
        EventType.ACCEPTED,
        EventType.STARTED,
        EventType.RESOLVED,
        EventType.VERIFIED,
        EventType.CLOSED,
        EventType.RELEASED,
        EventType.RELEASE_REFUSED,
    }
)

_FOLLOW = sa.text("""
    UPDATE complaint AS c
    SET status = f.status, version = c.version + 1, updated_at = f.updated_at,
        progress = c.progress || CAST(f.steps AS jsonb),
        unit = coalesce(f.unit, c.unit), community = coalesce(f.community, c.community), grid = coalesce(f.grid, c.grid)
    FROM unnest(
        CAST(:ids AS uuid[]), CAST(:tenants AS text[]), CAST(:statuses AS text[]), CAST(:times AS timestamptz[]),
        CAST(:steps AS text[]), CAST(:units AS text[]), CAST(:communities AS text[]), CAST(:grids AS text[])
    ) AS f (id, tenant, status, updated_at, steps, unit, community, grid)
    WHERE c.id = f.id AND c.tenant = f.tenant
""")
_REFUSED = sa.text("""
    UPDATE complaint SET release_state = 'refused'
    WHERE release_request = ANY(CAST(:requests AS uuid[])) AND id = ANY(CAST(:ids AS uuid[]))
""")
_WITHDRAW = sa.text("""
    UPDATE complaint AS c
    SET status = 'withdrawn', release_state = 'granted', version = c.version + 1, sequence = c.sequence + 1,
        updated_at = now(),
        progress = c.progress || jsonb_build_array(jsonb_build_object('status', 'withdrawn', 'at', now()))
    FROM unnest(CAST(:ids AS uuid[]), CAST(:tenants AS text[]), CAST(:requests AS uuid[])) AS r (id, tenant, request)
    WHERE c.id = r.id AND c.tenant = r.tenant AND c.release_request = r.request
    RETURNING c.id, c.sequence, c.updated_at, c.release_actor, c.release_reason
""")


@dataclass
class _Way:
    """How far one complaint came within a slice."""

    tenant: str
    status: Status
    time: datetime
    steps: list[dict[str, object]] = field(default_factory=list)
    assigned: ComplaintAssigned | None = None


async def follow(connection: AsyncConnection, events: Sequence[Event]) -> Sequence[Event]:
    """Note each complaint's new state; answer a release with `complaint.withdrawn`.

    Three statements a slice at the most, whatever its size.
    """
    ways = _ways(events)
    if ways:
        await connection.execute(_FOLLOW, _columns(ways))
    refused = [event for event in events if event.type is EventType.RELEASE_REFUSED]
    if refused:
        requests = [event.data.request for event in refused if isinstance(event.data, ReleaseRefused)]
        await connection.execute(_REFUSED, {"requests": requests, "ids": [event.subject for event in refused]})
    released = {event.subject: event for event in events if event.type is EventType.RELEASED}
    return await _withdraw(connection, released) if released else ()


def _ways(events: Sequence[Event]) -> dict[UUID, _Way]:
    ways: dict[UUID, _Way] = {}
    for event in events:
        status = TRANSITIONS[event.type].target
        if status is None:
            continue
        way = ways.get(event.subject)
        if way is None:
            way = ways[event.subject] = _Way(event.tenant, status, event.time)
        way.status, way.time = status, event.time
        way.steps.append({"status": status, "at": event.time})
        if isinstance(event.data, ComplaintAssigned):
            way.assigned = event.data
    return ways


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
    }


async def _withdraw(connection: AsyncConnection, released: dict[UUID, Event]) -> list[Event]:
    causes = released.values()
    requests = [event.data.request for event in causes if isinstance(event.data, Released)]
    rows = await connection.execute(
        _WITHDRAW, {"ids": list(released), "tenants": [event.tenant for event in causes], "requests": requests}
    )
    return [
        Event(
            id=uuid7(),
            type=EventType.WITHDRAWN,
            source="intake",
            subject=row.id,
            tenant=released[row.id].tenant,
            time=row.updated_at,
            sequence=row.sequence,
            correlation_id=released[row.id].correlation_id,
            causation_id=released[row.id].id,
            traceparent=released[row.id].traceparent,
            data=ComplaintWithdrawn(actor=row.release_actor, reason=row.release_reason),
        )
        for row in rows
    ]
