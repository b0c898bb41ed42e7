"""Keeps the grids of each tenant, as dispatch tells of them: its area is made of these."""

from collections.abc import Sequence
from typing import Any

import orjson
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.directory import DirectoryEvent, GridChanged
from contracts.envelope import Event, newest_of_each
from contracts.topics import DIRECTORY, consumer_of
from eventbus.slices import Subscription
from intake_service.persistence import areas
from intake_service.persistence.areas import KnownGrid


async def keep_grids(connection: AsyncConnection, events: Sequence[Event[Any]]) -> Sequence[Event[Any]]:
    """Keep the newest that `events` say of each grid, in one statement; nothing follows from that."""
    newest = newest_of_each(events)
    await areas.keep(connection, [_grid(event, event.data) for event in newest if isinstance(event.data, GridChanged)])
    return []


SUBSCRIPTION = Subscription(
    consumer=consumer_of("intake", DIRECTORY),
    topic=DIRECTORY.name,
    types=frozenset({DirectoryEvent.GRID_CHANGED}),
    handler=keep_grids,
)


def _grid(event: Event[Any], said: GridChanged) -> KnownGrid:
    area = orjson.dumps(said.area.coordinates).decode()
    return KnownGrid(event.tenant, said.code, event.sequence, said.removed, said.community, area)
