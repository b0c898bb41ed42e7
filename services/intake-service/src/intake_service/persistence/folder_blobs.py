"""The store as a folder: `<root>/blobs/ab/abcd…`, on a file system that all replicas share."""

import asyncio
import errno
import os
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import BinaryIO

from intake_service.persistence.blobs import Damaged, asked, key
from intake_service.persistence.staging import Staged, untouched

_BLOCK = 1 << 16


class FolderBlobs:
    """Files that are moved into a folder."""

    def __init__(self, root: Path) -> None:
        """Nothing is made before the first file comes."""
        self._root = root
        self._looking: asyncio.Future[None] | None = None

    @property
    def name(self) -> str:
        """The folder."""
        return str(self._root)

    def path(self, sha256: bytes) -> Path:
        """Return where the content with this hash is, or would be."""
        return self._root / key(sha256)

    async def bring(self, staged: Staged) -> None:
        """Do nothing: to move a file takes no time."""

    async def place(self, staged: Staged) -> None:
        """Move the file in, durably; nothing happens where its content is there already."""
        with asked("place"):
            await asyncio.to_thread(self._place, staged)

    async def has(self, sha256: bytes) -> bool:
        """Say whether the content is there."""
        return await asyncio.to_thread(self.path(sha256).is_file)

    async def read(self, sha256: bytes, first: int, size: int) -> AsyncIterator[bytes]:
        """Return a part of the content, block by block."""
        with asked("read"):
            file = await asyncio.to_thread(self.path(sha256).open, "rb")
        return _blocks(file, first, size)

    async def remove(self, sha256: bytes) -> None:
        """Delete the content, if it is there."""
        with asked("remove"):
            await asyncio.to_thread(self.path(sha256).unlink, missing_ok=True)

    async def older_than(self, seconds: float, shard: int) -> Sequence[bytes]:
        """Return the hashes of what was placed in one part of the store longer ago than that."""
        folder = self._root / "blobs" / f"{shard:02x}"
        with asked("list"):
            return [bytes.fromhex(path.name) for path in await asyncio.to_thread(lambda: [*untouched(folder, seconds)])]

    async def check(self) -> str | None:
        """Say whether the folder, or what it will be made in, can be written to."""
        try:
            with asked("check"):
                await self._looked()
        except OSError as error:
            return f"{self.name}: {error.strerror}"
        return None

    async def _looked(self) -> None:
        """Look whether it can be written to, one look at a time: on a file system that hangs, each keeps a thread."""
        if self._looking is None or self._looking.done():
            self._looking = asyncio.ensure_future(asyncio.to_thread(self._check))
            self._looking.add_done_callback(lambda looked: looked.cancelled() or looked.exception())
        await asyncio.shield(self._looking)

    def _check(self) -> None:
        place = next(place for place in (self._root, *self._root.parents) if place.exists())
        if not os.access(place, os.W_OK | os.X_OK):
            raise PermissionError(errno.EACCES, "cannot be written to")

    def _place(self, staged: Staged) -> None:
        target = self.path(staged.sha256)
        if target.exists():
            return
        if not target.parent.is_dir():
            target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            _sync(target.parent.parent)
            _sync(self._root)
        _sync(staged.path)
        staged.path.replace(target)
        _sync(target.parent)


async def _blocks(file: BinaryIO, first: int, size: int) -> AsyncIterator[bytes]:
    with file:
        await asyncio.to_thread(file.seek, first)
        while size > 0:
            block = await asyncio.to_thread(file.read, min(_BLOCK, size))
            if not block:
                raise Damaged("the file is shorter than its row says")
            size -= len(block)
            yield block


def _sync(path: Path) -> None:
    """Make the content of a file, or the names in a folder, outlive a power cut."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
