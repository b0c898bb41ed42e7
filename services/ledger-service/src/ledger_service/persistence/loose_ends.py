"""What has lost its way between services: complaints of which events are parked, or did not arrive."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from eventbus.books import Window
from eventbus.driver import copy


class LooseEnd(NamedTuple):
    """Events of one complaint that are parked at a service, or of one hour that are missing there."""

    tenant: str
    complaint_id: UUID
    reason: str
    service: str
    """Where they lie, or are missing."""
    stated_by: str
    """Whose accounts showed it."""
    since: datetime
    """When the first was parked, or made."""
    why: str
    """`parked`; `waiting` or `set_aside` in the outbox, `not_entered` in the ledger, `not_applied` by the service."""
    event_id: UUID | None
    events: int


class Applied(NamedTuple):
    """An event that the ledger has entered and another service should have applied."""

    id: UUID
    complaint_id: UUID
    tenant: str


_COLUMNS = LooseEnd._fields
# two replicas may count what is parked at the same moment; readers do not wait
_LOCK = sa.text("LOCK TABLE loose_end IN SHARE ROW EXCLUSIVE MODE")
_DROP_PARKED = sa.text("DELETE FROM loose_end WHERE reason = 'parked' AND stated_by = :service")
_DROP_STUCK = sa.text("""
    DELETE FROM loose_end WHERE reason = 'stuck' AND stated_by = :service AND (
        complaint_id = ANY(CAST(:found AS uuid[]))
        OR date_trunc('hour', since, 'UTC') = ANY(CAST(:hours AS timestamptz[]))
           AND (why = 'not_applied' OR since >= :published_since))
""")
_DROP_ENTERED = sa.text("""
    DELETE FROM loose_end WHERE reason = 'stuck' AND why <> 'not_applied'
      AND (EXISTS (SELECT FROM entry WHERE complaint_id = loose_end.complaint_id AND event_id = loose_end.event_id)
           OR EXISTS (SELECT FROM inbox WHERE event_id = loose_end.event_id AND consumer = 'ledger'))
""")
_HOURS = sa.text("""
    SELECT DISTINCT date_trunc('hour', since, 'UTC') AS hour FROM loose_end
    WHERE reason = 'stuck' ORDER BY hour LIMIT :size
""")
# what an operator has discarded has no entry, but is claimed
_SETTLED = sa.text("""
    SELECT event_id FROM entry
    WHERE complaint_id IS NOT NULL AND event_id >= :first AND event_id < :last
      AND event_id = ANY(CAST(:ids AS uuid[]))
    UNION SELECT event_id FROM inbox WHERE consumer = 'ledger' AND event_id = ANY(CAST(:ids AS uuid[]))
""")
_NOT_APPLIED = sa.text("""
    SELECT event_id, complaint_id, tenant FROM entry
    WHERE complaint_id IS NOT NULL AND event_id >= :first AND event_id < :last
      AND type = ANY(CAST(:types AS text[])) AND NOT event_id = ANY(CAST(:applied AS uuid[]))
    ORDER BY event_id LIMIT :size
""")
_HOUR = timedelta(hours=1)


async def replace_parked(connection: AsyncConnection, service: str, found: Sequence[LooseEnd]) -> None:
    """Keep what is parked at `service` in the place of what was."""
    await connection.execute(_LOCK)
    await connection.execute(_DROP_PARKED, {"service": service})
    await copy(connection, "loose_end", _COLUMNS, found)


async def replace_stuck(
    connection: AsyncConnection,
    service: str,
    found: Sequence[LooseEnd],
    *,
    hours: Collection[datetime],
    published_since: datetime,
) -> None:
    """Keep what the accounts of `service` showed of these hours, in the place of what they showed before.

    What was published before `published_since` is not compared any more; it stays until it has an entry.
    """
    parameters = {
        "service": service,
        "found": [each.complaint_id for each in found],
        "hours": list(hours),
        "published_since": published_since,
    }
    await connection.execute(_LOCK)
    await connection.execute(_DROP_STUCK, parameters)
    await connection.execute(_DROP_ENTERED)
    await copy(connection, "loose_end", _COLUMNS, found)


async def hours(connection: AsyncConnection, *, size: int) -> Sequence[datetime]:
    """Return the hours in which events were made that are stuck, up to `size` of them, the first before the others."""
    return (await connection.execute(_HOURS, {"size": size})).scalars().all()


async def settled(connection: AsyncConnection, hour: datetime, ids: Collection[UUID]) -> set[UUID]:
    """Return those of the event `ids`, all made within the `hour`, that have an entry here, or were discarded."""
    parameters = {**Window(hour, hour + _HOUR).bounds(), "ids": list(ids)}
    return set((await connection.execute(_SETTLED, parameters)).scalars())


async def not_applied(
    connection: AsyncConnection, window: Window, *, types: Collection[str], applied: Collection[UUID], size: int
) -> list[Applied]:
    """Return up to `size` events of `types`, made within `window`, that have an entry and are not among `applied`."""
    parameters = {**window.bounds(), "types": list(types), "applied": list(applied), "size": size}
    return [Applied(*row) for row in await connection.execute(_NOT_APPLIED, parameters)]
