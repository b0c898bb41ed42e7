"""The query parameters that narrow down lists."""

from typing import Annotated
from uuid import UUID

from fastapi import Query
from pydantic import PlainValidator, WithJsonSchema
from pydantic_core import PydanticKnownError

from contracts.lifecycle import Status
from ledger_service.api.parameters import Category
from ledger_service.domain.entry_types import ALL_TYPES, EntryType, entry_type
from ledger_service.persistence.entry_lists import EntryFilter
from ledger_service.persistence.stories import ComplaintFilter
from operations.filters import Box, Code
from operations.periods import check_order
from runtime.types import Instant

_NAMES = [str(each) for each in ALL_TYPES]


def _known_type(name: object) -> EntryType:
    try:
        return entry_type(str(name))
    except ValueError as error:
        raise PydanticKnownError("enum", {"expected": ", ".join(f"'{each}'" for each in _NAMES)}) from error


EntryTypeName = Annotated[EntryType, PlainValidator(_known_type), WithJsonSchema({"type": "string", "enum": _NAMES})]
"""The name of a kind of entry."""


async def complaint_filter(
    status: Annotated[list[Status] | None, Query(max_length=len(Status), description="May be repeated.")] = None,
    category: Category = None,
    source: Code | None = None,
    community: Code | None = None,
    grid: Code | None = None,
    team: Code | None = None,
    bbox: Box = None,
    updated_after: Annotated[Instant | None, Query(description="Changed after this moment.")] = None,
    received_from: Annotated[Instant | None, Query(description="Received at or after this moment.")] = None,
    received_to: Annotated[Instant | None, Query(description="Received before this moment.")] = None,
) -> ComplaintFilter:
    """Return what the query asks for; `Problem` 422 for a period that ends too early."""
    check_order(received_from, received_to, "query/received_to")
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
    entry_types: Annotated[
        list[EntryTypeName] | None, Query(alias="type", max_length=len(ALL_TYPES), description="May be repeated.")
    ] = None,
    complaint: UUID | None = None,
    subject: Annotated[UUID | None, Query(description="An activity or an export.")] = None,
    occurred_from: Annotated[Instant | None, Query(description="Happened at or after this moment.")] = None,
    occurred_to: Annotated[Instant | None, Query(description="Happened before this moment.")] = None,
) -> EntryFilter:
    """Return what the query asks for; `Problem` 422 for a period that ends too early."""
    check_order(occurred_from, occurred_to, "query/occurred_to")
    return EntryFilter(
        types=tuple(sorted(set(entry_types or ()))),
        complaint=complaint,
        subject=subject,
        occurred_from=occurred_from,
        occurred_to=occurred_to,
    )
