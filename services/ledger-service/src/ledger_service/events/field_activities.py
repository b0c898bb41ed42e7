"""Enters what is published of activities, by the same use cases as what the API is asked for.

Dispatch tells of patrols. The ledger's own events come back for nothing, unless they are missing: a ledger that was
restored from a backup finds them here, and nowhere else.
"""

from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.envelope import Event
from contracts.field_activity import (
    ActivityCorrected,
    ActivityErased,
    ActivityFacts,
    ActivityRecorded,
    ActivityVoided,
    FieldEvent,
)
from contracts.topics import FIELD_ACTIVITY, consumer_of
from eventbus.errors import OutOfOrder, Permanent
from eventbus.slices import Subscription
from ledger_service.domain.activity import Act, Activity, Erasure, Facts, flaws
from ledger_service.persistence import activities, own_entries
from ledger_service.service.activities import correct, erase, record, void
from ledger_service.service.activity_events import SOURCE


class FieldActivities:
    """The handler of the ledger's subscription to activities."""

    def __init__(self, zone: ZoneInfo) -> None:
        """`zone` is where the days are counted on which activities happened."""
        self._zone = zone

    async def __call__(self, connection: AsyncConnection, events: Sequence[Event[Any]]) -> Sequence[Event[Any]]:
        """Enter `events` in their order; return the ledger's own that were missing: the outbox lacks them as well.

        Raises Permanent for an activity that can never be recorded, and OutOfOrder where an earlier event about one is
        missing. What a supervisor has voided here stays as it is.
        """
        known = await own_entries.entered(connection, [event for event in events if event.source == SOURCE])
        missing = list[Event[Any]]()
        for event in events:
            if event.source != SOURCE:
                await self._follow(connection, event)
            elif event.id not in known and await self._take_back(connection, event):
                missing.append(event)
        return missing

    async def _follow(self, connection: AsyncConnection, event: Event[Any]) -> None:
        match event.data:
            case ActivityRecorded() as said:
                await self._record(connection, event, said)
            case ActivityVoided() as said:
                await self._void(connection, event, said)

    async def _record(self, connection: AsyncConnection, event: Event[Any], said: ActivityRecorded) -> None:
        facts = _facts(said)
        for flaw in flaws(facts, event.time):
            raise Permanent(f"{flaw.pointer}: {flaw.code}")
        if await activities.find(connection, event.tenant, event.subject) is not None:
            return  # an old record that comes again brings nothing back, whatever became of the activity
        await record(connection, self._act(event), [(event.subject, facts)], generated=said.generated)

    async def _void(self, connection: AsyncConnection, event: Event[Any], said: ActivityVoided) -> None:
        present = await activities.find(connection, event.tenant, event.subject, lock=True)
        if present is None:
            raise OutOfOrder(f"{event.type} came before activity {event.subject} was recorded")
        if present.voided_at is None:
            await void(connection, self._act(event), present, said.reason)

    async def _take_back(self, connection: AsyncConnection, event: Event[Any]) -> bool:
        """Enter what the ledger itself has done and does not have; return whether that was so.

        Its number shows what is missing before it. A number that is taken means that dispatch voided the patrol in the
        same moment, and that the topic has it the other way round: the event is entered behind.
        """
        present = await activities.find(connection, event.tenant, event.subject, lock=True)
        if isinstance(said := event.data, ActivityRecorded):
            if present is None:
                facts = _facts(said)
                await record(connection, self._act(event), [(event.subject, facts)], generated=said.generated)
            return present is None
        if present is None or event.sequence > present.version + 1:
            entered = present.version if present else 0
            raise OutOfOrder(f"{event.type} {event.sequence} came after {entered} of activity {event.subject}")
        await self._redo(connection, event, present)
        return True

    async def _redo(self, connection: AsyncConnection, event: Event[Any], present: Activity) -> None:
        act = self._act(event)
        match event.data:
            case ActivityCorrected() as said:
                await correct(connection, act, present, _facts(said), said.reason, supervises=True)
            case ActivityVoided() as said:
                await void(connection, act, present, said.reason)
            case ActivityErased() as said:
                await erase(connection, act, present, Erasure(said.ground, said.reason))

    def _act(self, event: Event[Any]) -> Act:
        said: Any = event.data
        day = said.day if isinstance(said, ActivityFacts) else None
        return Act(tenant=event.tenant, actor=said.actor, at=event.time, zone=self._zone, event=event.id, day=day)


def subscription(zone: ZoneInfo) -> Subscription:
    """Return the ledger's subscription to activities, whose days are those of `zone`."""
    return Subscription(
        consumer=consumer_of("ledger", FIELD_ACTIVITY),
        topic=FIELD_ACTIVITY.name,
        types=frozenset({FieldEvent.RECORDED, FieldEvent.CORRECTED, FieldEvent.VOIDED, FieldEvent.ERASED}),
        handler=FieldActivities(zone),
    )


def _facts(said: ActivityFacts) -> Facts:
    """Return it as the ledger keeps it. The patrol that it was part of is the first of its evidence."""
    place = said.location
    patrol = (f"patrol {said.patrol}",) if isinstance(said, ActivityRecorded) and said.patrol else ()
    return Facts(
        kind=said.kind,
        quantity=said.count,
        happened_at=said.started_at,
        community=said.community,
        grid=said.grid,
        team=said.team,
        people=said.people,
        lon=place.lon if place else None,
        lat=place.lat if place else None,
        address=place.address if place else None,
        evidence=(*patrol, *said.evidence),
        note=said.note,
    )
