"""What the suite waits for."""

from collections.abc import Sequence

from prometheus_client import REGISTRY

from behaviour.tiny_service import TinyService
from contracts.envelope import Event


async def all_published(service: TinyService) -> bool:
    """Nothing waits in the outbox."""
    return await service.unpublished() == 0


async def all_applied(service: TinyService, events: Sequence[Event]) -> bool:
    """As many effects as events, or more."""
    return len(await service.applied()) >= len(events)


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


def is_holding(service: TinyService) -> bool:
    """Tell whether the consumer says that it waits."""
    return REGISTRY.get_sample_value("jieban_consumer_holding", {"consumer": service.group}) == 1
