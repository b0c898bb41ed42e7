"""Makes the figures anew of the entries: after an upgrade from other roll-ups, or when an operator wants it."""

from collections.abc import AsyncGenerator, Callable, Sequence
from datetime import datetime
from itertools import groupby
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from contracts.envelope import Event
from contracts.lifecycle import IllegalTransition
from ledger_service.domain import deeds
from ledger_service.domain.complaint import Complaint
from ledger_service.domain.errors import Gap, Unenterable
from ledger_service.domain.tally import tally
from ledger_service.persistence import complaints, entries, statistics_changes, statistics_folding, statistics_making
from ledger_service.persistence.statistics_changes import Change

PAGE = 200
"""Complaints that are read at once: others in this process wait for so many to be counted."""
_FOLDED = 50
"""Pages whose changes are added to the roll-ups together."""
Told = Callable[[int, int], None]
log = structlog.get_logger()


class Made(NamedTuple):
    """Of how many complaints figures were made, and of how many without what was done about them.

    Texts of these were erased: their entries do not tell it any more.
    """

    complaints: int
    untold: int


async def rebuild(engine: AsyncEngine, zone: str, *, told: Told | None = None, wait: bool = False) -> Made | None:
    """Make roll-ups and details of all complaints' entries; return of how many, None where another one is at it.

    It is one transaction: readers have the old figures until it ends, and nothing is left of one that breaks off. What
    is entered meanwhile stays a change, which is added later. `wait` until the one that is at it has finished.
    `told` is called with how many are done, of how many.
    """
    async with statistics_making.alone(engine, wait=wait) as connection:
        if connection is None:
            return None
        await statistics_making.begin(connection)
        done, untold, total = 0, 0, await complaints.how_many(connection)
        async for page in _pages(connection):
            replayed = await replay(connection, page, ZoneInfo(zone))
            await statistics_changes.append(connection, replayed.changes)
            untold += replayed.untold
            done += len(page)
            if done % (_FOLDED * PAGE) == 0 or len(page) < PAGE:
                await _fold(connection, zone)
            if told is not None:
                told(done, total)
        await _fold(connection, zone)
        await statistics_making.finish(connection)
    log.info("figures_made", complaints=done, untold=untold)
    return Made(done, untold)


async def _pages(connection: AsyncConnection) -> AsyncGenerator[Sequence[Complaint], None]:
    after = ("", UUID(int=0))
    while page := await complaints.page(connection, after, PAGE):
        yield page
        after = (page[-1].tenant, page[-1].id)


async def _fold(connection: AsyncConnection, zone: str) -> None:
    while await statistics_folding.fold(connection, zone=zone, batch=100_000):
        pass


class Replayed(NamedTuple):
    """What entries have changed in the figures, and of how many complaints they do not tell all any more."""

    changes: Sequence[Change]
    untold: int
    """Of these, only what they come to themselves is among the changes, and not what was done about them."""


async def replay(connection: AsyncConnection, page: Sequence[Complaint], zone: ZoneInfo) -> Replayed:
    """Enter the histories of complaints anew, as far as the figures know of them."""
    counted = [stored for stored in page if stored.facts_version]
    histories = await entries.histories(connection, [stored.id for stored in counted])
    changes: list[Change] = []
    erased: list[UUID] = []
    for stored in counted:
        try:
            changes += _replayed(stored, histories.get(stored.id, ()), zone)
        except (Gap, IllegalTransition, Unenterable):
            at = await statistics_making.last_recorded(connection, stored.id)
            changes.append(Change(at, None, tally(stored), ()))
            erased.append(stored.id)
    return Replayed(changes, await entries.count_having(connection, erased, deeds.TELLING) if erased else 0)


def _replayed(stored: Complaint, history: Sequence[tuple[Event, datetime]], zone: ZoneInfo) -> list[Change]:
    """Return what each day on which something was recorded has changed, up to what the figures know of.

    Raises Gap, Unenterable or IllegalTransition where the entries do not make the history that is stored: texts of
    some were erased.
    """
    complaint = Complaint.unknown(stored.id, stored.tenant)
    changes: list[Change] = []
    before = None
    known = history[: stored.facts_version]
    for _, of_day in groupby(known, key=lambda entered: entered[1].astimezone(zone).date()):
        entered = list(of_day)
        for event, _ in entered:
            complaint.enter(event)
        after = tally(complaint)
        changes.append(Change(entered[-1][1], before, after, complaint.deeds))
        before, complaint.deeds = after, ()
    if complaint.version != stored.facts_version:
        raise Unenterable(f"there are {complaint.version} entries of {stored.facts_version}")
    return changes
