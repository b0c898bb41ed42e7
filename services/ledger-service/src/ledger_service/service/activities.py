"""Records, corrects, voids and erases activities, in the caller's transaction: entry, activity and what it counts.

What is done here is published, under the id of its entry; what an event has said is entered under that of the event.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.topics import FIELD_ACTIVITY, consumer_of
from eventbus import inbox, outbox
from ledger_service.domain.activity import (
    Act,
    Activity,
    ActivityVoided,
    Cell,
    Count,
    Erasure,
    Facts,
    RecordedByAnother,
    as_json,
    count_of,
    day_of,
)
from ledger_service.domain.entry_types import OwnType
from ledger_service.persistence import activities, activity_days, export_erasures, own_entries
from ledger_service.persistence.own_entries import OwnEntry
from ledger_service.service.activity_events import SOURCE, event_of
from ledger_service.service.erasing import erase_copies
from runtime.clock import now
from runtime.ids import uuid7


async def record(
    connection: AsyncConnection, act: Act, recorded: Iterable[tuple[UUID, Facts]], *, generated: bool = False
) -> Sequence[Activity]:
    """Record new activities, each with its id, in a constant number of statements; `generated` marks those of a demo.

    The facts must have no flaws (`domain.activity.flaws`).
    """
    made = [
        Activity(
            tenant=act.tenant,
            id=activity_id,
            version=1,
            facts=facts,
            day=day_of(facts, act),
            recorded_by=act.actor,
            recorded_at=act.at,
            generated=generated,
        )
        for activity_id, facts in recorded
    ]
    await activities.add(connection, made)
    await activity_days.add(connection, _changes([], made))
    await _enter(connection, act, OwnType.ACTIVITY_RECORDED, made)
    return made


async def correct(
    connection: AsyncConnection, act: Act, present: Activity, facts: Facts, reason: str, *, supervises: bool
) -> Activity:
    """Replace the facts of a locked activity.

    Raises RecordedByAnother unless the actor recorded it or `supervises` those who do, and ActivityVoided.
    """
    if not supervises and act.actor != present.recorded_by:
        raise RecordedByAnother
    _check_counts(act, present)
    corrected = present.corrected(facts, day_of(facts, act))
    await _change(connection, act, OwnType.ACTIVITY_CORRECTED, present, corrected, reason)
    return corrected


async def void(connection: AsyncConnection, act: Act, present: Activity, reason: str) -> Activity:
    """Take a locked activity out of all counts; it stays to be seen. Raises ActivityVoided."""
    _check_counts(act, present)
    voided = present.voided(reason, act.at)
    await _change(connection, act, OwnType.ACTIVITY_VOIDED, present, voided, reason)
    return voided


async def erase(connection: AsyncConnection, act: Act, present: Activity, why: Erasure) -> Activity:
    """Erase what was written about a locked activity; return it as it is where nothing was since that was done.

    That is in the activity and its entries, files of exports, stored answers and settled messages. The entry of the
    erasure has all figures, so that counts can still be made again from entries.
    """
    about = (act.tenant, present.id)
    if act.event is None and not await own_entries.is_told(connection, *about):
        return present
    erased = present.erased(act.at)
    await activities.save(connection, erased)
    await _enter(connection, act, OwnType.ACTIVITY_ERASED, [erased], ground=why.ground, reason=why.reason)
    await own_entries.erase(connection, [about])
    await export_erasures.withdraw_activities(connection, act.tenant, now())
    await erase_copies(connection, {act.tenant}, [present.id])
    return erased


def _check_counts(act: Act, present: Activity) -> None:
    """Raise ActivityVoided where it does not count; what an event says was done before that, or beside it."""
    if act.event is None and present.voided_at is not None:
        raise ActivityVoided


async def _change(
    connection: AsyncConnection, act: Act, kind: OwnType, before: Activity, after: Activity, reason: str
) -> None:
    await activities.save(connection, after)
    await activity_days.add(connection, _changes([before], [after]))
    await _enter(connection, act, kind, [after], reason=reason)


async def _enter(connection: AsyncConnection, act: Act, kind: OwnType, changed: Sequence[Activity], **why: str) -> None:
    """Enter what activities have come to, and publish it where no event has said so.

    It counts as consumed then: a consumer of the release before would record it once more, or not understand it.
    """
    made = [(act.event or uuid7(), activity) for activity in changed]
    await own_entries.append(connection, [_entry(act, kind, event_id, each, **why) for event_id, each in made])
    if act.event is None:
        told = [event_of(act, kind, event_id, each, **why) for event_id, each in made]
        await outbox.append(connection, FIELD_ACTIVITY.name, told)
        await inbox.claim(connection, consumer_of(SOURCE, FIELD_ACTIVITY), [each.id for each in told])


def _changes(before: Iterable[Activity], after: Iterable[Activity]) -> dict[Cell, Count]:
    """Return what has to be added to the counts."""
    changes: defaultdict[Cell, Count] = defaultdict(lambda: Count(0, 0))
    for sign, each in ((-1, before), (1, after)):
        for cell, count in map(count_of, each):
            there = changes[cell]
            changes[cell] = Count(there.quantity + sign * count.quantity, there.activities + sign * count.activities)
    return changes


def _entry(act: Act, kind: OwnType, event_id: UUID, activity: Activity, **why: str) -> OwnEntry:
    return OwnEntry(
        tenant=act.tenant,
        event_id=event_id,
        type=kind,
        subject=activity.id,
        sequence=activity.version,
        actor=act.actor,
        occurred_at=act.at,
        data=as_json(activity, **why),
    )
