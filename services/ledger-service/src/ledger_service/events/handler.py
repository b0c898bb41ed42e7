"""Enters what intake and dispatch publish. The ledger's own events are entered where they are made."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.envelope import Event
from contracts.lifecycle import TRANSITIONS, IllegalTransition
from contracts.topics import LIFECYCLE
from eventbus.errors import OutOfOrder, Permanent
from eventbus.slices import Subscription
from ledger_service.domain.errors import Gap, Unenterable
from ledger_service.service.recording import record_slice


async def enter_events(connection: AsyncConnection, events: Sequence[Event]) -> Sequence[Event]:
    """Enter a slice; nothing follows from it.

    Raises OutOfOrder where an earlier event of a complaint is missing, Permanent where an event can never be entered.
    """
    try:
        await record_slice(connection, events)
    except Gap as error:
        raise OutOfOrder(str(error)) from error
    except (Unenterable, IllegalTransition) as error:
        raise Permanent(str(error)) from error
    return ()


SUBSCRIPTION = Subscription(
    consumer="ledger",
    topic=LIFECYCLE.name,
    types=frozenset(event_type for event_type, line in TRANSITIONS.items() if line.owner != "ledger"),
    handler=enter_events,
)
