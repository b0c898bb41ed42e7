"""Intake's own erasures come back for nothing, unless they are missing here: after a backup was restored."""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.envelope import Event
from contracts.events import ComplaintErased
from contracts.lifecycle import EventType
from eventbus.parking import forget_settled
from intake_service.persistence import erasing
from intake_service.persistence.erasing import Erasure

_MISSING = sa.text("""
    SELECT complaint.id FROM complaint
    JOIN unnest(CAST(:ids AS uuid[]), CAST(:tenants AS text[]), CAST(:times AS timestamptz[])) AS e (id, tenant, at)
        ON e.id = complaint.id AND e.tenant = complaint.tenant
    WHERE erased_at IS NULL OR erased_at < e.at ORDER BY complaint.id FOR UPDATE OF complaint
""")


async def repeat_erasures(connection: AsyncConnection, events: Sequence[Event]) -> None:
    """Erase what a restored database has again; the janitor finds the files.

    Of messages that were parked before the erasure the contents go now, since they are settled.
    """
    erasures = {event.subject: event for event in events if event.type is EventType.ERASED}
    if not erasures:
        return
    worded = {event.subject for event in events if isinstance(event.data, ComplaintErased) and event.data.texts}
    await forget_settled(connection, erasures)
    parameters = {
        "ids": list(erasures),
        "tenants": [event.tenant for event in erasures.values()],
        "times": [event.time for event in erasures.values()],
    }
    for complaint in (await connection.execute(_MISSING, parameters)).scalars().all():
        event = erasures[complaint]
        erasure = Erasure(event.tenant, complaint, event.sequence, event.time, complaint in worded)
        await erasing.erase(connection, erasure)
