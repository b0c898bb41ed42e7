"""What routes of all services ask for."""

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
Staff = Annotated[Caller, Depends(require(*STAFF))]
"""The bureau's own people; citizens and partners follow what they reported."""
Administrator = Annotated[Caller, Depends(require(Role.ADMIN))]
