"""Takes a complaint back 撤回, as its reporter wishes."""

from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from contracts.events import ComplaintWithdrawn
from contracts.lifecycle import EventType, Status
from intake_service.service.conversing import lock_spoken_of, tell
from intake_service.service.ending import Ending, Outcome, ask, outcome_of
from intake_service.service.voices import Voice
from runtime import clock, etag


async def withdraw(
    engine: AsyncEngine, complaint_id: UUID, voice: Voice, reason: str | None, if_match: int | None
) -> Outcome:
    """Ask dispatch to let go of the complaint and wait for its word; what was merged is withdrawn at once.

    Of a merged one dispatch has let go before, and its master goes on. Raises Problem like `ending.end`, where it is
    too late with a code that says what the reporter can do: `withdrawn-already`, `withdrawal-of-ended`,
    `withdrawal-elsewhere`, `withdrawal-too-late`.
    """
    ending = Ending("withdrawn", reason)
    async with engine.begin() as connection:
        row = await lock_spoken_of(connection, complaint_id, voice)
        if row.status == Status.MERGED:
            etag.check(if_match, row.version)
            return await _part_and_end(connection, row, voice, reason)
        request = await ask(connection, row, voice.actor, ending, if_match)
    return await outcome_of(engine, row, ending.kind, request)


async def _part_and_end(connection: AsyncConnection, row: Any, voice: Voice, reason: str | None) -> Outcome:
    """Withdraw what intake alone decides about while its row is locked."""
    data = ComplaintWithdrawn(actor=voice.actor, reason=reason)
    ended = {"status": Status.WITHDRAWN, "merged_into": None}
    said = {"status": Status.WITHDRAWN}
    version = await tell(connection, row, EventType.WITHDRAWN, data, clock.now(), said, **ended)
    return Outcome("done", Status.WITHDRAWN, version)
