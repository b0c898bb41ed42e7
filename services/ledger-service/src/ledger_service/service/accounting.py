"""Reconciles the ledger with the other services 对账: asks for their accounts, and keeps what has lost its way.

The ledger is the one that has every event of every complaint, so it compares. A question carries its own sums; a
service answers with what differs; what is listed there is looked up once more, for it may have come meanwhile.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, cast
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.envelope import Event
from contracts.reconciliation import (
    MOST_HOURS,
    MOST_PARKED,
    AccountsStated,
    DifferingHour,
    HourSum,
    ReconciliationAsked,
    ReconciliationEvent,
)
from contracts.topics import RECONCILIATION
from eventbus import outbox
from eventbus.books import Window
from eventbus.parked_keys import parked_keys, parked_messages
from ledger_service.persistence import loose_ends, reconciliations
from ledger_service.persistence.loose_ends import LooseEnd
from ledger_service.persistence.reconciliation import EntryBook
from operations.accounts import HOUR, runs
from runtime import clock
from runtime.ids import uuid7

OTHERS = ("intake", "dispatch")
"""Who is asked."""
OWN = "ledger"
"""Who asks. What it has to say is kept with the statements of the others."""
BACK = timedelta(hours=24)
"""What the hourly question is about."""
FURTHEST = HOUR * (MOST_HOURS - 24)
"""How far back one may ask; the rest of the hours is for what was stuck before."""
SETTLE = timedelta(minutes=1)
"""For so long an event may be on its way."""
_MOST_STUCK = 10_000
"""Of one service and hour."""
_CONSUMER = "ledger"


async def ask(
    connection: AsyncConnection, operating: str, now: datetime, *, by: str | None = None, back: timedelta = BACK
) -> UUID:
    """Ask all services for their accounts of the events made within `back` before `now`; return the question's id.

    Hours from which events are stuck are always asked about again. `operating` is the tenant of the platform.
    """
    until = now - SETTLE
    hours = _hours(until - back, until)
    stuck = await loose_ends.hours(connection, size=MOST_HOURS)
    hours = sorted([*hours, *[hour for hour in stuck if hour < hours[0]][: MOST_HOURS - len(hours)]])
    sums = [bucket for window in runs(hours, until) for bucket in await EntryBook().buckets(connection, window)]
    question = uuid7()
    entered = tuple(
        HourSum(hour=each.hour, type=str(each.type), events=each.events, digest=f"{each.digest:015x}") for each in sums
    )
    asked = ReconciliationAsked(until=until, hours=tuple(hours), entered=entered)
    await reconciliations.add(
        connection,
        id=question,
        asked_at=now,
        asked_by=by,
        until=until,
        hours=hours,
        entered=sum(each.events for each in sums),
    )
    await outbox.append(connection, RECONCILIATION.name, [_question(question, operating, now, asked)])
    return question


async def take(connection: AsyncConnection, event: Event[Any]) -> None:
    """Keep what a service has stated; about a question that is not known here, or after a later one, it is nothing."""
    question = await reconciliations.find(connection, event.subject)
    if question is None or await reconciliations.is_answered_later(connection, event.source, event.subject):
        return
    stated = cast(AccountsStated, event.data)
    await count_parked(connection, event.tenant)
    found = await _stuck(connection, event.source, stated, question["until"])
    unlisted = {each.hour for each in stated.differing if not (each.published_whole and each.applied_whole)}
    await loose_ends.replace_stuck(
        connection,
        event.source,
        found,
        hours=set(question["hours"]) - unlisted,
        published_since=stated.published_since,
    )
    await loose_ends.replace_parked(
        connection,
        event.source,
        [
            LooseEnd(
                *(each.tenant, each.complaint, "parked", event.source, event.source, each.since, "parked"),
                event_id=each.event,
                events=each.messages,
            )
            for each in stated.parked
        ],
    )
    await reconciliations.add_statement(
        connection,
        reconciliation=event.subject,
        service=event.source,
        stated_at=event.time,
        published=stated.published,
        applied=stated.applied,
        hours_differing=len(stated.differing),
        hours_unlisted=len(unlisted),
        stuck=len({each.complaint_id for each in found}),
        parked_messages=stated.parked_messages,
    )
    await _state_own(connection, question)


async def _state_own(connection: AsyncConnection, question: Mapping[str, Any]) -> None:
    """Keep what the ledger itself has to say: how much it has entered, and what is parked here."""
    await reconciliations.add_statement(
        connection,
        reconciliation=question["id"],
        service=OWN,
        stated_at=clock.now(),
        published=0,
        applied=question["entered"],
        hours_differing=0,
        hours_unlisted=0,
        stuck=0,
        parked_messages=await parked_messages(connection),
    )


async def count_parked(connection: AsyncConnection, operating: str) -> None:
    """Keep what is parked at the ledger itself; what names no tenant belongs to `operating`, that of the platform."""
    keys = await parked_keys(connection, _CONSUMER, size=MOST_PARKED)
    found = [
        LooseEnd(
            *(key.tenant or operating, key.key, "parked", "ledger", "ledger", key.since, "parked"),
            event_id=key.event,
            events=key.messages,
        )
        for key in keys
        if key.key is not None
    ]
    await loose_ends.replace_parked(connection, "ledger", found)


async def _stuck(
    connection: AsyncConnection, service: str, stated: AccountsStated, until: datetime
) -> Sequence[LooseEnd]:
    """Return what is missing in the hours that differ and is not parked where it is missing, hour by hour."""
    parked_here = {key.key for key in await parked_keys(connection, _CONSUMER, size=MOST_PARKED)}
    parked_there = {each.complaint for each in stated.parked}
    found: list[LooseEnd] = []
    for each in stated.differing:
        missing = await _not_entered(connection, service, each)
        found += _by_complaint(
            line for line in missing if line.service != "ledger" or line.complaint_id not in parked_here
        )
        missing = await _not_applied(connection, service, stated.takes, each, until)
        found += _by_complaint(line for line in missing if line.complaint_id not in parked_there)
    return found


async def _not_entered(connection: AsyncConnection, service: str, part: DifferingHour) -> list[LooseEnd]:
    """Return the events that the service has published, or should have, and the ledger has not entered."""
    lines = part.published or ()
    known = await loose_ends.settled(connection, part.hour, [line.id for line in lines]) if lines else set[UUID]()
    return [
        _event(
            (line.tenant, line.complaint, line.id),
            "ledger" if line.state == "published" else service,
            service,
            "not_entered" if line.state == "published" else line.state,
        )
        for line in lines
        if line.id not in known
    ]


async def _not_applied(
    connection: AsyncConnection, service: str, takes: Sequence[str], part: DifferingHour, until: datetime
) -> list[LooseEnd]:
    """Return the events that the ledger has entered and the service should have applied."""
    if part.applied is None or not part.applied_whole:
        return []
    window = Window(part.hour, min(part.hour + HOUR, until))
    missing = await loose_ends.not_applied(connection, window, types=takes, applied=part.applied, size=_MOST_STUCK)
    return [_event((each.tenant, each.complaint_id, each.id), service, service, "not_applied") for each in missing]


def _event(about: tuple[str, UUID, UUID], service: str, stated_by: str, why: str) -> LooseEnd:
    tenant, complaint, event_id = about
    return LooseEnd(tenant, complaint, "stuck", service, stated_by, made_at(event_id), why, event_id, 1)


def _by_complaint(lines: Iterable[LooseEnd]) -> list[LooseEnd]:
    """Return one for each complaint and place: the first, with how many there are."""
    groups: defaultdict[tuple[str, UUID, str], list[LooseEnd]] = defaultdict(list)
    for line in lines:
        groups[line.tenant, line.complaint_id, line.service].append(line)
    firsts = [(min(group, key=lambda line: (line.since, str(line.event_id))), len(group)) for group in groups.values()]
    return [first._replace(events=events) for first, events in firsts]


def made_at(event_id: UUID) -> datetime:
    """Return when an event was made, by its id (UUIDv7: milliseconds since 1970 in the first 48 bits)."""
    return datetime.fromtimestamp((event_id.int >> 80) / 1000, UTC)


def _hours(start: datetime, until: datetime) -> list[datetime]:
    """Return the whole hours of UTC that the time from `start` to `until` touches."""
    first = start.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    return [first + HOUR * number for number in range((until - first) // HOUR + 1)]


def _question(question: UUID, operating: str, now: datetime, asked: ReconciliationAsked) -> Event[ReconciliationEvent]:
    return Event(
        id=(event_id := uuid7()),
        type=ReconciliationEvent.ASKED,
        source="ledger",
        subject=question,
        tenant=operating,
        time=now,
        sequence=1,
        correlation_id=event_id,
        causation_id=None,
        traceparent=None,
        data=asked,
    )
