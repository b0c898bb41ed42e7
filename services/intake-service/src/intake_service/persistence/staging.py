"""Files on their way into the store: written block by block as they come, never held in memory as a whole."""

import asyncio
import fcntl
import hashlib
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Self
from uuid import UUID

from runtime.ids import uuid7

_BLOCK = 1 << 20


class Busy(Exception):
    """Another request writes to the file at this moment."""


class TooLong(Exception):
    """More has come than the file may have."""


@dataclass(frozen=True, slots=True)
class Staged:
    """A file that waits to be placed in the store."""

    path: Path
    sha256: bytes
    size: int


class Writer:
    """Appends to a file, which one writer at a time may do; what was taken is durable when it closes."""

    def __init__(self, path: Path, limit: int) -> None:
        """`limit`: the bytes that the file may have in all."""
        self._path = path
        self._limit = limit
        self._pending = bytearray()
        self._descriptor = -1
        self.size = 0

    async def __aenter__(self) -> Self:
        """Open the file, at its end; raises Busy."""
        await asyncio.to_thread(self._open)
        return self

    async def take(self, data: bytes) -> None:
        """Append; raises TooLong, and takes nothing then."""
        if self.size + len(data) > self._limit:
            raise TooLong
        self._pending += data
        self.size += len(data)
        if len(self._pending) >= _BLOCK:
            await asyncio.to_thread(self._write)

    async def sync(self) -> None:
        """Make what was taken durable, and readable for others."""
        await asyncio.to_thread(self._sync)

    async def __aexit__(self, *_error: object) -> None:
        """Write what is left, also when the client has gone."""
        await asyncio.shield(asyncio.to_thread(self._close))

    def _open(self) -> None:
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._descriptor = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(self._descriptor)
            raise Busy from error
        self.size = os.fstat(self._descriptor).st_size

    def _write(self) -> None:
        left = memoryview(bytes(self._pending))
        self._pending.clear()
        while left:
            left = left[os.write(self._descriptor, left) :]

    def _sync(self) -> None:
        self._write()
        os.fsync(self._descriptor)

    def _close(self) -> None:
        try:
            self._sync()
        finally:
            os.close(self._descriptor)


class Staging:
    """Folders beside the store: of single requests, of uploads that may be resumed, and of imports."""

    def __init__(self, root: Path) -> None:
        """Nothing is made before the first file comes."""
        self._requests = root / "staging"
        self._uploads = root / "uploads"
        self.imports = root / "imports"
        """Files of complaints that wait to be imported; whoever imports them looks after the folder."""

    def new(self) -> Path:
        """Return the path of a file that only this request knows."""
        return self._requests / str(uuid7())

    def upload(self, upload_id: UUID) -> Path:
        """Return the path of an upload's file."""
        return self._uploads / str(upload_id)

    def older_than(self, seconds: float) -> Iterator[Path]:
        """Yield what nothing has been written to for so long."""
        for folder in (self._requests, self._uploads):
            yield from untouched(folder, seconds)


def untouched(folder: Path, seconds: float) -> Iterator[Path]:
    """Yield the files of a folder that nothing has been written to for so long; blocks."""
    before = time.time() - seconds
    for path in folder.glob("*"):
        try:
            is_old = path.stat().st_mtime < before
        except FileNotFoundError:  # another replica was quicker
            continue
        if is_old:
            yield path


def length(path: Path) -> int:
    """Return how many bytes an upload has; 0 where nothing has come."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def stage(path: Path) -> Staged:
    """Measure and hash a file; blocks."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").digest()
        return Staged(path, digest, file.tell())
