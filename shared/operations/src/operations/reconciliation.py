"""The facts of one service for reconciliation: what it published, what it applied, and how it stands.

No service reads another's database; whoever compares asks each for its own facts. They concern the whole platform, so
only administrators of the tenant that operates it may see them.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel, Field

from contracts.directory import DirectoryEvent
from contracts.field_activity import FieldEvent
from contracts.hotspots import HotspotEvent
from contracts.lifecycle import EventType
from contracts.reconciliation import ReconciliationEvent
from contracts.topics import AnyEventType
from eventbus import books
from eventbus.books import Bucket, Window
from eventbus.janitor import KEEP_OUTBOX
from operations.operators import Operator
from operations.pages import Page, Pages
from operations.periods import check_order
from operations.standing import ConsumerState, OutboxState, Standing
from runtime.clock import now
from runtime.paging import CursorText
from runtime.problems import PROBLEM_RESPONSES
from runtime.types import Instant

_LONGEST_PAGE = 5_000
_BEFORE_ALL = UUID(int=0)
_DAY = timedelta(days=1)
_ALL_TYPES: Sequence[AnyEventType] = (
    *EventType,
    *DirectoryEvent,
    *FieldEvent,
    *HotspotEvent,
    *ReconciliationEvent,
)


class EventBucket(BaseModel):
    """Events of one hour and type; `digest` is the XOR of their ids' ends."""

    hour: datetime
    type: str | None
    events: int
    digest: str

    @classmethod
    def of(cls, bucket: Bucket) -> "EventBucket":
        """Return the view of a bucket."""
        return cls(hour=bucket.hour, type=bucket.type, events=bucket.events, digest=f"{bucket.digest:015x}")


class PublishedBucket(EventBucket):
    """Events of the outbox, with those that wait for the relay and those that no broker takes."""

    waiting: int
    set_aside: int


class Published(BaseModel):
    """What the service published. Events made before `complete_since` may have left the outbox."""

    complete_since: datetime
    buckets: list[PublishedBucket]


class Applied(BaseModel):
    """What the service applied, of all `types` that it takes."""

    consumers: list[str]
    types: list[AnyEventType]
    buckets: list[EventBucket]


class PublishedEvent(BaseModel):
    """One event of the outbox."""

    id: UUID
    type: str
    subject: str
    state: Literal["waiting", "published", "set_aside"]
    tenant: str


class ServiceState(BaseModel):
    """How the service stands, with each topic that it consumes."""

    outbox: OutboxState
    parked: int
    pending_migrations: list[str]
    newer_migrations: Annotated[
        list[str], Field(description="Of the database, and not of this process, which is of an older release.")
    ]
    owned_append_only: Annotated[
        list[str], Field(description="Tables that only grow, and that the service's login owns all the same.")
    ]
    reading_again: Annotated[
        bool, Field(description="It was restored, and does nothing by rule until it has read the topic again.")
    ]
    consumers: list[ConsumerState]


async def _window(
    made_from: Annotated[Instant | None, Query(alias="from", description="A day ago by default.")] = None,
    made_to: Annotated[Instant | None, Query(alias="to", description="Exclusive; now by default.")] = None,
) -> Window:
    end = made_to or now()
    check_order(made_from, end)
    return Window(made_from or end - _DAY, end)


async def _standing(request: Request) -> Standing:
    standing: Standing = request.app.state.standing
    return standing


Made = Annotated[Window, Depends(_window)]
Own = Annotated[Standing, Depends(_standing)]
Size = Annotated[int, Query(ge=1, le=_LONGEST_PAGE)]
Types = Annotated[
    Sequence[AnyEventType], Query(alias="type", max_length=len(_ALL_TYPES), description="May be repeated.")
]

router = APIRouter(prefix="/reconciliation", tags=["reconciliation"], responses=PROBLEM_RESPONSES)


@router.get("/published")
async def published(_caller: Operator, own: Own, window: Made) -> Published:
    """Count the events of the outbox by hour and type; an event's hour is that of its id."""
    async with own.engine.connect() as connection:
        found = await books.published(connection, window)
    buckets = [
        PublishedBucket(**EventBucket.of(each).model_dump(), waiting=each.waiting, set_aside=each.set_aside)
        for each in found
    ]
    return Published(complete_since=now() - KEEP_OUTBOX, buckets=buckets)


@router.get("/published/events")
async def published_events(
    request: Request,
    response: Response,
    caller: Operator,
    own: Own,
    window: Made,
    types: Types = _ALL_TYPES,
    cursor: CursorText = None,
    limit: Size = _LONGEST_PAGE,
) -> Page[PublishedEvent]:
    """List the events of the outbox in the order of their ids."""
    pages = Pages(request, caller, "published", {"types": sorted(types)})
    async with own.engine.connect() as connection:
        lines = await books.published_lines(
            connection, window, types=types, after=pages.after_id(cursor) or _BEFORE_ALL, size=limit + 1
        )
    items = [
        PublishedEvent(id=line.id, type=line.type, subject=line.key, state=line.state, tenant=line.tenant)
        for line in pages.cut(response, lines, limit, lambda line: line.id)
    ]
    return Page(items=items)


@router.get("/applied")
async def applied(_caller: Operator, own: Own, window: Made) -> Applied:
    """Count the events that this service applied, by hour and, where its book keeps them, by type."""
    async with own.engine.connect() as connection:
        found = await own.applied.buckets(connection, window)
    return Applied(
        consumers=[each.consumer for each in own.subscriptions],
        types=sorted(event_type for each in own.subscriptions for event_type in each.types),
        buckets=[EventBucket.of(each) for each in found],
    )


@router.get("/applied/events")
async def applied_events(
    request: Request,
    response: Response,
    caller: Operator,
    own: Own,
    window: Made,
    cursor: CursorText = None,
    limit: Size = _LONGEST_PAGE,
) -> Page[UUID]:
    """List the ids of the events that this service applied, in order."""
    pages = Pages(request, caller, "applied", {})
    async with own.engine.connect() as connection:
        ids = await own.applied.ids(connection, window, after=pages.after_id(cursor) or _BEFORE_ALL, size=limit + 1)
    return Page(items=list(pages.cut(response, ids, limit, lambda each: each)))


@router.get("/state")
async def state(_caller: Operator, own: Own) -> ServiceState:
    """Say how outbox, schema, parked messages, topics and consumers stand."""
    schema = await own.schema()
    return ServiceState(
        outbox=await own.outbox(),
        parked=await own.parked(),
        pending_migrations=schema.pending,
        newer_migrations=schema.newer,
        owned_append_only=await own.owned_append_only(),
        reading_again=await own.reads_again(),
        consumers=await own.at_kafka(),
    )
