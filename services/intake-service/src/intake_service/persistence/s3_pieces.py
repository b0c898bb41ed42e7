"""The pieces of uploads as objects: `<prefix>/uploads/<upload>/<where it begins>-<chance>`.

The row of an upload says which of them make it up, and how far it is. So all replicas go on where it is, and of two
that append at once one has done so. What a replica wrote and could not say any more goes with the rest.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing, asynccontextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any, Self
from uuid import UUID, uuid4

from sqlalchemy.ext.asyncio import AsyncEngine

from intake_service.persistence import uploads
from intake_service.persistence.blobs import StoreAway
from intake_service.persistence.pieces import Appending
from intake_service.persistence.s3_objects import S3Objects
from intake_service.persistence.staging import Busy, Staging, TooLong, Writer
from runtime import clock

_FOLDER = "uploads"
_BLOCK = 4 << 20
"""So much of what comes is in memory alone at most; then it is an object."""
_SMALL = 1 << 20
"""An object that is smaller is written anew with what follows, so that an upload never has many."""


class S3Pieces:
    """Pieces below a prefix of a bucket."""

    def __init__(self, engine: AsyncEngine, objects: S3Objects, staging: Staging) -> None:
        """What has come as a whole is put together in the staging folder."""
        self._engine = engine
        self._objects = objects
        self._staging = staging

    async def arrived(self, upload: Any) -> int:
        """Return what the row says."""
        return int(upload.arrived)

    def appending(self, upload: Any) -> Appending:
        """Append objects."""
        return _Appending(self._engine, self._objects, upload)

    @asynccontextmanager
    async def whole(self, upload: Any) -> AsyncIterator[Path]:
        """Fetch the objects into one file; raises Busy where another request has used them up."""
        path = self._staging.new()
        try:
            await self._fetch(upload, path)
            yield path
        finally:
            await asyncio.to_thread(path.unlink, missing_ok=True)

    async def _fetch(self, upload: Any, path: Path) -> None:
        async with self._engine.connect() as connection:
            names = await uploads.pieces(connection, upload.id)
        if not names:
            raise Busy
        async with Writer(path, upload.size) as target:
            for name in names:
                async for block in _read(self._objects, upload.id, name):
                    await target.take(block)

    async def remove(self, ids: Sequence[UUID]) -> None:
        """Delete all objects of these uploads."""
        for upload_id in ids:
            for each in await self._objects.listed(f"{_FOLDER}/{upload_id}"):
                await self._objects.delete(each["path"])

    async def older_than(self, seconds: float) -> set[UUID]:
        """Return the uploads that have an object which is so old."""
        before = clock.now() - timedelta(seconds=seconds)
        found = set[UUID]()
        for each in await self._objects.listed(_FOLDER):
            if each["last_modified"] < before:
                with suppress(ValueError):  # none of ours
                    found.add(UUID(each["path"].split("/")[-2]))
        return found


class _Appending:
    """Gathers what comes, and writes an object of each block; nobody else is kept from doing so meanwhile."""

    def __init__(self, engine: AsyncEngine, objects: S3Objects, upload: Any) -> None:
        self._engine = engine
        self._objects = objects
        self._upload: UUID = upload.id
        self._limit: int = upload.size
        self._arrived: int = upload.arrived
        self._names: list[str] = list(upload.pieces)
        self._pending = bytearray()

    @property
    def size(self) -> int:
        return self._arrived + len(self._pending)

    async def __aenter__(self) -> Self:
        return self

    async def take(self, data: bytes) -> None:
        if self.size + len(data) > self._limit:
            raise TooLong
        self._pending += data
        if len(self._pending) >= _BLOCK:
            await self.sync()

    async def sync(self) -> None:
        if not self._pending:
            return
        data, last = bytes(self._pending), self._names[-1] if self._names else None
        self._pending.clear()
        begin = self._arrived
        if last is not None and self._arrived - _begin(last) < _SMALL:
            begin = _begin(last)
            data = b"".join([block async for block in _read(self._objects, self._upload, last)]) + data
        else:
            last = None
        new = f"{begin:015d}-{uuid4().hex}"
        await self._objects.put(_key(self._upload, new), data)
        names = [*(self._names if last is None else self._names[:-1]), new]
        async with self._engine.begin() as connection:
            is_mine = await uploads.append(connection, self._upload, self._arrived, begin + len(data), names)
        await self._forget(last if is_mine else new)
        if not is_mine:
            raise Busy
        self._arrived, self._names = begin + len(data), names

    async def __aexit__(self, *_error: object) -> None:
        await asyncio.shield(self.sync())

    async def _forget(self, name: str | None) -> None:
        """Delete an object that is not needed; where that cannot be done now, it goes with the upload."""
        if name is not None:
            with suppress(StoreAway):
                await self._objects.delete(_key(self._upload, name))


async def _read(objects: S3Objects, upload: UUID, name: str) -> AsyncIterator[bytes]:
    """Read a piece; raises Busy where another request has put one in its place."""
    try:
        found = await objects.get(_key(upload, name))
    except FileNotFoundError as error:
        raise Busy from error
    async with aclosing(objects.blocks(found)) as blocks:
        async for block in blocks:
            yield block


def _key(upload: UUID, name: str) -> str:
    return f"{_FOLDER}/{upload}/{name}"


def _begin(name: str) -> int:
    return int(name.partition("-")[0])
