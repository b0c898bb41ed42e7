"""Files that come together with the complaint that they belong to: all of them are kept with it, or nothing is."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import orjson
from sqlalchemy.ext.asyncio import AsyncConnection

from intake_service.domain.attachment import NewAttachment, Wish
from intake_service.persistence.staging import Staged, stage
from intake_service.service.attaching import Attaching, new_attachment
from intake_service.service.examining import Content, examined
from runtime.auth import Caller
from runtime.idempotency import request_hash
from runtime.ids import uuid7
from runtime.problems import Problem


@dataclass(frozen=True, slots=True)
class Arrived:
    """A file that came with a complaint, and the id that it will have as its attachment."""

    id: UUID
    staged: Staged
    wish: Wish


async def arrived(files: Sequence[tuple[Path, Wish]]) -> list[Arrived]:
    """Return the files, measured, in order; nobody may write to them any more."""
    return [Arrived(uuid7(), await asyncio.to_thread(stage, path), wish) for path, wish in files]


def digest(path: str, body: bytes, files: Sequence[Arrived]) -> bytes:
    """Return what tells two such requests with one key apart: not their bytes, whose boundary is chance."""
    told = [[each.staged.sha256.hex(), each.wish.role, each.wish.name] for each in files]
    return request_hash("POST", path, body + b"\n" + orjson.dumps(told))


class Enclosed:
    """Files that can be kept; see `enclosed`."""

    def __init__(self, attaching: Attaching, caller: Caller, files: Sequence[tuple[NewAttachment, Content]]) -> None:
        self._attaching = attaching
        self._caller = caller
        self._files = files
        self.ids = frozenset(new.id for new, _ in files)
        self.have_image = any(new.kind == "image" for new, _ in files)

    async def keep(self, connection: AsyncConnection) -> None:
        """Place them in the store and add their rows, as attachments that wait for a complaint to claim them."""
        for new, content in self._files:
            await self._attaching.keep(connection, new, content, self._caller)

    async def discard(self) -> None:
        """Take back what a twin of the complaint did not need."""
        await self._attaching.discard([content for _, content in self._files])


@asynccontextmanager
async def enclosed(attaching: Attaching, files: Sequence[Arrived], caller: Caller) -> AsyncIterator[Enclosed]:
    """Give the files, looked into and in the store; what was made of them is removed afterwards unless it is kept.

    Raises Problem like `examined` for the first that cannot be taken, with its place in the form as `file`, from 0, and
    OSError where the store is away.
    """
    async with AsyncExitStack() as stack:
        kept = []
        for place, each in enumerate(files):
            looking = examined(each.staged, each.wish, attaching.limits, attaching.images)
            try:
                content = await stack.enter_async_context(looking)
            except Problem as problem:
                problem.extra = {**problem.extra, "file": place}
                raise
            kept.append((new_attachment(each.id, each.staged, content, each.wish, caller), content))
        await stack.enter_async_context(attaching.brought([content for _, content in kept]))
        yield Enclosed(attaching, caller, kept)
