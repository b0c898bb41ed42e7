"""What the suite waits for."""

from collections.abc import Sequence
from typing import Any

from prometheus_client import REGISTRY

from behaviour.tiny_service import TinyService
from contracts.envelope import Event
from eventbus.tables import SHARDS


async def all_published(service: TinyService) -> bool:
    """Nothing waits in the outbox."""
    return await service.unpublished() == 0


async def all_applied(service: TinyService, events: Sequence[Event[Any]]) -> bool:
    """As many effects as events, or more."""
    return len(await service.applied()) >= len(events)


async def applied_count(service: TinyService, count: int) -> bool:
    """So many effects came about, or more."""
    return len(await service.applied()) >= count


async def parked_count(service: TinyService, count: int) -> bool:
    """So many messages are parked, or more."""
    return len(await service.parked()) >= count


async def counted(service: TinyService, outcome: str, count: float) -> bool:
    """The consumers of this process have met so many records with this outcome, or more."""
    return consumed(service, outcome) >= count


def consumed(service: TinyService, outcome: str) -> float:
    """How many records had this outcome: applied, duplicate, skipped or parked."""
    labels = {"consumer": service.group, "outcome": outcome}
    return REGISTRY.get_sample_value("jieban_consumed_total", labels) or 0


def lag(service: TinyService) -> float | None:
    """How far the consumer says it is behind."""
    return REGISTRY.get_sample_value("jieban_consumer_lag", {"consumer": service.group})


def is_holding(service: TinyService) -> bool:
    """Tell whether the consumer says that it waits."""
    return REGISTRY.get_sample_value("jieban_consumer_holding", {"consumer": service.group}) == 1


async def shares(service: TinyService) -> list[int]:
    """How many shards each relay holds that holds any."""
    rows = await service.rows(
        "SELECT pid, count(*) AS shards FROM pg_locks WHERE locktype = 'advisory' AND objid < :shards"
        " AND database = (SELECT oid FROM pg_database WHERE datname = current_database()) GROUP BY pid",
        shards=SHARDS,
    )
    return [row.shards for row in rows]


async def holds_all_shards(service: TinyService) -> bool:
    """One relay holds every shard."""
    return await shares(service) == [SHARDS]


async def has_waited(service: TinyService) -> bool:
    """The relays of this process have met an outage more than once."""
    failures = REGISTRY.get_sample_value("jieban_relay_failures_total", {"service": service.topic})
    return failures is not None and failures > 1
