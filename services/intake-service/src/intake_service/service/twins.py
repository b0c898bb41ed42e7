"""Keeps requests apart that claim the same: one idempotency key, one reference of a source, one draft."""

import asyncio
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from typing import TypeAlias

Claim: TypeAlias = tuple[str, ...]


class Twins:
    """The claims of one process that are on their way."""

    def __init__(self) -> None:
        self._in_flight: dict[Claim, asyncio.Event] = {}

    @asynccontextmanager
    async def alone(self, claims: Collection[Claim]) -> AsyncIterator[None]:
        """Wait until nobody else has any of the claims, and have them until the end."""
        while busy := next((self._in_flight[claim] for claim in claims if claim in self._in_flight), None):
            await busy.wait()
        done = asyncio.Event()
        for claim in claims:
            self._in_flight[claim] = done
        try:
            yield
        finally:
            for claim in claims:
                del self._in_flight[claim]
            done.set()
