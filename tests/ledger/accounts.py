"""Two services and their buses, for the tests of accounts: what one publishes is carried to the other by hand."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from contracts.envelope import Event
from contracts.lifecycle import EventType
from contracts.topics import LIFECYCLE, RECONCILIATION
from eventbus import inbox, outbox
from eventbus.parking import Misfit, park
from eventbus.slices import Subscription
from histories import TENANT, message
from ledger_service.events import statements
from ledger_service.service.accounting import BACK, ask
from operations import accounts
from outboxes import as_message
from runtime.clock import now

TAKEN = frozenset({EventType.ASSIGNED, EventType.RESOLVED, EventType.VERIFIED, EventType.CLOSED})
_ROWS = sa.text("SELECT * FROM outbox WHERE aggregatetype = :topic AND position > :after ORDER BY position")
_PUBLISHED = sa.text("UPDATE outbox SET published_at = now() WHERE id = ANY(:ids)")


class Books:
    """The other service, which is called intake: its outbox and inbox; and how it talks to the ledger."""

    def __init__(self, engine: AsyncEngine, ledger: AsyncEngine) -> None:
        self.engine = engine
        self.ledger = ledger
        self._lifecycle = Subscription("intake", LIFECYCLE.name, TAKEN, _nothing)
        self._read = {engine: 0, ledger: 0}

    async def publish(self, *events: Event, waiting: bool = False) -> None:
        """Put events into its outbox, which were sent unless they are `waiting`."""
        async with self.engine.begin() as connection:
            await outbox.append(connection, LIFECYCLE.name, events)
            if not waiting:
                await connection.execute(_PUBLISHED, {"ids": [event.id for event in events]})

    async def apply(self, *events: Event) -> None:
        """Claim events as its consumer does when it applies them."""
        async with self.engine.begin() as connection:
            await inbox.claim(connection, "intake", [event.id for event in events])

    async def park(self, event: Event) -> None:
        """Let its consumer park an event."""
        async with self.engine.begin() as connection:
            await park(connection, "intake", [Misfit(message(event), ValueError("nonsense"))])

    async def forget(self) -> None:
        """Empty its books."""
        async with self.engine.begin() as connection:
            await connection.execute(sa.text("TRUNCATE outbox, inbox, parked_message RESTART IDENTITY"))
        self._read[self.engine] = 0

    async def reconcile(self, *, settled: bool = True) -> UUID:
        """Let the ledger ask, the other answer and the ledger compare; return the question's id.

        Unless `settled`, what was made within the last minute may still be on its way.
        """
        question = await self.ask(settled=settled)
        await self.answer()
        await self.compare()
        return question

    async def ask(self, *, settled: bool = True, back: timedelta = BACK) -> UUID:
        """Let the ledger ask."""
        async with self.ledger.begin() as connection:
            return await ask(connection, TENANT, now() + timedelta(minutes=2 if settled else 0), back=back)

    async def answer(self) -> None:
        """Let the other read what was asked, and state its accounts."""
        await self._carry(self.ledger, accounts.subscription("intake", self._lifecycle), self.engine)

    async def compare(self) -> None:
        """Let the ledger read what was stated."""
        await self._carry(self.engine, statements.SUBSCRIPTION, self.ledger)

    async def _carry(self, source: AsyncEngine, subscription: Subscription, target: AsyncEngine) -> None:
        async with source.connect() as connection:
            parameters = {"topic": RECONCILIATION.name, "after": self._read[source]}
            rows = (await connection.execute(_ROWS, parameters)).mappings().all()
        for row in rows:
            self._read[source] = row["position"]
            await subscription.apply(target, [as_message(row, row["position"])])


async def _nothing(_connection: Any, _events: Sequence[Event[Any]]) -> Sequence[Event[Any]]:
    return []
