"""Removes what was uploaded and never used: rows first, then their files, then files that no row ever knew.

Photos that were named and never uploaded are awaited no longer.
"""

import asyncio
import secrets
from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from intake_service.persistence import attachment_waste, named_photos, uploads
from intake_service.persistence.blobs import SHARDS, StoreAway
from intake_service.persistence.pieces import Pieces
from intake_service.persistence.staging import Staging
from intake_service.service.awaiting import MAY_COME
from intake_service.service.removing import Removing
from intake_service.service.uploading import KEEP_UPLOADS
from runtime import clock

log = structlog.get_logger()

KEEP_WAITING = timedelta(days=1)
"""For so long an upload may wait for a complaint that refers to it."""
KEEP_WAITING_OF_STAFF = timedelta(days=30)
"""Theirs are referred to by events, which come late where Kafka was away: as long as the topic keeps them."""


class AttachmentJanitor:
    """Cleans one service's attachments and the store. Several may do so at once."""

    def __init__(
        self,
        engine: AsyncEngine,
        staging: Staging,
        pieces: Pieces,
        removing: Removing,
        *,
        keep: timedelta = KEEP_WAITING,
        keep_of_staff: timedelta = KEEP_WAITING_OF_STAFF,
    ) -> None:
        """Each round looks at one of the parts of the store, in turn, for files that no row knows."""
        self._engine = engine
        self._staging = staging
        self._pieces = pieces
        self._removing = removing
        self._keep = keep
        self._keep_of_staff = keep_of_staff
        self._shard = secrets.randbelow(SHARDS)

    async def clean(self) -> None:
        """Remove one batch of each kind."""
        now = clock.now()
        async with self._engine.begin() as connection:
            unused = await attachment_waste.forget(connection, now - self._keep, now - self._keep_of_staff)
            ended = await uploads.end_those_before(connection, now - KEEP_UPLOADS)
        async with self._engine.begin() as connection:
            await named_photos.forget(connection, now - MAY_COME)
        removed = await self._removing.remove_left(unused)
        self._shard = (self._shard + 1) % SHARDS
        removed += await self.sweep(self._shard)
        await self._sweep_staging()
        await self._sweep_pieces(ended)
        if removed or ended:
            log.info("attachments_removed", files=removed, uploads=len(ended))

    async def sweep(self, shard: int) -> int:
        """Remove the files of a part of the store that are old and that no row knows; return how many."""
        try:
            hashes = await self._removing.blobs.older_than(self._keep.total_seconds(), shard)
        except StoreAway as error:
            log.warning("attachments_not_swept", shard=shard, error=error.strerror)
            return 0
        async with self._engine.connect() as connection:
            needed = await attachment_waste.needed(connection, hashes)
        return await self._removing.remove([sha256 for sha256 in hashes if sha256 not in needed])

    async def _sweep_staging(self) -> None:
        """Remove what died on its way in: files of requests, and of uploads whose row is gone."""
        paths = await asyncio.to_thread(lambda: list(self._staging.older_than(KEEP_UPLOADS.total_seconds())))
        ids = {path: upload for path in paths if (upload := _id(path)) is not None}
        async with self._engine.connect() as connection:
            known = await uploads.known(connection, list(ids.values()))
        await asyncio.to_thread(_unlink, [path for path in paths if ids.get(path) not in known])

    async def _sweep_pieces(self, ended: Sequence[UUID]) -> None:
        """Remove the pieces of uploads that have ended, and of those whose row is gone."""
        try:
            old = await self._pieces.older_than(KEEP_UPLOADS.total_seconds())
            async with self._engine.connect() as connection:
                known = await uploads.known(connection, list(old))
            await self._pieces.remove([*ended, *(old - known)])
        except StoreAway as error:
            log.warning("pieces_not_removed", error=error.strerror)


def _id(path: Path) -> UUID | None:
    with suppress(ValueError):
        return UUID(path.name)
    return None


def _unlink(paths: Sequence[Path]) -> None:
    for path in paths:
        path.unlink(missing_ok=True)
