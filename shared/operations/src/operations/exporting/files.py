"""Where the files of exports lie: one folder, the same for all replicas; each file is whole or not there."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO
from uuid import UUID

_PART = ".part"


class ExportFiles:
    """The folder; it is made with the first file."""

    def __init__(self, root: Path) -> None:
        self._root = root.expanduser().absolute()

    def path(self, export_id: UUID) -> Path:
        """Return where the file of an export is, once it is whole."""
        return self._root / str(export_id)

    @contextmanager
    def writing(self, export_id: UUID, attempt: int) -> Iterator[BinaryIO]:
        """Give a file to write to, which is durable and in its place when the block ends, and gone if it raises.

        What an earlier attempt has left goes first: its replica was killed, or will not be heard any more.
        """
        self._root.mkdir(mode=0o700, parents=True, exist_ok=True)
        for left in self._root.glob(f"{export_id}.*{_PART}"):
            left.unlink(missing_ok=True)
        part = self._root / f"{export_id}.{attempt}{_PART}"
        try:
            with part.open("wb") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            part.replace(self.path(export_id))
        finally:
            part.unlink(missing_ok=True)

    def remove(self, export_id: UUID) -> None:
        """Remove the file of an export, if it is there."""
        self.path(export_id).unlink(missing_ok=True)

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
