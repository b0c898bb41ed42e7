"""What routes ask for."""

from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy.ext.asyncio import AsyncEngine

from contracts.roles import STAFF, Role
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
Administrator = Annotated[Caller, Depends(require(Role.ADMIN))]


def is_staff(caller: Caller) -> bool:
    """Say whether the caller is one of the bureau's own people."""
    return caller.has(*STAFF)


def owner_bound(caller: Caller) -> str | None:
    """Return the owner that complaints must have for this caller; None where any will do."""
    return None if is_staff(caller) else caller.subject
