"""Removes files from the store that no attachment has."""

from collections import deque
from collections.abc import Iterable, Sequence
from itertools import islice

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from intake_service.persistence import attachment_waste
from intake_service.persistence.blobs import Blobs, Refused, StoreAway
from runtime.outages import is_outage

log = structlog.get_logger()
_SHOWN = 5
"""Reasons that a line of the log has."""
_MOST_LEFT = 10_000
"""What is more is found by its age."""


class Removing:
    """Removes from one store, and remembers what it could not. Several may do so at once."""

    def __init__(self, engine: AsyncEngine, blobs: Blobs) -> None:
        """Asks nothing yet."""
        self._engine = engine
        self.blobs = blobs
        self._left: dict[bytes, None] = {}

    async def remove(self, hashes: Sequence[bytes]) -> int:
        """Remove each file unless an attachment has it; none can get it meanwhile.

        One that cannot be deleted is passed over. It is tried again when the store is cleaned next, after the others,
        and so is the rest where the store is away; should this process end before, it is what no row knows.
        """
        waiting = deque(dict.fromkeys(hashes))
        failed: dict[bytes, str | None] = {}
        removed, is_away = 0, False
        try:
            while waiting and not is_away:
                try:
                    removed += await self._remove(waiting[0])
                except OSError as error:
                    if is_outage(error):
                        raise
                    failed[waiting[0]] = error.strerror
                    is_away = isinstance(error, StoreAway) and not isinstance(error, Refused)
                waiting.popleft()
        finally:
            self.leave([*waiting, *failed])
            if failed:
                errors = sorted({str(error) for error in failed.values()})
                log.warning("attachments_not_removed", failed=len(failed), waiting=len(waiting), errors=errors[:_SHOWN])
        return removed

    async def remove_left(self, hashes: Sequence[bytes] = ()) -> int:
        """Remove like `remove`, and after it try again what could not be removed before."""
        left = list(self._left)
        self._left.clear()
        return await self.remove([*hashes, *left])

    def leave(self, hashes: Iterable[bytes]) -> None:
        """Have what no attachment has of them removed when the store is cleaned next."""
        self._left.update(dict.fromkeys(islice(hashes, max(0, _MOST_LEFT - len(self._left)))))

    async def _remove(self, sha256: bytes) -> bool:
        async with self._engine.begin() as connection:
            if not await attachment_waste.seize_unneeded(connection, sha256):
                return False
            await self.blobs.remove(sha256)
            return True
