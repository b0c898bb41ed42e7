"""The store as objects of an S3-compatible service: `<prefix>/blobs/ab/abcd…`."""

import re
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing
from datetime import timedelta
from typing import TYPE_CHECKING

from intake_service.persistence.blobs import Damaged, key
from intake_service.persistence.s3_objects import S3Objects, S3Place
from intake_service.persistence.staging import Staged
from runtime import clock

if TYPE_CHECKING:
    from obstore import GetResult

_HASH = re.compile(r"[0-9a-f]{64}", re.ASCII)


class S3Blobs:
    """Contents as objects."""

    def __init__(self, place: S3Place) -> None:
        """Nothing is asked yet; UnusableSetting for a place that cannot be one."""
        self.objects = S3Objects(place)
        self.name = self.objects.name

    async def bring(self, staged: Staged) -> None:
        """Upload the content, unless it is there already."""
        await self.place(staged)

    async def place(self, staged: Staged) -> None:
        """Upload the content, unless it is there already; the file stays."""
        if not await self.objects.has(key(staged.sha256)):
            await self.objects.put(key(staged.sha256), staged.path)

    async def has(self, sha256: bytes) -> bool:
        """Say whether the content is there."""
        if await self.objects.has(key(sha256)):
            return True
        await self.objects.check_bucket()
        return False

    async def read(self, sha256: bytes, first: int, size: int) -> AsyncIterator[bytes]:
        """Return a part of the content, block by block."""
        return self._blocks(await self.objects.get(key(sha256), (first, first + size)), size)

    async def remove(self, sha256: bytes) -> None:
        """Delete the content, if it is there."""
        await self.objects.delete(key(sha256))

    async def older_than(self, seconds: float, shard: int) -> Sequence[bytes]:
        """Return the hashes of what was placed in one part of the store longer ago than that."""
        before = clock.now() - timedelta(seconds=seconds)
        found = await self.objects.listed(f"blobs/{shard:02x}")
        names = [each["path"].rpartition("/")[2] for each in found if each["last_modified"] < before]
        return [bytes.fromhex(name) for name in names if _HASH.fullmatch(name)]

    async def check(self) -> str | None:
        """Return None where the store can be used, else why it cannot."""
        return await self.objects.check()

    async def _blocks(self, found: "GetResult", size: int) -> AsyncIterator[bytes]:
        async with aclosing(self.objects.blocks(found)) as blocks:
            async for block in blocks:
                size -= len(block)
                yield block
        if size != 0:
            raise Damaged(f"{self.name}: an object has another size than its row says")
