"""Notes 备注 about a case: the bureau's own, never published, and no change of the case."""

from sqlalchemy.ext.asyncio import AsyncConnection

from dispatch_service.domain.mobile_errors import TooManyNotes
from dispatch_service.persistence import notes
from dispatch_service.service.acting import Action, lock_kept
from runtime.ids import uuid7

MOST_NOTES = 500
"""About one case: all of them are shown with it."""


async def write(connection: AsyncConnection, action: Action, text: str) -> None:
    """Note something about a case, whatever its state. Raises CaseNotFound, CaseErased, TooManyNotes."""
    case = await lock_kept(connection, action)
    if await notes.count(connection, case.tenant, case.complaint_id) >= MOST_NOTES:
        raise TooManyNotes(MOST_NOTES)
    await notes.add(connection, uuid7(), case.tenant, case.complaint_id, text=text, by=action.actor, at=action.moment)
