"""The query parameters that narrow down lists."""

from typing import Annotated
from uuid import UUID

from fastapi import Query

from contracts.lifecycle import EventType, Status
from ledger_service.persistence.entry_lists import EntryFilter
from ledger_service.persistence.stories import ComplaintFilter
from operations.filters import Box, Code
from runtime.types import Instant


async def complaint_filter(
    status: Annotated[list[Status] | None, Query(max_length=len(Status), description="May be repeated.")] = None,
    category: Code | None = None,
    source: Code | None = None,
    community: Code | None = None,
    grid: Code | None = None,
    team: Code | None = None,
    bbox: Box = None,
    updated_after: Annotated[Instant | None, Query(description="Changed after this moment.")] = None,
    received_from: Annotated[Instant | None, Query(description="Received at or after this moment.")] = None,
    received_to: Annotated[Instant | None, Query(description="Received before this moment.")] = None,
) -> ComplaintFilter:
    """Return what the query asks for."""
    return ComplaintFilter(
        statuses=tuple(sorted(set(status or ()))),
        category=category,
        source=source,
        community=community,
        grid=grid,
        team=team,
        bbox=bbox,
        updated_after=updated_after,
        received_from=received_from,
        received_to=received_to,
    )


async def entry_filter(
    event_type: Annotated[
        list[EventType] | None, Query(alias="type", max_length=len(EventType), description="May be repeated.")
    ] = None,
    complaint: UUID | None = None,
    occurred_from: Annotated[Instant | None, Query(description="Happened at or after this moment.")] = None,
    occurred_to: Annotated[Instant | None, Query(description="Happened before this moment.")] = None,
) -> EntryFilter:
    """Return what the query asks for."""
    return EntryFilter(
        types=tuple(sorted(set(event_type or ()))),
        complaint=complaint,
        occurred_from=occurred_from,
        occurred_to=occurred_to,
    )
