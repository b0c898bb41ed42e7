"""What routes ask for."""

from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import Depends, Request

from dispatch_service.service.clockworks import Clockworks
from operations.deps import Administrator, Engine, ReadEngine, Staff

__all__ = ["Administrator", "Engine", "ReadEngine", "Staff", "TenantClockworks", "Zone"]


async def _clockworks(request: Request) -> Clockworks:
    clockworks: Clockworks = request.app.state.clockworks
    return clockworks


async def _zone(request: Request) -> ZoneInfo:
    return ZoneInfo(request.app.state.settings.timezone)


Zone = Annotated[ZoneInfo, Depends(_zone)]
"""On whose clock days and times of day are the county's."""
TenantClockworks = Annotated[Clockworks, Depends(_clockworks)]
"""What sets the clocks of cases."""
