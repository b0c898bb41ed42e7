"""What reporters and the bureau say to each other, and the limits of it."""

from dataclasses import dataclass
from uuid import UUID

from contracts.events import Place

LONGEST_TEXT = 2000
LONGEST_QUESTION = 500
MOST_SUPPLEMENTS = 20
"""To one complaint."""
MOST_QUESTIONS = 10
"""About one complaint."""
REPORTER_ACTOR = "reporter"
"""Stands for whoever has the query code."""


@dataclass(frozen=True, slots=True)
class Words:
    """What is said, with what was uploaded before, and where it is."""

    text: str
    attachments: tuple[UUID, ...] = ()
    place: Place | None = None
