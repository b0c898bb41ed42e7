"""Payloads of what passes between reporter and bureau while a complaint is worked on; version 1, owned by intake.

Like the description they are what somebody has written, and may name people: an erasure takes them everywhere.
"""

from datetime import datetime
from typing import Literal
from uuid import UUID

from contracts.payload import Payload, Place

Speaker = Literal["reporter", "operator"]
"""The reporter, or an operator on their behalf."""


class ComplaintSupplemented(Payload):
    """补充材料: the reporter has added something to the complaint."""

    supplement: UUID
    actor: str
    """Subject; `reporter` for whoever has the query code."""
    by: Speaker
    text: str
    location: Place | None = None
    """Where it is, more exactly; the complaint keeps the place that it was received with."""
    attachments: tuple[UUID, ...] | None = None
    """Attachments of intake."""


class QuestionAsked(Payload):
    """The bureau asks the reporter something: the clock waits for the answer."""

    question: UUID
    actor: str
    text: str
    lapses_at: datetime
    """From then on nobody waits any more."""


class QuestionAnswered(Payload):
    """The reporter has answered: the clock goes on."""

    question: UUID
    actor: str
    """Subject; `reporter` for whoever has the query code."""
    by: Speaker
    text: str
    attachments: tuple[UUID, ...] | None = None
    """Attachments of intake."""


class QuestionLapsed(Payload):
    """Nobody has answered in time: the clock goes on without."""

    question: UUID
