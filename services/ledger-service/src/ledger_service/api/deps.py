"""What routes ask for."""

from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy.ext.asyncio import AsyncEngine

from contracts.roles import STAFF, Role
from ledger_service.domain.disclosure import Sight
from runtime.auth import Caller, require


async def _engine(request: Request) -> AsyncEngine:
    engine: AsyncEngine = request.app.state.engine
    return engine


async def _read_engine(request: Request) -> AsyncEngine:
    engine: AsyncEngine = request.app.state.read_engine
    return engine


Engine = Annotated[AsyncEngine, Depends(_engine)]
ReadEngine = Annotated[AsyncEngine, Depends(_read_engine)]
"""For routes that only read."""
Reader = Annotated[Caller, Depends(require(*STAFF, Role.CITIZEN, Role.PARTNER))]
"""Staff read every complaint of their tenant, citizens and partners what they reported."""
Staff = Annotated[Caller, Depends(require(*STAFF))]
WORKING = frozenset({Role.OPERATOR, Role.INSPECTOR, Role.OFFICER, Role.DISPATCHER, Role.SUPERVISOR})
"""Who works with complaints, and so with what people wrote about them in their own words."""
TOLD = (Role.OPERATOR, Role.DISPATCHER, Role.SUPERVISOR, Role.ADMIN)
"""Who has ledgers with these words: many at once, in pages and files."""
Administrator = Annotated[Caller, Depends(require(Role.ADMIN))]


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
