"""What routes of intake are given."""

from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy.ext.asyncio import AsyncEngine

from contracts.roles import STAFF, Role
from intake_service.service.references import References
from runtime.auth import Caller, require


async def _references(request: Request) -> References:
    references: References = request.app.state.references
    return references


async def _engine(request: Request) -> AsyncEngine:
    engine: AsyncEngine = request.app.state.engine
    return engine


async def _read_engine(request: Request) -> AsyncEngine:
    engine: AsyncEngine = request.app.state.read_engine
    return engine


Known = Annotated[References, Depends(_references)]
"""The configuration of every tenant."""
Engine = Annotated[AsyncEngine, Depends(_engine)]
ReadEngine = Annotated[AsyncEngine, Depends(_read_engine)]
"""For statements that only read."""
Staff = Annotated[Caller, Depends(require(*STAFF))]
Administrator = Annotated[Caller, Depends(require(Role.ADMIN))]
