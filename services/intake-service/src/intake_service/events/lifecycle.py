"""Follows the complaints' lives, so that reporters see how far theirs is."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from uuid import UUID

import orjson
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.envelope import Event
from contracts.events import ComplaintAssigned
from contracts.lifecycle import TRANSITIONS, EventType, IllegalTransition, Status
from eventbus.errors import OutOfOrder
from intake_service.domain.standing import RUNNING
from intake_service.events.erasures import repeat_erasures
from intake_service.events.photos import link_photos
from intake_service.events.releases import answer
from intake_service.events.steps import step_of, work_of
from intake_service.persistence import merging

TYPES = frozenset(
    {
        EventType.ASSIGNED,
        EventType.ACCEPTED,
        EventType.STARTED,
        EventType.CONTRIBUTED,
        EventType.RETURNED,
        EventType.TRANSFERRED,
        EventType.EXTENDED,
        EventType.SUSPENDED,
        EventType.RESUMED,
        EventType.RESCHEDULED,
        EventType.RECTIFICATION_ORDERED,
        EventType.REINSPECTED,
        EventType.RESOLVED,
        EventType.PHOTOS_ASKED,
        EventType.VERIFIED,
        EventType.REWORK_ORDERED,
        EventType.CLOSED,
        EventType.FORCE_CLOSED,
        EventType.VOIDED,
        EventType.FEEDBACK_RECEIVED,
        EventType.REOPENED,
        EventType.RELEASED,
        EventType.RELEASE_REFUSED,
        EventType.ERASED,
    }
)
_SILENT = [status.value for status in Status if status not in RUNNING]
"""Where nobody waits for the reporter's answer any more."""
_NO_STEPS = frozenset(
    {
        EventType.CONTRIBUTED,
        EventType.REINSPECTED,
        EventType.PHOTOS_ASKED,
        EventType.RELEASED,
        EventType.RELEASE_REFUSED,
        EventType.ERASED,
    }
)

_FOLLOW = sa.text("""
    UPDATE complaint AS c
    SET status = coalesce(f.status, c.status), version = c.version + 1, updated_at = f.updated_at,
        progress = c.progress || CAST(f.steps AS jsonb), work = coalesce(c.work, '{}') || CAST(f.work AS jsonb),
        question = CASE WHEN f.status = ANY(CAST(:silent AS text[])) THEN NULL ELSE c.question END,
        unit = coalesce(f.unit, c.unit), community = coalesce(f.community, c.community), grid = coalesce(f.grid, c.grid)
    FROM unnest(
        CAST(:ids AS uuid[]), CAST(:tenants AS text[]), CAST(:statuses AS text[]), CAST(:times AS timestamptz[]),
        CAST(:steps AS text[]), CAST(:units AS text[]), CAST(:communities AS text[]), CAST(:grids AS text[]),
        CAST(:sources AS text[]), CAST(:work AS text[])
    ) AS f (id, tenant, status, updated_at, steps, unit, community, grid, sources, work)
    WHERE c.id = f.id AND c.tenant = f.tenant AND c.status = ANY(string_to_array(f.sources, ' '))
""")
_STATUSES = sa.text("SELECT tenant, id, status FROM complaint WHERE id = ANY(CAST(:ids AS uuid[]))")


@dataclass
class _Way:
    """How far one complaint came within a slice."""

    tenant: str
    first: EventType
    sources: frozenset[Status | None]
    """Where it must stand before."""
    time: datetime
    status: Status | None = None
    """Where it stands after; None: where it stood."""
    steps: list[dict[str, object]] = field(default_factory=list)
    work: dict[str, object] = field(default_factory=dict)
    assigned: ComplaintAssigned | None = None

    def go(self, event: Event) -> None:
        """Go one step further. Raises OutOfOrder."""
        transition = TRANSITIONS[event.type]
        if self.status is None:
            self.sources &= transition.sources
            if not self.sources:
                raise OutOfOrder(f"{event.type} may not follow what {self.first} may")
        elif self.status not in transition.sources:
            raise OutOfOrder(str(IllegalTransition(self.status, event.type)))
        self.status, self.time = transition.target or self.status, event.time
        self.steps.append(step_of(event))
        self.work |= work_of(event)
        if isinstance(event.data, ComplaintAssigned):
            self.assigned = event.data


async def follow(connection: AsyncConnection, events: Sequence[Event]) -> Sequence[Event]:
    """Note each complaint's new state, photos and erasure; answer a release with the ending that it is for.

    What follows from photos that are not here, and from an ending for others, is returned as well.

    Five statements a slice, whatever its size. Raises OutOfOrder for an event that cannot follow the state of its
    complaint, or whose complaint is not here.
    """
    ways = _ways(events)
    if ways and (await connection.execute(_FOLLOW, _columns(ways))).rowcount < len(ways):
        raise OutOfOrder(await _first_flaw(connection, ways))
    answers = await link_photos(connection, events)
    await repeat_erasures(connection, events)
    answers += await answer(connection, events)
    if voided := [event.subject for event in events if event.type is EventType.VOIDED]:
        answers += await merging.let_go(connection, voided)
    return answers


def _ways(events: Sequence[Event]) -> dict[UUID, _Way]:
    ways: dict[UUID, _Way] = {}
    for event in events:
        if event.type in _NO_STEPS:
            continue
        way = ways.get(event.subject)
        if way is None:
            way = _Way(event.tenant, event.type, TRANSITIONS[event.type].sources, event.time)
            ways[event.subject] = way
        way.go(event)
    return ways


def _columns(ways: dict[UUID, _Way]) -> dict[str, Sequence[object]]:
    values = ways.values()
    return {
        "silent": _SILENT,
        "ids": list(ways),
        "tenants": [way.tenant for way in values],
        "statuses": [way.status and way.status.value for way in values],
        "times": [way.time for way in values],
        "steps": [orjson.dumps(way.steps).decode() for way in values],
        "units": [way.assigned.team_name if way.assigned else None for way in values],
        "communities": [way.assigned.community if way.assigned else None for way in values],
        "grids": [way.assigned.grid if way.assigned else None for way in values],
        "sources": [_joined(way.sources) for way in values],
        "work": [orjson.dumps(way.work).decode() for way in values],
    }


@cache
def _joined(sources: frozenset[Status | None]) -> str:
    return " ".join(status for status in sources if status)


async def _first_flaw(connection: AsyncConnection, ways: dict[UUID, _Way]) -> str:
    """Say which complaint of a slice was not followed, and why; those that were stand where its events left them."""
    rows = await connection.execute(_STATUSES, {"ids": list(ways)})
    present = {(row.tenant, row.id): Status(row.status) for row in rows}
    for complaint, way in ways.items():
        status = present.get((way.tenant, complaint))
        if status is None:
            return f"{way.first} is about complaint {complaint}, which intake does not have"
        if (status not in way.sources if way.status is None else status is not way.status) or len(ways) == 1:
            return str(IllegalTransition(status, way.first))
    return "an event brings its complaint where it is already"
