"""Who speaks to the bureau about a complaint."""

from dataclasses import dataclass
from uuid import UUID

from contracts.events import Speaker
from intake_service.domain.reporting import REPORTER_ACTOR
from runtime.auth import Caller


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


def guest(tenant: str, complaint_id: UUID) -> Caller:
    """Return who acts with the query code of a complaint: nobody with rights, but the same one each time."""
    return Caller(f"{REPORTER_ACTOR}:{complaint_id}", tenant, frozenset())
