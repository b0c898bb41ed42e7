"""One process at a time may use a data directory."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from jieban.embedded.datadir import DataDir
from jieban.errors import UserError


@contextmanager
def exclusive(directory: DataDir) -> Iterator[None]:
    """Hold the data directory until the block ends; the kernel lets go of it when the process dies.

    Raises `UserError` at once, having touched nothing, when another process holds it.
    """
    descriptor = os.open(directory.lock_file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UserError(_in_use(directory.root, descriptor)) from None
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        yield
    finally:
        os.close(descriptor)


def _in_use(root: Path, descriptor: int) -> str:
    holder = os.pread(descriptor, 32, 0).decode("ascii", "replace").strip()
    by = f" (process {holder})" if holder.isdigit() else ""
    return f"The data directory {root} is in use by another jieban{by}: stop that one or choose another --data-dir."
