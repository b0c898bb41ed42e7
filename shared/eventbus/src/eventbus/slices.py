"""Applies records to a service's database: one slice, one transaction.

The transaction claims the ids, applies what is new, writes what follows from it to the outbox, and parks what cannot
be read. Either all of it commits or nothing does.
"""

from collections.abc import Awaitable, Callable, Sequence, Set
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from contracts.envelope import Event, MalformedEvent, id_of, parse
from eventbus import inbox, outbox
from eventbus.errors import TooManyMisfits
from eventbus.parking import BehindParked, Message, Misfit, blocked_keys, park, settled

Handler = Callable[[AsyncConnection, Sequence[Event[Any]]], Awaitable[Sequence[Event[Any]]]]
"""Applies new events, in order, in the given transaction; returns the events that follow from them on the same topic.

Raises Permanent for an event that can never be applied, Transient where waiting may heal it. It does no I/O but the
database's: an effect elsewhere is an event in the outbox, and so is an event on another topic.
"""


@dataclass
class Outcome:
    """What one slice did, counted by record."""

    applied: int = 0
    duplicate: int = 0
    misfits: list[Misfit] = field(default_factory=list)

    @property
    def culprits(self) -> list[Misfit]:
        """The misfits that have a fault of their own, not those that merely wait behind one."""
        return [misfit for misfit in self.misfits if not isinstance(misfit.error, BehindParked)]


@dataclass(frozen=True)
class Subscription:
    """Who consumes what: the consumer's name is part of every inbox claim and must never change."""

    consumer: str
    topic: str
    types: frozenset[StrEnum]
    handler: Handler

    async def apply(self, engine: AsyncEngine, messages: Sequence[Message], *, room: int | None = None) -> Outcome:
        """Apply `messages` in one transaction; any error rolls all of it back and is raised.

        Raises TooManyMisfits where more than `room` of them could not be read.
        """
        async with engine.begin() as connection:
            outcome = await self.apply_within(connection, messages)
            if room is not None and len(outcome.culprits) > room:
                raise TooManyMisfits(f"{len(outcome.culprits)} messages to park, and room for {room}")
            return outcome

    async def apply_within(
        self, connection: AsyncConnection, messages: Sequence[Message], *, releasing: bool = False
    ) -> Outcome:
        """Apply `messages` in the caller's transaction. `releasing` lets a parked key through."""
        fresh, misfits = await self._take(connection, messages, releasing=releasing)
        if fresh:
            follow_ups = await self.handler(connection, fresh)
            await outbox.append(connection, self.topic, follow_ups)
        if misfits:
            await park(connection, self.consumer, misfits)
        return Outcome(applied=len(fresh), duplicate=len(messages) - len(fresh) - len(misfits), misfits=misfits)

    async def _take(
        self, connection: AsyncConnection, messages: Sequence[Message], *, releasing: bool
    ) -> tuple[list[Event[Any]], list[Misfit]]:
        """Claim and return the events that were not applied before, and what is to be parked, both in order."""
        events, misfits = _read(messages, frozenset())
        if not misfits and not releasing:
            repeats = await inbox.claim(connection, self.consumer, list(events), unless_parked=True)
            if len(repeats) < len(events):  # the rule: nothing is parked, and something is new
                return [event for event in events.values() if not repeats or event.id not in repeats], []
        if not releasing:
            blocked = await blocked_keys(connection, self.consumer, {message.key for message in messages})
            events, misfits = _read(messages, blocked)
            if misfits:
                events, misfits = await self._read_without_repeats(connection, messages, blocked, misfits)
        repeats = await inbox.claim(connection, self.consumer, list(events))
        return [event for event in events.values() if event.id not in repeats], misfits

    async def _read_without_repeats(
        self, connection: AsyncConnection, messages: Sequence[Message], blocked: set[bytes], misfits: Sequence[Misfit]
    ) -> tuple[dict[UUID, Event[Any]], list[Misfit]]:
        """Read again, leaving out the misfits that come a second time: applied before, or settled by an operator."""
        suspects = [misfit.message for misfit in misfits]
        ids = {message.place: id_of(message.headers) for message in suspects}
        known = await inbox.applied(connection, self.consumer, [event_id for event_id in ids.values() if event_id])
        done = await settled(connection, self.consumer, suspects)
        done |= {place for place, event_id in ids.items() if event_id in known}
        return _read([message for message in messages if message.place not in done], blocked)


def _read(messages: Sequence[Message], blocked: Set[bytes]) -> tuple[dict[UUID, Event[Any]], list[Misfit]]:
    """Return the readable events by id, in order, the first of each id; and the rest, to be parked."""
    events: dict[UUID, Event[Any]] = {}
    misfits: list[Misfit] = []
    blocked = set(blocked)
    for message in messages:
        if message.key in blocked:
            misfits.append(Misfit(message, BehindParked("an earlier message of this key is parked")))
            continue
        try:
            event = parse(message.headers, message.value)
        except MalformedEvent as error:
            blocked.add(message.key)
            misfits.append(Misfit(message, error))
        else:
            events.setdefault(event.id, event)
    return events, misfits
