"""A ledger that was restored from a backup reads again, on its topics, what has happened since: its own events as well.

What follows by rule may have been decided otherwise by people, further behind on the topic: an inspector was faster
than the word on the photos, closing rules were changed. So nothing follows by rule, and nobody acts, until all is read
that was there when the reading began, and nothing of it is parked. What is still waiting then goes by the rules.
"""

from collections.abc import Mapping, Sequence
from uuid import UUID

import structlog
from aiokafka import TopicPartition
from aiokafka.errors import KafkaError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from contracts.envelope import Event
from contracts.lifecycle import EventType, Status
from contracts.topics import FIELD_ACTIVITY, LIFECYCLE
from eventbus.brokers import Brokers, Offsets
from eventbus.slices import Subscription
from ledger_service.domain.follow_up_changes import Changes
from ledger_service.persistence import complaints, entries, erasing, follow_up_changes, follow_ups, rereading
from ledger_service.persistence.rereading import Held, Place
from ledger_service.service.erasing import follow_erasures
from ledger_service.service.recording import follow_held
from ledger_service.service.rule_books import rule_books
from runtime.outages import is_outage

PAGE = 200
"""Complaints of one transaction."""
TOPICS = (LIFECYCLE, FIELD_ACTIVITY)
"""On these it tells something itself."""
_FIRST = ("", UUID(int=0))
log = structlog.get_logger()


async def begin(engine: AsyncEngine, ends: Offsets) -> None:
    """Do nothing by rule, and let nobody act, until partitions of these TOPICS are read up to these offsets."""
    async with engine.begin() as connection:
        await rereading.begin(connection, ends)


class Rereading:
    """Ends the reading once all is read, and lets follow what waits then. Any number of replicas may do it at once."""

    def __init__(self, engine: AsyncEngine, brokers: Brokers, readers: Sequence[Subscription]) -> None:
        """`readers` are those of the topics that may be read again."""
        self._engine = engine
        self._brokers = brokers
        self._readers = readers
        self._read: Mapping[Place, int] = {}
        """Up to where all is read, as far as the brokers were asked."""

    async def work(self) -> bool:
        """Do what is next; True where there is more to do at once. Brokers are asked only while something is read.

        A slice that began before the end holds what it finds, and commits behind it: that is looked for ever after.
        """
        async with self._engine.connect() as connection:
            ends = await rereading.ends(connection)
        if ends and not (await self._has_read(ends) and await self._is_decided()):
            return False
        if await self._follow():
            return True
        if ends:
            await self._end(ends)
        return False

    async def _has_read(self, ends: Mapping[Place, int]) -> bool:
        if ends == self._read:
            return True
        try:
            has_read = all([await self._is_through(each, ends) for each in self._readers])
        except (KafkaError, OSError, TimeoutError) as error:
            log.warning("reading_again_waits", error=repr(error)[:200])
            return False
        if has_read:
            self._read = ends
        return has_read

    async def _is_decided(self) -> bool:
        """Say whether nothing is parked of what was read: asked behind the brokers, for offsets are committed last."""
        async with self._engine.connect() as connection:
            return not await rereading.has_parked(connection, [each.consumer for each in self._readers])

    async def _is_through(self, reader: Subscription, ends: Mapping[Place, int]) -> bool:
        """Ask the brokers; a topic that was made anew may end before, and what they have dropped cannot be read."""
        wanted = {TopicPartition(*place): end for place, end in ends.items() if place[0] == reader.topic}
        if not wanted:
            return True
        done = await self._brokers.committed(reader.consumer)
        first, last = await self._brokers.extent(reader.topic)
        return all(
            max(done.get(each, 0), first[each]) >= min(end, last[each]) for each, end in wanted.items() if each in last
        )

    async def _follow(self) -> bool:
        async with self._engine.connect() as connection:
            waiting = await rereading.holding(connection, PAGE)
        if waiting:
            try:
                await self._let_follow(waiting)
            except Exception as error:
                if is_outage(error):
                    raise
                for each in waiting:
                    await self._let_one_follow(each)
        return bool(waiting)

    async def _let_follow(self, waiting: Sequence[tuple[str, UUID]], *, by_rule: bool = True) -> None:
        async with self._engine.begin() as connection:
            await _follow_causes(connection, waiting, by_rule=by_rule)

    async def _let_one_follow(self, complaint: tuple[str, UUID]) -> None:
        """Where nothing can follow, somebody has to decide: it stops none of the others."""
        try:
            await self._let_follow([complaint])
        except Exception as error:
            if is_outage(error):
                raise
            log.exception("nothing_follows_by_rule", complaint=str(complaint[1]))
            await self._let_follow([complaint], by_rule=False)

    async def _end(self, ends: Mapping[Place, int]) -> None:
        after: tuple[str, UUID] | None = _FIRST
        while after is not None:
            async with self._engine.begin() as connection:
                after = await _call_next(connection, after)
        async with self._engine.begin() as connection:
            await follow_ups.put_right(connection)
            if await rereading.end(connection, ends):
                log.info("read_again")
        self._read = {}


async def _follow_causes(connection: AsyncConnection, waiting: Sequence[tuple[str, UUID]], *, by_rule: bool) -> None:
    """Let follow what does from the causes that are held of these complaints, and then erasures, which have waited.

    Complaints are locked before their causes are taken, as consumers do: neither waits for the other.
    """
    known = await complaints.lock_many(connection, {tenant for tenant, _ in waiting}, {each for _, each in waiting})
    held = {each.event_id: each for each in await rereading.take(connection, known)}
    histories = await entries.histories(connection, {each.complaint_id for each in held.values()})
    events = [event for history in histories.values() for event, _ in history]
    causes = [
        _cause(event, held[event.id])
        for event in events
        if event.id in held and known[event.subject].round == held[event.id].round
    ]
    if by_rule and causes:
        await follow_held(connection, {each.subject: known[each.subject] for each in causes}, causes)
    await follow_erasures(connection, await erasing.waiting(connection, events))


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
