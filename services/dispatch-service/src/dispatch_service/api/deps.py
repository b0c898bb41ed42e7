"""What routes ask for."""

from typing import Annotated

from fastapi import Depends, Request

from dispatch_service.service.clockworks import Clockworks
from operations.deps import Administrator, Engine, ReadEngine, Staff

__all__ = ["Administrator", "Engine", "ReadEngine", "Staff", "TenantClockworks"]


async def _clockworks(request: Request) -> Clockworks:
    clockworks: Clockworks = request.app.state.clockworks
    return clockworks


TenantClockworks = Annotated[Clockworks, Depends(_clockworks)]
"""What sets the clocks of cases."""
