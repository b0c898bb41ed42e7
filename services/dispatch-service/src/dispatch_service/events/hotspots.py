"""Hot spots that the ledger publishes become suggested patrols 未诉先办."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.envelope import Event
from contracts.hotspots import HotspotDetected, HotspotEnded, HotspotEvent
from contracts.topics import HOTSPOTS, consumer_of
from dispatch_service.persistence import patrol_suggestions
from dispatch_service.persistence.territory import Territory
from eventbus.slices import Subscription
from runtime.clock import now as present


class Hotspots:
    """The handler of dispatch's subscription to hot spots."""

    def __init__(self, territory: Territory, *, now: Callable[[], datetime] = present) -> None:
        """`territory` says which team answers for a place."""
        self._territory = territory
        self._now = now

    async def __call__(self, connection: AsyncConnection, events: Sequence[Event[Any]]) -> Sequence[Event[Any]]:
        """Keep a suggestion for each hot spot of `events`, and close those whose hot spot has ended.

        What is older than what is known changes nothing, for a compacted topic may leave out what was between.
        """
        now = self._now()
        maps = await self._territory.maps(connection, {event.tenant for event in events})
        for event in events:
            match event.data:
                case HotspotDetected() as hotspot:
                    [unit] = maps[event.tenant].decide([(hotspot.lon, hotspot.lat)])
                    row = {
                        "tenant": event.tenant,
                        "id": event.subject,
                        "sequence": event.sequence,
                        "team": unit.team.code,
                        "grid": unit.grid,
                        "community": unit.community,
                        "lon": hotspot.lon,
                        "lat": hotspot.lat,
                        "hotspot": hotspot.model_dump(mode="json"),
                        "updated_at": now,
                    }
                    await patrol_suggestions.follow(connection, row)
                case HotspotEnded(ended_at=ended_at):
                    key = (connection, event.tenant, event.subject)
                    await patrol_suggestions.end(*key, sequence=event.sequence, ended_at=ended_at, now=now)
        return []


def subscription(territory: Territory) -> Subscription:
    """Return dispatch's subscription to hot spots."""
    return Subscription(
        consumer=consumer_of("dispatch", HOTSPOTS),
        topic=HOTSPOTS.name,
        types=frozenset(HotspotEvent),
        handler=Hotspots(territory),
    )
