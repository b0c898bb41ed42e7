"""A ledger that was restored from a backup reads again, on its topic, what has happened since: its own events as well.

What follows by rule may have been decided otherwise by people, further behind on the topic: an inspector was faster
than the word on the photos, closing rules were changed. So nothing follows by rule, and nobody acts, until all is read
that was there when the reading began. What is still waiting then goes by the rules.
"""

from collections.abc import Mapping, Sequence
from uuid import UUID

import structlog
from aiokafka import TopicPartition
from aiokafka.errors import KafkaError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from contracts.envelope import Event
from contracts.lifecycle import EventType, Status
from eventbus.brokers import Brokers, Offsets
from eventbus.slices import Subscription
from ledger_service.domain.errors import ReadingAgain
from ledger_service.domain.follow_up_changes import Changes
from ledger_service.persistence import complaints, entries, follow_up_changes, follow_ups, rereading
from ledger_service.persistence.rereading import Held
from ledger_service.service.recording import follow_held
from ledger_service.service.rule_books import rule_books

PAGE = 200
"""Complaints of one transaction."""
_FIRST = ("", UUID(int=0))
log = structlog.get_logger()


async def begin(engine: AsyncEngine, ends: Offsets) -> None:
    """Do nothing by rule, and let nobody act, until the partitions of the topic are read up to these offsets."""
    async with engine.begin() as connection:
        await rereading.begin(connection, {each.partition: end for each, end in ends.items()})


async def check(connection: AsyncConnection) -> None:
    """Raise ReadingAgain where the ledger may not know yet what was decided before."""
    if await rereading.is_on(connection):
        raise ReadingAgain


class Rereading:
    """Ends the reading once all is read, and lets follow what waits then. Any number of replicas may do it at once."""

    def __init__(self, engine: AsyncEngine, brokers: Brokers, reader: Subscription) -> None:
        """`reader` is whose topic is read again."""
        self._engine = engine
        self._brokers = brokers
        self._reader = reader

    async def work(self) -> bool:
        """Do what is next; True where there is more to do at once. Brokers are asked only while something is read.

        A slice that began before the end holds what it finds, and commits behind it: that is looked for ever after.
        """
        async with self._engine.connect() as connection:
            ends = await rereading.ends(connection)
        if ends and not await self._has_read(ends):
            return False
        if await self._follow():
            return True
        if ends:
            await self._end()
        return False

    async def _has_read(self, ends: Mapping[int, int]) -> bool:
        """Ask the brokers; a topic that was made anew may end before, and what they have dropped cannot be read."""
        try:
            done = await self._brokers.committed(self._reader.consumer)
            first, last = await self._brokers.extent(self._reader.topic)
        except (KafkaError, OSError, TimeoutError) as error:
            log.warning("reading_again_waits", error=repr(error)[:200])
            return False
        wanted = {TopicPartition(self._reader.topic, number): end for number, end in ends.items()}
        return all(
            max(done.get(each, 0), first[each]) >= min(end, last[each]) for each, end in wanted.items() if each in last
        )

    async def _follow(self) -> bool:
        async with self._engine.begin() as connection:
            waiting = await rereading.holding(connection, PAGE)
            if waiting:
                await _follow_causes(connection, waiting)
        return bool(waiting)

    async def _end(self) -> None:
        after: tuple[str, UUID] | None = _FIRST
        while after is not None:
            async with self._engine.begin() as connection:
                after = await _call_next(connection, after)
        async with self._engine.begin() as connection:
            await follow_ups.drop_passed(connection)
            if await rereading.end(connection):
                log.info("read_again")


async def _follow_causes(connection: AsyncConnection, waiting: Sequence[tuple[str, UUID]]) -> None:
    """Complaints are locked before their causes are taken, as consumers do: neither waits for the other."""
    known = await complaints.lock_many(connection, {tenant for tenant, _ in waiting}, {each for _, each in waiting})
    held = {each.event_id: each for each in await rereading.take(connection, known)}
    histories = await entries.histories(connection, known)
    causes = [
        (_cause(event, held[event.id]), held[event.id].round)
        for history in histories.values()
        for event, _ in history
        if event.id in held
    ]
    await follow_held(connection, known, causes)


def _cause(event: Event, held: Held) -> Event:
    return event._replace(correlation_id=held.correlation_id, traceparent=held.traceparent)


async def _call_next(connection: AsyncConnection, after: tuple[str, UUID]) -> tuple[str, UUID] | None:
    """Have reporters called of complaints that the rules of then did not close, and those of the backup would have.

    Takes a page behind `after`; returns its last, None where there is no more.
    """
    waiting = await follow_ups.without_call(connection, after, PAGE)
    if not waiting:
        return None
    known = await complaints.lock_many(connection, {tenant for tenant, _ in waiting}, {each for _, each in waiting})
    histories = await entries.histories(connection, known)
    changes = Changes(await rule_books(connection, {tenant for tenant, _ in waiting}))
    for complaint in known.values():
        verified = [event for event, _ in histories.get(complaint.id, ()) if event.type is EventType.VERIFIED]
        if verified and complaint.status is Status.VERIFIED:
            changes.call_first(complaint, verified[-1])
    await follow_up_changes.save(connection, changes)
    return waiting[-1]
