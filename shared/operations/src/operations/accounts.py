"""States a service's accounts 对账 when the ledger asks: what it published and applied, where that is not the ledger's.

One question, one answer: the question carries the ledger's sums by hour, so a service needs to list only the hours in
which its own differ, and nothing where all agree.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.envelope import Event
from contracts.reconciliation import (
    MOST_APPLIED,
    MOST_PARKED,
    MOST_PUBLISHED,
    RECONCILIATION_OWNERS,
    AccountsStated,
    DifferingHour,
    ParkedComplaint,
    PublishedLine,
    ReconciliationAsked,
    ReconciliationEvent,
)
from contracts.topics import LIFECYCLE, RECONCILIATION, consumer_of
from eventbus import books
from eventbus.books import Bucket, HourTotals, InboxBook, Window, totals
from eventbus.janitor import KEEP_OUTBOX
from eventbus.parked_keys import ParkedKey, parked_keys, parked_messages
from eventbus.slices import Subscription
from runtime.clock import now
from runtime.ids import uuid7

HOUR = timedelta(hours=1)
_STATED = {owner: each for each, owner in RECONCILIATION_OWNERS.items() if each is not ReconciliationEvent.ASKED}
_START = UUID(int=0)


@dataclass(frozen=True)
class Sums:
    """What is in the books of some hours, by hour."""

    published: HourTotals
    applied: HourTotals


class Accounts:
    """The handler of a service's subscription to questions about its accounts."""

    def __init__(self, service: str, lifecycle: Subscription) -> None:
        """`lifecycle` is how the service consumes the life of complaints."""
        self._service = service
        self._consumer = lifecycle.consumer
        self._takes = frozenset(map(str, lifecycle.types))
        self._own = [each for each, owners in LIFECYCLE.owners.items() if service in owners]
        self._inbox = InboxBook(lifecycle.consumer)

    async def __call__(self, connection: AsyncConnection, events: Sequence[Event[Any]]) -> Sequence[Event[Any]]:
        """Answer each question."""
        return [await self._answer(connection, event) for event in events]

    async def _answer(self, connection: AsyncConnection, event: Event[Any]) -> Event[Any]:
        asked = cast(ReconciliationAsked, event.data)
        since = now() - KEEP_OUTBOX
        there = await self._sums(connection, asked)
        wanted = self._wanted(asked)
        keys = await parked_keys(connection, self._consumer, size=MOST_PARKED)
        stated = AccountsStated(
            takes=tuple(sorted(self._takes)),
            published=sum(events for events, _ in there.published.values()),
            applied=sum(events for events, _ in there.applied.values()),
            published_since=since,
            differing=await self._differing(connection, asked, wanted, there, since),
            parked=[_parked(key, event.tenant) for key in keys if key.key is not None],
            parked_messages=await parked_messages(connection),
        )
        return Event(
            id=uuid7(),
            type=_STATED[self._service],
            source=self._service,
            subject=event.subject,
            tenant=event.tenant,
            time=now(),
            sequence=1,
            correlation_id=event.correlation_id,
            causation_id=event.id,
            traceparent=event.traceparent,
            data=stated,
        )

    def _wanted(self, asked: ReconciliationAsked) -> Sums:
        """Return what the books hold if they agree with the ledger's."""
        entered = [Bucket(each.hour, each.type, each.events, int(each.digest, 16)) for each in asked.entered]
        own = set(map(str, self._own))
        return Sums(
            published=totals(each for each in entered if each.type in own),
            applied=totals(each for each in entered if each.type in self._takes),
        )

    async def _sums(self, connection: AsyncConnection, asked: ReconciliationAsked) -> Sums:
        published: list[Bucket] = []
        applied: list[Bucket] = []
        own = set(map(str, self._own))
        for window in runs(asked.hours, asked.until):
            published += [each for each in await books.published(connection, window) if each.type in own]
            applied += await self._inbox.buckets(connection, window)
        return Sums(totals(published), totals(applied))

    async def _differing(
        self, connection: AsyncConnection, asked: ReconciliationAsked, wanted: Sums, there: Sums, since: datetime
    ) -> tuple[DifferingHour, ...]:
        """List what there is in the hours that differ, the first of them first, as much as a statement holds."""
        left = {"published": MOST_PUBLISHED, "applied": MOST_APPLIED}
        found: list[DifferingHour] = []
        for hour in asked.hours:
            line = DifferingHour(hour=hour)
            window = Window(hour, min(hour + HOUR, asked.until))
            if hour >= since and wanted.published[hour] != there.published[hour]:
                line = line.model_copy(update=await self._published(connection, window, left["published"]))
                left["published"] -= len(line.published or ())
            if wanted.applied[hour] != there.applied[hour]:
                ids = await self._inbox.ids(connection, window, after=_START, size=left["applied"] + 1)
                part = tuple(ids[: left["applied"]])
                line = line.model_copy(update={"applied": part, "applied_whole": len(part) == len(ids)})
                left["applied"] -= len(part)
            if line.published is not None or line.applied is not None:
                found.append(line)
        return tuple(found)

    async def _published(self, connection: AsyncConnection, window: Window, size: int) -> dict[str, object]:
        lines = await books.published_lines(connection, window, types=self._own, after=_START, size=size + 1)
        part = tuple(
            PublishedLine.model_validate(
                {"id": each.id, "type": each.type, "complaint": each.key, "tenant": each.tenant, "state": each.state}
            )
            for each in lines[:size]
        )
        return {"published": part, "published_whole": len(part) == len(lines)}


def subscription(service: str, lifecycle: Subscription) -> Subscription:
    """Return a service's subscription to questions about its accounts."""
    return Subscription(
        consumer=consumer_of(service, RECONCILIATION),
        topic=RECONCILIATION.name,
        types=frozenset({ReconciliationEvent.ASKED}),
        handler=Accounts(service, lifecycle),
    )


def runs(hours: Iterable[datetime], until: datetime) -> list[Window]:
    """Return windows that cover these ordered hours, one for each run of them, and nothing from `until` on."""
    windows: list[Window] = []
    for hour in hours:
        end = min(hour + HOUR, until)
        if windows and windows[-1].end == hour:
            windows[-1] = Window(windows[-1].start, end)
        else:
            windows.append(Window(hour, end))
    return windows


def _parked(key: ParkedKey, operating: str) -> ParkedComplaint:
    """Return it as it is told; what names no tenant is told to the one that operates the platform."""
    return ParkedComplaint.model_validate(
        {
            "complaint": key.key,
            "tenant": key.tenant or operating,
            "since": key.since,
            "event": key.event,
            "messages": key.messages,
        }
    )
