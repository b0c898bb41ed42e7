"""Defects of the way from the topic into a service's database."""

from collections.abc import Sequence, Set
from contextlib import suppress
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from chaos.defects.breaking import changed, replace
from contracts.envelope import Event, MalformedEvent, parse
from dispatch_service.events import received
from eventbus import consumer, inbox, release, slices
from eventbus.consumer import Consumer
from eventbus.isolation import Isolation
from eventbus.parking import Message, Misfit
from eventbus.polling import Polled
from intake_service.events import lifecycle
from operations import service
from runtime.ids import uuid7

_ANY_PARKED = sa.text("SELECT EXISTS (SELECT FROM parked_message WHERE state = 'parked' AND consumer = :consumer)")
_ONE_MORE = sa.text("""
    UPDATE dispatch_case SET sequence = sequence + 1, version = version + 1
    WHERE complaint_id = ANY(CAST(:ids AS uuid[]))
""")


def no_inbox() -> None:
    """Let consumers apply whatever comes, as often as it comes."""
    replace(inbox, "claim", _claim_nothing)


async def _claim_nothing(
    connection: AsyncConnection, consumer: str, ids: Sequence[UUID], *, unless_parked: bool = False
) -> set[UUID]:
    parked = unless_parked and await connection.scalar(_ANY_PARKED, {"consumer": consumer})
    return set(ids) if parked else set()


def offsets_before_database() -> None:
    """Let consumers commit offsets before they apply the records; a crash in between loses them."""
    replace(service, "Consumer", _OffsetsFirst)


class _OffsetsFirst(Consumer):
    async def _apply(self, polled: Polled) -> None:
        self._offsets.note({partition: records[-1].offset + 1 for partition, records in polled.items()})
        await self._commit()
        await super()._apply(polled)


def swallowed_exception() -> None:
    """Let consumers go on after a slice that failed, as if it had been applied."""
    replace(consumer, "Isolation", _Swallowing)


class _Swallowing(Isolation):
    async def apply(self, messages: Sequence[Message]) -> int | None:
        with suppress(Exception):
            await self._apply(messages)
        return None


def skipped_poison() -> None:
    """Let consumers drop what they cannot read: nothing is parked, and later messages of the key are applied."""
    read = slices._read

    def read_some(messages: Sequence[Message], blocked: Set[bytes]) -> tuple[dict[UUID, Event], list[Misfit]]:
        return read([message for message in messages if _is_readable(message)], blocked)

    replace(slices, "_read", read_some)


def _is_readable(message: Message) -> bool:
    try:
        parse(message.headers, message.value)
    except MalformedEvent:
        return False
    return True


def follow_up_twice() -> None:
    """Let dispatch announce each assignment twice, under ids and sequences of their own.

    It stands for a timer that fires twice, since nothing has a timer yet: an effect that one cause may have only once
    comes about a second time, and each of the two is legal by itself. Only their common cause gives them away.
    """
    assign = received.assign

    async def assign_twice(connection: AsyncConnection, *arguments: Any) -> list[Event]:
        assigned = await assign(connection, *arguments)
        await connection.execute(_ONE_MORE, {"ids": [event.subject for event in assigned]})
        return [*assigned, *(event._replace(id=uuid7(), sequence=event.sequence + 1) for event in assigned)]

    replace(received, "assign", assign_twice)


def lost_park_order() -> None:
    """Let a release apply the parked messages of a key newest first, and intake believe what comes.

    Services that check the order themselves refuse what is early until its turn has come: without the second half,
    the first does nothing.
    """
    unchecked = changed(lifecycle._FOLLOW.text, "AND c.status = ANY(string_to_array(f.sources, ' '))", "")
    replace(lifecycle, "_FOLLOW", sa.text(unchecked))
    replace(release, "_OF_KEY", sa.text(changed(release._OF_KEY.text, "ORDER BY id", "ORDER BY id DESC")))
