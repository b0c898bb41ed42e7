"""Adds up how often rules have fitted, and tells how many are switched off."""

from prometheus_client import Gauge
from sqlalchemy.ext.asyncio import AsyncEngine

from dispatch_service.persistence import rule_states

OFF = Gauge("jieban_routing_rules_off", "Routing rules in force that are switched off by themselves")


async def add_up(engine: AsyncEngine) -> int:
    """Add all single counts to the states, a batch in a transaction; return how many. Every replica does it."""
    added = 0
    while True:
        async with engine.begin() as connection:
            done = await rule_states.add_up(connection)
        added += done
        if done < rule_states.BATCH:
            break
    async with engine.connect() as connection:
        OFF.set(len(await rule_states.off(connection)))
    return added
