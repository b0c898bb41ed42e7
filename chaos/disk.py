"""Disks of their own, for servers whose disk is to run full: a file system in a file, mounted for as long as we live.

Mounting takes root, loop devices and mkfs.ext4; where one of them is missing, the servers share the machine's disk.
"""

import errno
import os
import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

_BYTES = 8 * 2**30
_MKFS = ("mkfs.ext4", "-q", "-F", "-m", "0", "-E", "lazy_itable_init=1,lazy_journal_init=1")
"""Nothing is reserved for root: the disk is as full for root as for everyone else."""
_HOLD = 'mount -o loop "$1" "$2" && echo mounted && cat; umount -l "$2"'
"""Whatever ends us closes the pipe that `cat` reads from."""


class Disk:
    """One mounted file system that can be filled up and emptied."""

    def __init__(self, place: Path, size: int = _BYTES) -> None:
        """`place` becomes the root of the file system; the file beside it takes only as much space as is used of it."""
        self._place = place
        self._image = place.with_name(f"{place.name}.disk")
        self._ballast = place / "ballast"
        self._size = size
        self._holder: subprocess.Popen[bytes] | None = None

    def mount(self) -> None:
        """Make the file system and mount it; raises OSError where that is not possible."""
        self._place.mkdir(parents=True, exist_ok=True)
        with self._image.open("wb") as file:
            file.truncate(self._size)
        made = _run(*_MKFS, str(self._image))
        if made.returncode:
            raise OSError(f"mkfs.ext4 failed: {made.stderr.decode(errors='replace').strip()}")
        self._holder = subprocess.Popen(
            ["sh", "-c", _HOLD, "sh", str(self._image), str(self._place)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        assert self._holder.stdout is not None
        if not self._holder.stdout.readline():
            raise OSError(f"{self._place} cannot be mounted")

    def unmount(self) -> None:
        """Take it away once nobody uses it any more; what is on it stays in the file."""
        if self._holder is not None:
            self._holder.communicate()
            self._holder = None

    def fill(self) -> None:
        """Leave not a single free block."""
        found = os.statvfs(self._place)
        taken, step = 0, found.f_bavail * found.f_frsize
        with self._ballast.open("wb") as file:
            while step >= found.f_frsize:
                try:
                    os.posix_fallocate(file.fileno(), taken, step)
                except OSError as error:
                    if error.errno != errno.ENOSPC:
                        raise
                    step //= 2
                else:
                    taken += step

    def free(self) -> None:
        """Give back what `fill` took."""
        self._ballast.unlink(missing_ok=True)


@cache
def why_there_are_none() -> str | None:
    """Return why no disk can be mounted here; None where it can."""
    if os.geteuid() != 0:
        return "only root may mount"
    if shutil.which(_MKFS[0]) is None:
        return f"there is no {_MKFS[0]}"
    with tempfile.TemporaryDirectory() as root:
        disk = Disk(Path(root) / "probe", size=4 * 2**20)
        try:
            disk.mount()
        except OSError as error:
            return str(error)
        disk.unmount()
    return None


def _run(*command: str) -> Any:
    return subprocess.run(command, capture_output=True, check=False)
