"""What a store of attachments promises: contents that are named by their SHA-256, and never change.

A content is placed before the row that refers to it is committed, and removed after the last one is gone;
`attachments.hold` keeps the two from meeting. All replicas share the store.
"""

import errno
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager
from typing import Literal, Protocol, get_args

from prometheus_client import Counter, Histogram

from intake_service.persistence.staging import Staged

SHARDS = 256
Operation = Literal["place", "read", "look", "list", "remove", "check"]
_SECONDS = Histogram(
    "jieban_attachment_store_seconds",
    "Until the store of attachments has done what it was asked for, until its first answer for a file that is read",
    ["operation"],
)
_FAILURES = Counter(
    "jieban_attachment_store_failures_total", "What the store of attachments could not be asked for", ["operation"]
)
for _operation in (*get_args(Operation), "stage"):
    _FAILURES.labels(_operation)  # a series that begins with its first failure has no increase


class StoreAway(OSError):
    """The store cannot be reached, or refuses; `strerror` names it and says why, without a secret."""

    def __init__(self, said: str) -> None:
        super().__init__(errno.EIO, said)


class Refused(StoreAway):
    """The store answers, and will not do this; another content may fare better."""


class Damaged(OSError):
    """What the store has under a content's name is another one."""


class Blobs(Protocol):
    """One store. All methods but `check` raise OSError where it cannot be asked."""

    @property
    def name(self) -> str:
        """Where it is, without a secret."""

    async def bring(self, staged: Staged) -> None:
        """Do of `place` what takes long, before a transaction holds the content."""

    async def place(self, staged: Staged) -> None:
        """Have the content in the store, whole and durably; the file is used up where it is in the same place.

        The caller holds the content, so that nobody removes it meanwhile.
        """

    async def has(self, sha256: bytes) -> bool:
        """Say whether the content is there."""

    async def read(self, sha256: bytes, first: int, size: int) -> AsyncIterator[bytes]:
        """Return `size` bytes from `first` on, in blocks that come as fast as they are taken.

        Raises FileNotFoundError where the content is not there. What is returned raises OSError when the rest cannot
        be had, Damaged among them.
        """

    async def remove(self, sha256: bytes) -> None:
        """Delete the content, if it is there."""

    async def older_than(self, seconds: float, shard: int) -> Sequence[bytes]:
        """Return the hashes, of the shard's part of the store, of what was placed longer ago than that."""

    async def check(self) -> str | None:
        """Return None where the store can be used, else which one cannot and why."""


def key(sha256: bytes) -> str:
    """Return the name of a content in each store: `blobs/ab/abcd…`."""
    name = sha256.hex()
    return f"blobs/{name[:2]}/{name}"


@contextmanager
def asked(operation: Operation) -> Iterator[None]:
    """Measure what the store is asked for, and count its failures."""
    started = time.perf_counter()
    try:
        with failures_counted(operation):
            yield
    finally:
        _SECONDS.labels(operation).observe(time.perf_counter() - started)


def staging_failed() -> None:
    """Count that a file could not even be taken in: the folder of files on their way is full, or not there."""
    _FAILURES.labels("stage").inc()


@contextmanager
def failures_counted(operation: Operation) -> Iterator[None]:
    """Count the failures; a content that is not there is an answer, and none."""
    try:
        yield
    except FileNotFoundError:
        raise
    except OSError:
        _FAILURES.labels(operation).inc()
        raise
