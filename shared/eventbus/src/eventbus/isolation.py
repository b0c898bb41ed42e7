"""Decides what to do when a slice fails: wait for an outage to end, or find and park the culprit alone."""

from collections.abc import Callable, Sequence
from time import monotonic

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from eventbus import metrics
from eventbus.errors import Transient
from eventbus.parking import Message, Misfit, park
from eventbus.slices import Outcome, Subscription

log = structlog.get_logger()
PARKS_PER_MINUTE = 100
"""More than this and the consumer holds instead: a bad release must not drain a topic into the parking table."""


class Isolation:
    """Applies messages as one slice; after a failure, one by one."""

    def __init__(
        self, subscription: Subscription, engine: AsyncEngine, is_outage: Callable[[BaseException], bool]
    ) -> None:
        """`is_outage` tells what waiting can heal from what it cannot."""
        self._subscription = subscription
        self._engine = engine
        self._is_outage = is_outage
        self._parks: list[float] = []

    async def apply(self, messages: Sequence[Message]) -> int | None:
        """Apply all of `messages` and return None, or the index of the first that has to wait for an outage to end.

        Everything before that index is applied or parked, in committed transactions.
        """
        try:
            await self._apply(messages)
        except Exception as error:  # noqa: BLE001 - sorted right below: wait, or find the culprit
            if self._heals(error):
                return self._hold(error, 0)
            log.warning("slice_failed", consumer=self._subscription.consumer, error=repr(error)[:300])
            return await self._one_by_one(messages)
        return None

    async def _one_by_one(self, messages: Sequence[Message]) -> int | None:
        for index, message in enumerate(messages):
            try:
                await self._apply([message])
            except Exception as error:  # noqa: BLE001 - the last line of defence: the culprit is parked, never dropped
                if self._heals(error):
                    return self._hold(error, index)
                if not self._room():
                    log.critical("too_many_parked", consumer=self._subscription.consumer, error=repr(error)[:300])
                    return index
                try:
                    await self._park(Misfit(message, error))
                except Exception as outage:
                    if not self._heals(outage):
                        raise
                    return self._hold(outage, index)
        return None

    async def _apply(self, messages: Sequence[Message]) -> None:
        self._count(await self._subscription.apply(self._engine, messages, room=self._room()))

    async def _park(self, misfit: Misfit) -> None:
        async with self._engine.begin() as connection:
            await park(connection, self._subscription.consumer, [misfit])
        self._count(Outcome(misfits=[misfit]))

    def _heals(self, error: Exception) -> bool:
        return isinstance(error, Transient) or self._is_outage(error)

    def _hold(self, error: Exception, index: int) -> int:
        log.warning("consumer_holds", consumer=self._subscription.consumer, error=repr(error)[:200])
        return index

    def _room(self) -> int:
        """Return how many messages may be parked now for a fault of their own."""
        horizon = monotonic() - 60
        self._parks = [at for at in self._parks if at > horizon]
        return PARKS_PER_MINUTE - len(self._parks)

    def _count(self, outcome: Outcome) -> None:
        consumer = self._subscription.consumer
        self._parks += [monotonic()] * len(outcome.culprits)
        metrics.CONSUMED.labels(consumer, "applied").inc(outcome.applied)
        metrics.CONSUMED.labels(consumer, "duplicate").inc(outcome.duplicate)
        metrics.CONSUMED.labels(consumer, "parked").inc(len(outcome.misfits))
        if outcome.misfits:
            first = outcome.misfits[0]
            log.error(
                "messages_parked",
                consumer=consumer,
                count=len(outcome.misfits),
                behind_others=len(outcome.misfits) - len(outcome.culprits),
                first_partition=first.message.partition,
                first_offset=first.message.offset,
                first_error_class=type(first.error).__name__,
            )
