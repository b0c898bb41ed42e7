"""Keeps the grids of each tenant, which its area is made of, its stations, and names, as dispatch tells of them."""

from collections.abc import Sequence
from typing import Any

import orjson
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.directory import CommunityChanged, DirectoryEvent, GridChanged, PostChanged
from contracts.envelope import Event, newest_of_each
from contracts.topics import DIRECTORY, consumer_of
from eventbus.slices import Subscription
from intake_service.persistence import areas, place_names, places
from intake_service.persistence.areas import KnownGrid
from intake_service.persistence.place_names import PlaceName
from intake_service.persistence.places import KnownPlace


async def keep(connection: AsyncConnection, events: Sequence[Event[Any]]) -> Sequence[Event[Any]]:
    """Keep the newest that `events` say of each thing, a statement for each kind; nothing follows from that."""
    newest = newest_of_each(events)
    await areas.keep(connection, [_grid(event, event.data) for event in newest if isinstance(event.data, GridChanged)])
    posts = [_place(event, event.data) for event in newest if isinstance(event.data, PostChanged)]
    await places.keep(connection, posts)
    named = [_name(event, event.data) for event in newest if isinstance(event.data, CommunityChanged | GridChanged)]
    await place_names.keep(connection, named)
    return []


SUBSCRIPTION = Subscription(
    consumer=consumer_of("intake", DIRECTORY),
    topic=DIRECTORY.name,
    types=frozenset({DirectoryEvent.COMMUNITY_CHANGED, DirectoryEvent.GRID_CHANGED, DirectoryEvent.POST_CHANGED}),
    handler=keep,
)


def _grid(event: Event[Any], said: GridChanged) -> KnownGrid:
    area = orjson.dumps(said.area.coordinates).decode()
    return KnownGrid(event.tenant, said.code, event.sequence, said.removed, said.community, area)


def _place(event: Event[Any], said: PostChanged) -> KnownPlace:
    return KnownPlace(event.tenant, said.code, event.sequence, said.kind)


def _name(event: Event[Any], said: CommunityChanged | GridChanged) -> PlaceName:
    return PlaceName(
        tenant=event.tenant,
        kind="grid" if isinstance(said, GridChanged) else "community",
        code=said.code,
        sequence=event.sequence,
        name=said.name,
    )
