"""What reporters and the bureau say to each other, and the limits of it."""

from dataclasses import dataclass
from uuid import UUID

from contracts.events import Place, Speaker
from runtime.auth import Caller

LONGEST_TEXT = 2000
LONGEST_QUESTION = 500
MOST_SUPPLEMENTS = 20
"""To one complaint."""
MOST_QUESTIONS = 10
"""About one complaint."""
REPORTER_ACTOR = "reporter"
"""Stands for whoever has the query code."""


@dataclass(frozen=True, slots=True)
class Voice:
    """Who speaks to the bureau about a complaint: its reporter, signed in or with the query code, or an operator."""

    caller: Caller
    """Whose attachments may be used."""
    by: Speaker
    has_code: bool = False
    """The caller has shown the query code of the one complaint that is spoken of."""

    @property
    def actor(self) -> str:
        """Who it was, for the history."""
        return REPORTER_ACTOR if self.has_code else self.caller.subject


@dataclass(frozen=True, slots=True)
class Words:
    """What is said, with what was uploaded before, and where it is."""

    text: str
    attachments: tuple[UUID, ...] = ()
    place: Place | None = None


def guest(tenant: str, complaint_id: UUID) -> Caller:
    """Return who acts with the query code of a complaint: nobody with rights, but the same one each time."""
    return Caller(f"{REPORTER_ACTOR}:{complaint_id}", tenant, frozenset())
