"""Keeps the limits of categories, as intake tells them."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.directory import CategoryChanged, DirectoryEvent
from contracts.envelope import Event
from contracts.topics import DIRECTORY, consumer_of
from dispatch_service.domain.limits import NEEDED
from dispatch_service.persistence import category_limits
from dispatch_service.persistence.category_limits import Told
from eventbus.slices import Subscription
from runtime.clock import now


async def keep_limits(connection: AsyncConnection, events: Sequence[Event[Any]]) -> Sequence[Event[Any]]:
    """Keep the newest that `events` say of each category; nothing follows from that but other clocks."""
    news: dict[str, dict[str, Told]] = defaultdict(dict)
    for event in events:
        if isinstance(event.data, CategoryChanged):
            known = news[event.tenant].get(event.data.code)
            if known is None or known.sequence < event.sequence:
                news[event.tenant][event.data.code] = Told(event.sequence, _limits(event.data), event.data.removed)
    for tenant, told in sorted(news.items()):
        await category_limits.keep(connection, tenant, told, now())
    return []


SUBSCRIPTION = Subscription(
    consumer=consumer_of("dispatch", DIRECTORY),
    topic=DIRECTORY.name,
    types=frozenset({DirectoryEvent.CATEGORY_CHANGED}),
    handler=keep_limits,
)


def _limits(said: CategoryChanged) -> dict[str, Any]:
    if said.removed:
        return {}
    given = {str(stage): getattr(said, stage) for stage in NEEDED}
    return {stage: limit.model_dump() for stage, limit in given.items() if limit is not None}
