"""Removes what was uploaded and never used: rows first, then their files, then files that no row ever knew."""

import asyncio
import secrets
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from intake_service.persistence import attachment_waste, uploads
from intake_service.persistence.blobs import SHARDS, Blobs, Refused, StoreAway
from intake_service.persistence.staging import Staging
from intake_service.service.uploading import KEEP_UPLOADS
from runtime import clock
from runtime.outages import is_outage

log = structlog.get_logger()

KEEP_WAITING = timedelta(days=1)
"""For so long an upload may wait for a complaint that refers to it."""
KEEP_WAITING_OF_STAFF = timedelta(days=30)
"""Theirs are referred to by events, which come late where Kafka was away: as long as the topic keeps them."""
_SHOWN = 5
"""Reasons that a line of the log has."""


class AttachmentJanitor:
    """Cleans one service's attachments and the store. Several may do so at once."""

    def __init__(
        self,
        engine: AsyncEngine,
        staging: Staging,
        blobs: Blobs,
        *,
        keep: timedelta = KEEP_WAITING,
        keep_of_staff: timedelta = KEEP_WAITING_OF_STAFF,
    ) -> None:
        """Each round looks at one of the parts of the store, in turn, for files that no row knows."""
        self._engine = engine
        self._staging = staging
        self._blobs = blobs
        self._keep = keep
        self._keep_of_staff = keep_of_staff
        self._shard = secrets.randbelow(SHARDS)
        self._left: dict[bytes, None] = {}

    async def clean(self) -> None:
        """Remove one batch of each kind."""
        now = clock.now()
        async with self._engine.begin() as connection:
            unused = await attachment_waste.forget(connection, now - self._keep, now - self._keep_of_staff)
            ended = await uploads.end_those_before(connection, now - KEEP_UPLOADS)
        await asyncio.to_thread(_unlink, [self._staging.upload(upload) for upload in ended])
        removed = await self.remove_left(unused)
        self._shard = (self._shard + 1) % SHARDS
        removed += await self.sweep(self._shard)
        await self._sweep_staging()
        if removed or ended:
            log.info("attachments_removed", files=removed, uploads=len(ended))

    async def sweep(self, shard: int) -> int:
        """Remove the files of a part of the store that are old and that no row knows; return how many."""
        try:
            hashes = await self._blobs.older_than(self._keep.total_seconds(), shard)
        except StoreAway as error:
            log.warning("attachments_not_swept", shard=shard, error=error.strerror)
            return 0
        async with self._engine.connect() as connection:
            needed = await attachment_waste.needed(connection, hashes)
        return await self.remove([sha256 for sha256 in hashes if sha256 not in needed])

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
            self._left.update(dict.fromkeys([*waiting, *failed]))
            if failed:
                errors = sorted({str(error) for error in failed.values()})
                log.warning("attachments_not_removed", failed=len(failed), waiting=len(waiting), errors=errors[:_SHOWN])
        return removed

    async def remove_left(self, hashes: Sequence[bytes] = ()) -> int:
        """Remove like `remove`, and after it try again what could not be removed before."""
        left = list(self._left)
        self._left.clear()
        return await self.remove([*hashes, *left])

    async def _remove(self, sha256: bytes) -> bool:
        async with self._engine.begin() as connection:
            if not await attachment_waste.seize_unneeded(connection, sha256):
                return False
            await self._blobs.remove(sha256)
            return True

    async def _sweep_staging(self) -> None:
        """Remove what died on its way in: files of requests, and of uploads whose row is gone."""
        paths = await asyncio.to_thread(lambda: list(self._staging.older_than(KEEP_UPLOADS.total_seconds())))
        ids = {path: upload for path in paths if (upload := _id(path)) is not None}
        async with self._engine.connect() as connection:
            known = await uploads.known(connection, list(ids.values()))
        await asyncio.to_thread(_unlink, [path for path in paths if ids.get(path) not in known])


def _id(path: Path) -> UUID | None:
    with suppress(ValueError):
        return UUID(path.name)
    return None


def _unlink(paths: Sequence[Path]) -> None:
    for path in paths:
        path.unlink(missing_ok=True)
