"""Keeps what intake tells of its configuration: limits and names of categories, and which sources there are."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.directory import CategoryChanged, DirectoryEvent, SourceChanged
from contracts.envelope import Event
from contracts.topics import DIRECTORY, consumer_of
from dispatch_service.domain.limits import NEEDED
from dispatch_service.persistence import category_limits
from dispatch_service.persistence.category_limits import Told
from dispatch_service.persistence.clock_settings import CATEGORIES, SOURCES
from eventbus.slices import Subscription
from runtime.clock import now


async def keep_configured(connection: AsyncConnection, events: Sequence[Event[Any]]) -> Sequence[Event[Any]]:
    """Keep the newest that `events` say of each category and source; nothing follows from that but other clocks."""
    news: dict[tuple[str, str], dict[str, Told]] = defaultdict(dict)
    for event in events:
        said = event.data
        if isinstance(said, CategoryChanged | SourceChanged):
            newest = news[event.tenant, CATEGORIES if isinstance(said, CategoryChanged) else SOURCES]
            known = newest.get(said.code)
            if known is None or known.sequence < event.sequence:
                newest[said.code] = _told(event.sequence, said)
    for (tenant, name), told in sorted(news.items()):
        await category_limits.keep(connection, tenant, name, told, now())
    return []


SUBSCRIPTION = Subscription(
    consumer=consumer_of("dispatch", DIRECTORY),
    topic=DIRECTORY.name,
    types=frozenset({DirectoryEvent.CATEGORY_CHANGED, DirectoryEvent.SOURCE_CHANGED}),
    handler=keep_configured,
)


def _told(sequence: int, said: CategoryChanged | SourceChanged) -> Told:
    if not isinstance(said, CategoryChanged):
        return Told(sequence, {}, said.removed, proactive=said.proactive)
    return Told(sequence, _limits(said), said.removed, {"zh": said.zh, "en": said.en})


def _limits(said: CategoryChanged) -> dict[str, Any]:
    if said.removed:
        return {}
    given = {str(stage): getattr(said, stage) for stage in NEEDED}
    return {stage: limit.model_dump() for stage, limit in given.items() if limit is not None}
