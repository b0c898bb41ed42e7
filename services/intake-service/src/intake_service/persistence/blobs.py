"""The store: a folder of files that are named by their SHA-256, and never change.

`<root>/blobs/ab/abcd…`. A file is placed before the row that refers to it is committed, and removed after the last one
is gone; `attachments.hold` keeps the two from meeting.
"""

import os
from collections.abc import Iterator
from pathlib import Path

from intake_service.persistence.staging import Staged, untouched

SHARDS = 256


class Blobs:
    """The files of all replicas: they share the folder. All methods block."""

    def __init__(self, root: Path) -> None:
        """Nothing is made before the first file comes."""
        self._root = root / "blobs"

    def path(self, sha256: bytes) -> Path:
        """Return where the content with this hash is, or would be."""
        name = sha256.hex()
        return self._root / name[:2] / name

    def place(self, staged: Staged) -> None:
        """Move a file in, durably; nothing happens where its content is there already. Raises OSError."""
        target = self.path(staged.sha256)
        if target.exists():
            return
        if not target.parent.is_dir():
            target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            _sync(self._root)
            _sync(self._root.parent)
        _sync(staged.path)
        staged.path.replace(target)
        _sync(target.parent)

    def remove(self, sha256: bytes) -> None:
        """Delete the content, if it is there."""
        self.path(sha256).unlink(missing_ok=True)

    def older_than(self, seconds: float, shard: int) -> Iterator[bytes]:
        """Yield the hashes, of the shard's part of the store, of what was placed longer ago than that."""
        for path in untouched(self._root / f"{shard:02x}", seconds):
            yield bytes.fromhex(path.name)


def _sync(path: Path) -> None:
    """Make the content of a file, or the names in a folder, outlive a power cut."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
