"""Two stores while contents move from the second to the first: new ones go to the first, both are read."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from intake_service.persistence.blobs import Blobs
from intake_service.persistence.staging import Staged


@dataclass(frozen=True, slots=True)
class PairedBlobs:
    """A store that is gone over to, and the one that is left."""

    first: Blobs
    second: Blobs

    @property
    def name(self) -> str:
        """Both."""
        return f"{self.first.name}, before {self.second.name}"

    async def bring(self, staged: Staged) -> None:
        """Bring it to the first."""
        await self.first.bring(staged)

    async def place(self, staged: Staged) -> None:
        """Place it in the first, also where the second has it."""
        await self.first.place(staged)

    async def has(self, sha256: bytes) -> bool:
        """Say whether one of them has the content."""
        return await self.first.has(sha256) or await self.second.has(sha256)

    async def read(self, sha256: bytes, first: int, size: int) -> AsyncIterator[bytes]:
        """Read it where it is; it may be moved between two looks."""
        for store in (self.first, self.second):
            try:
                return await store.read(sha256, first, size)
            except FileNotFoundError:
                continue
        return await self.first.read(sha256, first, size)

    async def remove(self, sha256: bytes) -> None:
        """Delete it in both."""
        await self.first.remove(sha256)
        await self.second.remove(sha256)

    async def older_than(self, seconds: float, shard: int) -> Sequence[bytes]:
        """Return what is old in one of them."""
        found = [*await self.first.older_than(seconds, shard), *await self.second.older_than(seconds, shard)]
        return list(dict.fromkeys(found))

    async def check(self) -> str | None:
        """Say what is wrong with one of them; both are asked at once."""
        first, second = await asyncio.gather(self.first.check(), self.second.check())
        return first or second
