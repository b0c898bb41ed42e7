"""Keeps the names of communities, grids and teams, and how many of a team are on duty, as dispatch tells them."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.directory import CommunityChanged, DirectoryEvent, DutyChanged, GridChanged, TeamChanged
from contracts.envelope import Event
from contracts.topics import DIRECTORY, consumer_of
from eventbus.slices import Subscription
from ledger_service.persistence import directory
from ledger_service.persistence.directory import Duty, Kind, Thing

_KINDS: dict[object, Kind] = {
    DirectoryEvent.COMMUNITY_CHANGED: "community",
    DirectoryEvent.GRID_CHANGED: "grid",
    DirectoryEvent.TEAM_CHANGED: "team",
}


async def keep_directory(connection: AsyncConnection, events: Sequence[Event[Any]]) -> Sequence[Event[Any]]:
    """Keep the newest that `events` say of each thing, in two statements; nothing follows from that."""
    newest: dict[object, Event[Any]] = {}
    for event in events:
        known = newest.get(event.subject)
        if known is None or known.sequence < event.sequence:
            newest[event.subject] = event
    duties = [event for event in newest.values() if isinstance(event.data, DutyChanged)]
    things = [event for event in newest.values() if event.type in _KINDS]
    await directory.keep_things(connection, [_thing(event) for event in things])
    await directory.keep_duties(connection, [_duty(event, event.data) for event in duties])
    return []


SUBSCRIPTION = Subscription(
    consumer=consumer_of("ledger", DIRECTORY),
    topic=DIRECTORY.name,
    types=frozenset({*map(DirectoryEvent, _KINDS), DirectoryEvent.DUTY_CHANGED}),
    handler=keep_directory,
)


def _thing(event: Event[Any]) -> Thing:
    said: CommunityChanged | GridChanged | TeamChanged = event.data
    return Thing(
        tenant=event.tenant,
        kind=_KINDS[event.type],
        code=said.code,
        sequence=event.sequence,
        removed=said.removed,
        name=said.name,
        community=None if isinstance(said, CommunityChanged) else said.community,
        team=said.team if isinstance(said, GridChanged) else None,
    )


def _duty(event: Event[Any], said: DutyChanged) -> Duty:
    return Duty(event.tenant, said.code, event.sequence, said.planned, said.on_duty, said.at, said.until)
