"""Makes the facts and the figures of complaints of their entries, where a release that did not know them was at work.

That is so for all complaints from before the upgrade, and for those that an old replica has entered events of during
it. Each is counted as if this release had entered all of it, each change on the day when its entry was recorded.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from contracts.envelope import Event
from contracts.lifecycle import IllegalTransition
from ledger_service.domain.complaint import Complaint
from ledger_service.domain.errors import Gap, Unenterable
from ledger_service.domain.tally import tally
from ledger_service.persistence import complaints, entries, statistics_changes
from ledger_service.persistence.statistics_changes import Change

BATCH = 200
"""Complaints of one transaction: consumers that need one of them wait for so many."""
log = structlog.get_logger()


async def retally(engine: AsyncEngine, *, batch: int = BATCH) -> int:
    """Go through all complaints without facts once, a batch a transaction; return how many have them now.

    It may be stopped at any time and be done by several replicas at once.
    """
    done, after = 0, UUID(int=0)
    while True:
        async with engine.begin() as connection:
            found = await complaints.without_facts(connection, after, batch)
            if not found:
                break
            done += await _retally(connection, found)
            after = found[-1][1]
    if done:
        log.info("facts_made", complaints=done)
    return done


async def _retally(connection: AsyncConnection, found: Sequence[tuple[str, UUID]]) -> int:
    ids = [complaint_id for _, complaint_id in found]
    locked = await complaints.lock_many(connection, {tenant for tenant, _ in found}, ids)
    histories = await entries.histories(connection, locked)
    made: list[Complaint] = []
    changes: list[Change] = []
    for stored in locked.values():
        if stored.facts_version == stored.version:
            continue  # another replica was faster
        try:
            complaint, of_it = _replay(stored, histories.get(stored.id, ()))
        except (Gap, IllegalTransition, Unenterable) as error:
            log.warning("facts_not_made", complaint=str(stored.id), reason=str(error))
            continue
        made.append(complaint)
        changes += of_it
    await complaints.save(connection, made)
    await statistics_changes.append(connection, changes)
    return len(made)


def _replay(stored: Complaint, history: Sequence[tuple[Event, datetime]]) -> tuple[Complaint, list[Change]]:
    """Enter a history anew; return what comes of it, and the changes of which the figures do not know yet.

    Raises Gap, Unenterable or IllegalTransition where the entries do not make the history that is stored, as those of
    an erased complaint do not.
    """
    complaint = Complaint.unknown(stored.id, stored.tenant)
    changes: list[Change] = []
    before = None
    for event, at in history:
        complaint.enter(event)
        after = tally(complaint)
        if complaint.version > stored.facts_version:
            changes.append(Change(at, before, after, complaint.deeds))
        before, complaint.deeds = after, ()
    if complaint.version != stored.version:
        raise Unenterable(f"there are {complaint.version} entries of {stored.version}")
    complaint.received = None  # it is stored already
    complaint.closing_version = stored.closing_version
    return complaint, changes
