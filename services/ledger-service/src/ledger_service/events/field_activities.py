"""Enters what officers did in the field beside complaints as activities, by the same use case as those of the API."""

from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.envelope import Event
from contracts.field_activity import ActivityErased, ActivityRecorded, ActivityVoided, FieldEvent
from contracts.topics import FIELD_ACTIVITY, consumer_of
from eventbus.errors import OutOfOrder, Permanent
from eventbus.slices import Subscription
from ledger_service.domain.activity import Erasure, Facts, flaws
from ledger_service.persistence import activities, own_entries
from ledger_service.service.activities import Act, erase, record, void


class FieldActivities:
    """The handler of the ledger's subscription to activities."""

    def __init__(self, zone: ZoneInfo) -> None:
        """`zone` is where the days are counted on which activities happened."""
        self._zone = zone

    async def __call__(self, connection: AsyncConnection, events: Sequence[Event[Any]]) -> Sequence[Event[Any]]:
        """Record, void and erase activities in the order of `events`; nothing follows from that.

        Raises Permanent for an activity that can never be recorded, and OutOfOrder where one is to be voided that is
        not known. What a supervisor has voided here stays as it is.
        """
        for event in events:
            match event.data:
                case ActivityRecorded() as said:
                    await self._record(connection, event, said)
                case ActivityVoided() as said:
                    await self._void(connection, event, said)
                case ActivityErased() as said:
                    await self._erase(connection, event, said)
        return []

    async def _record(self, connection: AsyncConnection, event: Event[Any], said: ActivityRecorded) -> None:
        facts = _facts(said)
        for flaw in flaws(facts, event.time):
            raise Permanent(f"{flaw.pointer}: {flaw.code}")
        if await activities.find(connection, event.tenant, event.subject) is not None:
            return  # an old record that comes again brings nothing back, whatever became of the activity
        await record(connection, self._act(event, said.actor), [(event.subject, facts)], generated=said.generated)

    async def _void(self, connection: AsyncConnection, event: Event[Any], said: ActivityVoided) -> None:
        present = await activities.find(connection, event.tenant, event.subject, lock=True)
        if present is None:
            raise OutOfOrder(f"{event.type} came before activity {event.subject} was recorded")
        if present.voided_at is None:
            await void(connection, self._act(event, said.actor), present, said.reason)

    async def _erase(self, connection: AsyncConnection, event: Event[Any], said: ActivityErased) -> None:
        """Erase what a ledger that was restored from a backup has again; every other one has done so.

        What was recorded at the API since the backup is not there any more, and has nothing to erase.
        """
        present = await activities.find(connection, event.tenant, event.subject, lock=True)
        if present is None or await own_entries.is_entered(connection, event.tenant, event.subject, event.id):
            return
        why = Erasure(event.id, said.ground, said.reason)
        await erase(connection, self._act(event, said.actor), present, why)

    def _act(self, event: Event[Any], actor: str) -> Act:
        return Act(event.tenant, actor, event.time, self._zone)


def subscription(zone: ZoneInfo) -> Subscription:
    """Return the ledger's subscription to activities, whose days are those of `zone`."""
    return Subscription(
        consumer=consumer_of("ledger", FIELD_ACTIVITY),
        topic=FIELD_ACTIVITY.name,
        types=frozenset({FieldEvent.RECORDED, FieldEvent.VOIDED, FieldEvent.ERASED}),
        handler=FieldActivities(zone),
    )


def _facts(said: ActivityRecorded) -> Facts:
    """Return it as the ledger keeps it. The patrol that it was part of is the first of its evidence."""
    place = said.location
    patrol = () if said.patrol is None else (f"patrol {said.patrol}",)
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
