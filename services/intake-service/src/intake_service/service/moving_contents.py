"""Copies the contents of one store into another while intake runs, and checks each by its digest."""

import asyncio
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncEngine

from intake_service.persistence import attachment_waste, attachments, stored_contents
from intake_service.persistence.blobs import Blobs, Damaged, StoreAway
from intake_service.persistence.staging import Staged, Staging

Told = Callable[[int, int], None]
"""Told how many bytes are done, and of how many."""
_PAGE = 200
AT_ONCE = 4
"""Contents that are copied at a time: each holds a connection to the database, and a file on its way."""


@dataclass
class Moved:
    """What came of it, in contents."""

    copied: int = 0
    there: int = 0
    """Those that the target had."""
    removed: int = 0
    broken: list[str] = field(default_factory=list)
    """A line for each that could not be had whole: its hash, and why."""


@dataclass(frozen=True, slots=True)
class Move:
    """From `source` to `target`, over files in `staging`."""

    engine: AsyncEngine
    source: Blobs
    target: Blobs
    staging: Staging
    remove: bool = False
    """Whether the source loses what the target proves to have."""

    async def run(self, told: Told) -> Moved:
        """Copy each content that an attachment has; what the target has already is passed over.

        A content is held while it is copied, as while it is uploaded: nobody removes it, and what was erased before
        its turn is not copied. So the move may be broken off and begun again, and run beside intake. Raises OSError
        where a store is away.
        """
        moved = Moved()
        for store in (self.source, self.target):
            if flaw := await store.check():
                raise StoreAway(flaw)
        async with self.engine.connect() as connection:
            total = int((await stored_contents.totals(connection)).bytes)
        done, after = 0, b""
        turns = asyncio.Semaphore(AT_ONCE)

        async def one(sha256: bytes, size: int) -> None:
            nonlocal done
            async with turns:
                await self._one(sha256, size, moved)
            done += size
            told(done, max(total, done))

        while True:
            async with self.engine.connect() as connection:
                rows = await stored_contents.next_after(connection, after, _PAGE)
            if not rows:
                return moved
            try:
                async with asyncio.TaskGroup() as group:
                    for row in rows:
                        group.create_task(one(row.sha256, row.size))
            except ExceptionGroup as failed:
                raise failed.exceptions[0] from None
            after = rows[-1].sha256

    async def _one(self, sha256: bytes, size: int, moved: Moved) -> None:
        async with self.engine.begin() as connection:
            await stored_contents.stand_still(connection)
            await attachments.hold(connection, [sha256])
            if not await attachment_waste.needed(connection, [sha256]):
                return
            is_new = not await self.target.has(sha256)
            if not is_new and self.remove and not await _is_whole(self.target, sha256, size):
                if not await _is_whole(self.source, sha256, size):  # what is wrong may be all that there is
                    moved.broken.append(f"{sha256.hex()}: another content in {self.target.name}, and no better one")
                    return
                await self.target.remove(sha256)
                is_new = True
            if is_new and (flaw := await self._copied(sha256, size)):
                moved.broken.append(f"{sha256.hex()}: {flaw}")
                return
            moved.copied += is_new
            moved.there += not is_new
            if self.remove:
                await self.source.remove(sha256)
                moved.removed += 1

    async def _copied(self, sha256: bytes, size: int) -> str | None:
        """Copy, and once more where the target has something else then; return what is wrong after that."""
        for _ in range(2):
            try:
                await self._copy(sha256, size)
            except FileNotFoundError:
                return f"not in {self.source.name}"
            except Damaged:
                return f"another content in {self.source.name}"
            if await _is_whole(self.target, sha256, size):
                return None
            await self.target.remove(sha256)
        return f"another content in {self.target.name}"

    async def _copy(self, sha256: bytes, size: int) -> None:
        path = self.staging.new()
        try:
            if await _digest(self.source, sha256, size, path) != sha256:
                raise Damaged(f"{self.source.name}: another digest")
            await self.target.place(Staged(path, sha256, size))
        finally:
            path.unlink(missing_ok=True)


async def _is_whole(store: Blobs, sha256: bytes, size: int) -> bool:
    try:
        return await _digest(store, sha256, size) == sha256
    except (Damaged, FileNotFoundError):
        return False


async def _digest(store: Blobs, sha256: bytes, size: int, into: Path | None = None) -> bytes:
    """Read a content, perhaps into a file, and return its SHA-256; FileNotFoundError where it is not there."""
    digest = hashlib.sha256()
    blocks = await store.read(sha256, 0, size)
    if into is None:
        async for block in blocks:
            digest.update(block)
        return digest.digest()
    into.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with into.open("xb") as file:
        async for block in blocks:
            digest.update(block)
            await asyncio.to_thread(file.write, block)
    return digest.digest()
