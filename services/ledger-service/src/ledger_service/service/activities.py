"""Records, corrects, voids and erases activities: entry, activity and what it counts, in the caller's transaction."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncConnection

from ledger_service.domain.activity import (
    Activity,
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
from ledger_service.service.erasing import erase_copies
from runtime.clock import now
from runtime.ids import uuid7


@dataclass(frozen=True)
class Act:
    """Who does something for which tenant, when, and in which time zone days are counted there."""

    tenant: str
    actor: str
    at: datetime
    zone: ZoneInfo


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
            day=day_of(facts, act.zone),
            recorded_by=act.actor,
            recorded_at=act.at,
            generated=generated,
        )
        for activity_id, facts in recorded
    ]
    await activities.add(connection, made)
    await activity_days.add(connection, _changes([], made))
    entries = [_entry(act, OwnType.ACTIVITY_RECORDED, each, as_json(each)) for each in made]
    await own_entries.append(connection, entries)
    return made


async def correct(
    connection: AsyncConnection, act: Act, present: Activity, facts: Facts, reason: str, *, supervises: bool
) -> Activity:
    """Replace the facts of a locked activity.

    Raises ActivityVoided, or RecordedByAnother unless the actor recorded it or `supervises` those who do.
    """
    if not supervises and act.actor != present.recorded_by:
        raise RecordedByAnother
    corrected = present.corrected(facts, act.zone)
    await _change(connection, act, OwnType.ACTIVITY_CORRECTED, present, corrected, as_json(corrected, reason=reason))
    return corrected


async def void(connection: AsyncConnection, act: Act, present: Activity, reason: str) -> Activity:
    """Take a locked activity out of all counts; it stays to be seen. Raises ActivityVoided."""
    voided = present.voided(reason, act.at)
    await _change(connection, act, OwnType.ACTIVITY_VOIDED, present, voided, as_json(voided, reason=reason))
    return voided


async def erase(connection: AsyncConnection, act: Act, present: Activity, why: Erasure) -> Activity:
    """Erase what was written about a locked activity; return it as it is where nothing was since that was done.

    That is in the activity and its entries, files of exports, stored answers and settled messages. The entry of the
    erasure has all figures, so that counts can still be made again from entries.
    """
    about = (act.tenant, present.id)
    if not await own_entries.is_told(connection, *about):
        return present
    erased = present.erased(act.at)
    data = as_json(erased, ground=why.ground, reason=why.reason)
    await activities.save(connection, erased)
    await own_entries.append(connection, [_entry(act, OwnType.ACTIVITY_ERASED, erased, data, why.id)])
    await own_entries.erase(connection, [about])
    await export_erasures.withdraw_activities(connection, act.tenant, now())
    await erase_copies(connection, {act.tenant}, [present.id])
    return erased


async def _change(
    connection: AsyncConnection, act: Act, kind: OwnType, before: Activity, after: Activity, data: str
) -> None:
    await activities.save(connection, after)
    await activity_days.add(connection, _changes([before], [after]))
    await own_entries.append(connection, [_entry(act, kind, after, data)])


def _changes(before: Iterable[Activity], after: Iterable[Activity]) -> dict[Cell, Count]:
    """Return what has to be added to the counts."""
    changes: defaultdict[Cell, Count] = defaultdict(lambda: Count(0, 0))
    for sign, each in ((-1, before), (1, after)):
        for cell, count in map(count_of, each):
            there = changes[cell]
            changes[cell] = Count(there.quantity + sign * count.quantity, there.activities + sign * count.activities)
    return changes


def _entry(act: Act, kind: OwnType, activity: Activity, data: str, entry_id: UUID | None = None) -> OwnEntry:
    return OwnEntry(
        tenant=act.tenant,
        event_id=entry_id or uuid7(),
        type=kind,
        subject=activity.id,
        sequence=activity.version,
        actor=act.actor,
        occurred_at=act.at,
        data=data,
    )
