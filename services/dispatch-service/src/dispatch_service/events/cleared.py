"""Complaints that intake has held as suspected, and holds no longer: cases go from the duty desk to their units.

What the duty desk has accepted, sent on or dealt with meanwhile stays as it is.
"""

from datetime import datetime
from typing import NamedTuple, cast

from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.envelope import Event
from contracts.events import ComplaintCleared
from dispatch_service.domain.case import Case
from dispatch_service.events import received
from dispatch_service.events.reclassified import UNACCEPTED, Going, complaint_of, send_on
from dispatch_service.persistence import cases
from dispatch_service.service.rulebooks import Rulebooks


class Cleared(NamedTuple):
    """What has happened to a locked case."""

    cause: Event
    case: Case


async def go_on(connection: AsyncConnection, rulebooks: Rulebooks, clearing: Cleared, now: datetime) -> list[Event]:
    """Give a case that was saved to the unit that it would have gone to; return the `assigned` event, if it moves."""
    case = clearing.case
    if case.status not in UNACCEPTED or case.round > 1:
        return []
    row = await cases.show(connection, case.tenant, case.complaint_id)
    told = dict(row["explanation"])
    if not told.pop("held", False):
        return []
    book = (await rulebooks.of(connection, [case.tenant], now))[case.tenant]
    complaint = complaint_of(row)
    if cast(ComplaintCleared, clearing.cause.data).outside_area:
        [route] = book.router.by_place([None])
    else:
        [route] = received.routes_of(book.router, [complaint])
    await cases.save(connection, case, now, explanation=told)  # also where it stays at the desk
    going = Going(clearing.cause, case, complaint, route, {"was_held": True})
    return await send_on(connection, rulebooks, book, going, now)
