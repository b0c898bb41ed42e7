"""The reporter's word by a query code or a link, without an account."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from contracts.envelope import Event
from contracts.events import FeedbackReceived
from ledger_service.domain.closing import Occasion
from ledger_service.domain.complaint import Complaint
from ledger_service.domain.words import speak
from ledger_service.persistence import complaints
from ledger_service.service.recording import record_and_publish
from ledger_service.service.rule_books import rule_of


class RoundOver(Exception):
    """The word is about a round that is over."""


@dataclass(frozen=True, slots=True)
class Word:
    """What is said about a round of a complaint; whichever is the present one where no number is given."""

    tenant: str
    complaint_id: UUID
    data: FeedbackReceived
    round: int | None = None


async def spoken(
    connection: AsyncConnection, complaint: Complaint, data: FeedbackReceived, occasion: Occasion, window: timedelta
) -> list[Event]:
    """Return the events of the reporter's word on a locked complaint (see `domain.words.speak`)."""
    rule = await rule_of(connection, complaint)
    return speak(complaint, data, occasion, rule=rule, window=window)


async def hear(engine: AsyncEngine, word: Word, occasion: Occasion, window: timedelta) -> None:
    """Record and publish a word in a transaction of its own.

    Raises RoundOver where there is another round by now, and what `spoken` raises.
    """
    async with engine.begin() as connection:
        complaint = await complaints.lock(connection, word.tenant, word.complaint_id)
        if complaint is None or word.round not in (None, complaint.round):
            raise RoundOver
        events = await spoken(connection, complaint, word.data, occasion, window)
        await record_and_publish(connection, complaint, events)
