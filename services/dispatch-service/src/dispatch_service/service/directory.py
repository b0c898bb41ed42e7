"""Tells the other services of the directory 名录: each change of a county's data, as the whole new state."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.directory import (
    CommunityChanged,
    ComponentChanged,
    DepartmentChanged,
    DirectoryEntry,
    DirectoryEvent,
    DirectoryKind,
    DutyChanged,
    GridChanged,
    OfficerChanged,
    PostChanged,
    ShiftChanged,
    TeamChanged,
    TeamPatternChanged,
    subject_of,
)
from contracts.envelope import Event
from contracts.topics import DIRECTORY
from dispatch_service.persistence import roster_tables, tables
from dispatch_service.persistence.rows import Row
from dispatch_service.service.announcements import SOURCE
from eventbus import outbox
from operations import directory
from runtime.ids import uuid7

_AT_ONCE = 500


@dataclass(frozen=True)
class Sort:
    """A sort of things in the directory: where they are kept, which column names one, and what is told of it."""

    kind: DirectoryKind
    table: sa.Table
    key: str
    payload: type[DirectoryEntry]
    facts: Callable[[Row], Mapping[str, Any]] = lambda _: {}
    """What is told otherwise than the columns of a row say it."""

    def keys(self, tenant: str, code: str) -> dict[str, str]:
        """Return the primary key of one of them (a grid's goes on with the version)."""
        return {"tenant": tenant, self.key: code}


def _polygons(geometry: Mapping[str, Any]) -> Iterable[Any]:
    coordinates = geometry["coordinates"]
    return [coordinates] if geometry["type"] == "Polygon" else coordinates


def _clocks(row: Row) -> Mapping[str, str]:
    return {name: f"{row[name]:%H:%M}" for name in ("begins", "ends")}


COMMUNITY = Sort("community", tables.community, "code", CommunityChanged)
TEAM = Sort("team", tables.team, "code", TeamChanged)
"""A row of it has `members` beside its columns."""
PATTERN = Sort("team_pattern", tables.team_pattern, "tenant", TeamPatternChanged)
"""There is one of a tenant."""
GRID = Sort(
    "grid",
    tables.grid,
    "code",
    GridChanged,
    lambda row: {"area": {"coordinates": _polygons(row["geometry"])}},
)
POST = Sort("post", tables.post, "code", PostChanged)
OFFICER = Sort("officer", tables.officer, "subject", OfficerChanged)
SHIFT = Sort("shift", roster_tables.shift, "code", ShiftChanged, _clocks)
DEPARTMENT = Sort("department", tables.department, "code", DepartmentChanged)
COMPONENT = Sort("component", tables.component, "code", ComponentChanged)
SORTS = (COMMUNITY, TEAM, PATTERN, GRID, POST, OFFICER, SHIFT, DEPARTMENT, COMPONENT)
"""What a county keeps."""
DUTY = Sort("duty", roster_tables.team_duty, "team", DutyChanged)
"""What is counted of its rosters. Whoever tells of it holds the team's row, not the county's."""


@dataclass(frozen=True)
class Occasion:
    """In which county, when, and in which trace something is told."""

    tenant: str
    at: datetime
    traceparent: str | None = None


async def announce(
    connection: AsyncConnection, occasion: Occasion, sort: Sort, rows: Sequence[Row], *, removed: bool = False
) -> None:
    """Publish things as they are now, or were when they were removed; no thing may come twice.

    The caller holds what the sort is changed under, the county's lock as a rule, and has written the rows in the same
    transaction.
    """
    for start in range(0, len(rows), _AT_ONCE):
        entries = [_entry(sort, row, removed=removed) for row in rows[start : start + _AT_ONCE]]
        things = [(sort.kind, entry.code) for entry in entries]
        sequences = await directory.count(connection, occasion.tenant, things, removed=removed)
        events = [_event(occasion, sort, entry, sequences[sort.kind, entry.code]) for entry in entries]
        await outbox.append(connection, DIRECTORY.name, events)


def _entry(sort: Sort, row: Row, *, removed: bool) -> DirectoryEntry:
    return sort.payload.model_validate({**row, **sort.facts(row), "code": row[sort.key], "removed": removed})


def _event(occasion: Occasion, sort: Sort, entry: DirectoryEntry, sequence: int) -> Event[DirectoryEvent]:
    event_id = uuid7()
    return Event(
        id=event_id,
        type=DirectoryEvent(f"directory.{sort.kind}_changed"),
        source=SOURCE,
        subject=subject_of(occasion.tenant, sort.kind, entry.code),
        tenant=occasion.tenant,
        time=occasion.at,
        sequence=sequence,
        correlation_id=event_id,
        causation_id=None,
        traceparent=occasion.traceparent,
        data=entry,
    )
