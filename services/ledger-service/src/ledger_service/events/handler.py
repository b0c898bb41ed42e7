"""Enters what is published. The ledger's own events are entered where they are made, and come back for nothing.

Unless they are missing: a ledger that was restored from a backup finds its own later events on the topic, and nowhere
else.
"""

from collections.abc import Sequence
from operator import attrgetter
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.envelope import Event
from contracts.lifecycle import TRANSITIONS, EventType, IllegalTransition
from contracts.topics import LIFECYCLE
from eventbus.errors import OutOfOrder, Permanent
from eventbus.slices import Subscription
from ledger_service.domain.errors import Gap, Unenterable
from ledger_service.persistence import entries
from ledger_service.service.recording import record_slice

_OWN = frozenset(event_type for event_type, line in TRANSITIONS.items() if line.owner == "ledger")


async def enter_events(connection: AsyncConnection, events: Sequence[Event]) -> Sequence[Event]:
    """Enter a slice; return what follows by rule, and the ledger's own events that were missing: the outbox lacks both.

    Raises OutOfOrder where an earlier event of a complaint is missing, Permanent where an event can never be entered.
    """
    own = {event.id: event.subject for event in events if event.type in _OWN}
    known = await entries.known(connection, own.values(), own) if own else set[UUID]()
    missing = [event for event in events if event.id not in known]
    try:
        by_rule = await record_slice(connection, missing)
    except Gap as error:
        raise OutOfOrder(str(error)) from error
    except IllegalTransition as error:
        awaits_others = error.is_early and error.event in _OWN  # of the others' own steps, numbers show what is missing
        raise (OutOfOrder if awaits_others else Permanent)(str(error)) from error
    except Unenterable as error:
        raise Permanent(str(error)) from error
    made = {event.id for event in by_rule}
    told = [event for event in missing if event.id in own and event.id not in made]
    return sorted([*told, *by_rule], key=attrgetter("sequence"))  # so each complaint's are published in their order


SUBSCRIPTION = Subscription(
    consumer="ledger",
    topic=LIFECYCLE.name,
    types=frozenset(EventType),
    handler=enter_events,
)
