"""Where the pieces of uploads are until the last one has come, and how more is appended: in the folder, as files."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any, Protocol, Self
from uuid import UUID

from intake_service.persistence.staging import Staging, Writer, length


class Appending(Protocol):
    """Appends to an upload, where it ends; what was taken is durable when the block is over."""

    @property
    def size(self) -> int:
        """How much has come, with what was taken."""

    async def __aenter__(self) -> Self:
        """Begin; raises Busy where another request appends."""

    async def take(self, data: bytes) -> None:
        """Append; raises TooLong, and takes nothing then."""

    async def sync(self) -> None:
        """Make what was taken durable, and readable for others; raises Busy where another has appended meanwhile."""

    async def __aexit__(self, *_error: object) -> None:
        """Do so with what is left, also when the client has gone."""


class Pieces(Protocol):
    """The pieces of all uploads, each of which is a row. All methods raise OSError where they cannot be had."""

    async def arrived(self, upload: Any) -> int:
        """Return how many bytes have come."""

    def appending(self, upload: Any) -> Appending:
        """Return what appends."""

    def whole(self, upload: Any) -> AbstractAsyncContextManager[Path]:
        """Give the file that has come as a whole, for the caller to use up."""

    async def remove(self, ids: Sequence[UUID]) -> None:
        """Delete what there is of these uploads."""

    async def older_than(self, seconds: float) -> set[UUID]:
        """Return the uploads of which something was written longer ago than that, and is not in the staging folder."""


class FolderPieces:
    """A file for each upload, in a folder that replicas may share."""

    def __init__(self, staging: Staging) -> None:
        self._staging = staging

    async def arrived(self, upload: Any) -> int:
        """Measure the file."""
        return await asyncio.to_thread(length, self._staging.upload(upload.id))

    def appending(self, upload: Any) -> Appending:
        """Append to the file, which is locked meanwhile."""
        return Writer(self._staging.upload(upload.id), upload.size)

    @asynccontextmanager
    async def whole(self, upload: Any) -> AsyncIterator[Path]:
        """Give the file itself."""
        yield self._staging.upload(upload.id)

    async def remove(self, ids: Sequence[UUID]) -> None:
        """Delete the files."""
        for upload_id in ids:
            await asyncio.to_thread(self._staging.upload(upload_id).unlink, missing_ok=True)

    async def older_than(self, seconds: float) -> set[UUID]:  # noqa: ARG002 - all are in the staging folder
        """Return none."""
        return set()
