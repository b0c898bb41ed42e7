"""Keeps the tables of work in the field small."""

from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncEngine

from dispatch_service.persistence import duty_requests, offline_actions, worklists
from runtime.clock import now

KEEP_ACTIONS = timedelta(days=92)
"""For so long a device that sends an action again gets the first answer; devices may rely on 90 days."""
KEEP_DEPARTURES = timedelta(days=31)
"""For so long a device may have been away and still be told only what has changed."""
KEEP_REQUESTS = timedelta(days=366)
"""For so long it is known why somebody has asked for leave, a handover or a swap; what became of the duty stays."""


async def forget_old(
    engine: AsyncEngine, *, keep_actions: timedelta = KEEP_ACTIONS, keep_departures: timedelta = KEEP_DEPARTURES
) -> None:
    """Remove a batch of the actions that devices have sent, and of the departures, that are older than these.

    And of what officers have asked about their duties, with its reasons.
    """
    async with engine.begin() as connection:
        await offline_actions.forget(connection, now() - keep_actions)
        await worklists.forget(connection, now() - keep_departures)
        await duty_requests.forget(connection, now() - KEEP_REQUESTS)
