"""What routes ask for."""

from typing import Annotated

from fastapi import Depends

from contracts.roles import STAFF, Role
from ledger_service.domain.disclosure import Sight
from operations.deps import Administrator, Engine, ReadEngine, Staff
from runtime.auth import Caller, require

__all__ = [
    "TOLD",
    "WORKING",
    "Administrator",
    "Engine",
    "ReadEngine",
    "Reader",
    "Staff",
    "is_staff",
    "owner_bound",
    "sight_of",
]


Reader = Annotated[Caller, Depends(require(*STAFF, Role.CITIZEN, Role.PARTNER))]
"""Staff read every complaint of their tenant, citizens and partners what they reported."""
WORKING = frozenset({Role.OPERATOR, Role.INSPECTOR, Role.OFFICER, Role.DISPATCHER, Role.SUPERVISOR})
"""Who works with complaints, and so with what people wrote about them in their own words."""
TOLD = (Role.OPERATOR, Role.DISPATCHER, Role.SUPERVISOR, Role.ADMIN)
"""Who has ledgers with these words: many at once, in pages and files."""


def is_staff(caller: Caller) -> bool:
    """Say whether the caller is one of the bureau's own people."""
    return caller.has(*STAFF)


def sight_of(caller: Caller) -> Sight:
    """Return how much the caller sees of complaints."""
    if caller.has(*WORKING):
        return Sight.ALL
    return Sight.FACTS if is_staff(caller) else Sight.REPORTED


def owner_bound(caller: Caller) -> str | None:
    """Return the owner that complaints must have for this caller; None where any will do."""
    return None if is_staff(caller) else caller.subject
