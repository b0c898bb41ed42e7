"""Where the files of exports lie: one folder, the same for all replicas; each file is whole or not there."""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import BinaryIO
from uuid import UUID

from starlette.responses import FileResponse
from starlette.types import Receive, Scope, Send

_PART = ".part"


class ExportFiles:
    """The folder; it is made with the first file."""

    def __init__(self, root: Path) -> None:
        self._root = root.expanduser().absolute()

    def path(self, export_id: UUID) -> Path:
        """Return where the file of an export is, once it is whole."""
        return self._root / str(export_id)

    @asynccontextmanager
    async def writing(self, export_id: UUID, attempt: int) -> AsyncIterator[BinaryIO]:
        """Give a file to write to, which is durable and in its place when the block ends, and gone if it raises.

        What an earlier attempt has left goes first: its replica was killed, or will not be heard any more.
        """
        part = self._root / f"{export_id}.{attempt}{_PART}"
        file = await asyncio.to_thread(self._begin, export_id, part)
        try:
            yield file
            await asyncio.to_thread(_keep, file, part, self.path(export_id))
        finally:
            await asyncio.to_thread(_leave, file, part)

    async def remove(self, export_id: UUID) -> None:
        """Remove the file of an export, if it is there."""
        await asyncio.to_thread(self.path(export_id).unlink, missing_ok=True)

    def old(self, seconds: float) -> dict[UUID, list[Path]]:
        """Return the files that nobody has written to for so long, begun ones too, by their exports."""
        found: dict[UUID, list[Path]] = {}
        for path in self._root.glob("*"):
            try:
                if path.stat().st_mtime < time.time() - seconds:
                    found.setdefault(UUID(path.name.partition(".")[0]), []).append(path)
            except (FileNotFoundError, ValueError):  # gone meanwhile, or not one of ours
                continue
        return found

    def _begin(self, export_id: UUID, part: Path) -> BinaryIO:
        self._root.mkdir(mode=0o700, parents=True, exist_ok=True)
        for left in self._root.glob(f"{export_id}.*{_PART}"):
            left.unlink(missing_ok=True)
        return part.open("wb")


class ExportDownload(FileResponse):
    """The file of an export on its way: it was opened before, so it is sent whole whoever removes it meanwhile."""

    def __init__(self, file: BinaryIO, media_type: str, headers: Mapping[str, str]) -> None:
        """`file` is closed once it is sent."""
        super().__init__(f"/dev/fd/{file.fileno()}", media_type=media_type, headers=headers)
        self._file = file

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it, or the part that is asked for."""
        with self._file:
            await super().__call__(scope, receive, send)


def _keep(file: BinaryIO, part: Path, whole: Path) -> None:
    file.flush()
    os.fsync(file.fileno())
    part.replace(whole)


def _leave(file: BinaryIO, part: Path) -> None:
    try:
        file.close()
    finally:
        part.unlink(missing_ok=True)
