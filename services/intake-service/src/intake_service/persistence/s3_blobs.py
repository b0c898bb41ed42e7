"""The store as objects of an S3-compatible service: `<prefix>/blobs/ab/abcd…`, written in one step each.

What it needs of the service: signatures of version 4, what was written is read at once, and the right to get, put,
delete and list below the prefix.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit, urlunsplit

from obstore.exceptions import BaseError
from obstore.store import S3Store

from intake_service.persistence.blobs import Damaged, Operation, Refused, StoreAway, asked, failures_counted, key
from intake_service.persistence.staging import Staged
from runtime import clock
from runtime.settings import UnusableSetting

if TYPE_CHECKING:
    from obstore import GetResult
    from obstore.store import ClientConfig, RetryConfig, S3Config

_ANSWER_SECONDS = 10.0
"""The most that a request without a file takes, its repeats included."""
_PLACE_SECONDS = 60.0
_CHECK_SECONDS = 1.5
_PART = 5 << 20
_PARTS_AT_ONCE = 2
"""The least that S3 takes but for the last, two on their way: an upload needs some 40 MB, whatever its size."""
_BLOCK = 1 << 16
_RETRIES: "RetryConfig" = {
    "max_retries": 3,
    "retry_timeout": timedelta(seconds=8),
    "backoff": {"init_backoff": timedelta(milliseconds=100), "max_backoff": timedelta(seconds=2), "base": 2},
}
_CODE = re.compile(r"<Code>(\w{1,64})</Code>", re.ASCII)
_HASH = re.compile(r"[0-9a-f]{64}", re.ASCII)
_REFUSAL = re.compile(r"4(?!08|29)\d\d", re.ASCII)
"""What is not about the moment."""
_SHORTER = "416"
"""An object has nothing where a row says that it begins."""
_STATUS = re.compile(r"status code: (\d{3})", re.ASCII)


class S3Keys(NamedTuple):
    """What a bucket is opened with."""

    access_key_id: str
    secret_access_key: str


@dataclass(frozen=True, slots=True)
class S3Place:
    """Where a bucket is, and with which keys it is opened."""

    bucket: str
    prefix: str
    endpoint: str | None
    """A URL; without one, Amazon's of the region."""
    region: str
    path_style: bool
    """Whether the bucket stands in the path of URLs, or in the name of the host."""
    keys: S3Keys | None = field(default=None, repr=False)
    """None to look where AWS's tools do."""
    root_certificate: bytes | None = None
    """Of the authority that signed the endpoint's certificate, as PEM, where it is not a public one."""

    @property
    def url(self) -> str:
        """The name of the place: `s3://bucket/prefix`."""
        return f"s3://{self.bucket}/{self.prefix}".rstrip("/")

    def endpoint_url(self) -> str | None:
        """Return the URL that objects' names are added to, with the bucket in it where that names the host."""
        if self.endpoint is None or self.path_style:
            return self.endpoint
        parts = urlsplit(self.endpoint)
        return urlunsplit(parts._replace(netloc=f"{self.bucket}.{parts.netloc}"))


class S3Blobs:
    """Objects below a prefix of a bucket."""

    def __init__(self, place: S3Place) -> None:
        """Nothing is asked yet; UnusableSetting for a place that cannot be one."""
        self.name = place.url
        endpoint = place.endpoint_url()
        options: ClientConfig = {
            "allow_http": endpoint is not None and endpoint.startswith("http:"),
            "connect_timeout": timedelta(seconds=3),
            "read_timeout": timedelta(seconds=20),  # a silence; a file may take longer, at its reader's speed
            "timeout": timedelta(hours=1),
        }
        if place.root_certificate is not None:
            options["root_certificate"] = place.root_certificate
        config: S3Config = {
            "region": place.region,
            "virtual_hosted_style_request": not place.path_style,
            "disable_bulk_delete": True,  # not every service has it
        }
        if endpoint is not None:
            config["endpoint"] = endpoint
        if place.keys is not None:
            config["access_key_id"], config["secret_access_key"] = place.keys
        prefix = place.prefix or None
        try:
            self._store = S3Store(
                place.bucket, prefix=prefix, config=config, client_options=options, retry_config=_RETRIES
            )
        except (BaseError, ValueError) as error:
            raise UnusableSetting(
                f"{self.name} cannot be used: {type(error).__name__}"
            ) from None  # the text may tell keys

    async def bring(self, staged: Staged) -> None:
        """Upload the content, unless it is there already."""
        await self.place(staged)

    async def place(self, staged: Staged) -> None:
        """Upload the content, unless it is there already; the file stays."""
        if await self._has(staged.sha256):
            return
        with self._asked("place"):
            async with asyncio.timeout(_PLACE_SECONDS):
                try:
                    await self._store.put_async(
                        key(staged.sha256), staged.path, chunk_size=_PART, max_concurrency=_PARTS_AT_ONCE
                    )
                except FileNotFoundError:
                    raise StoreAway(f"{self.name}: there is no such bucket") from None

    async def has(self, sha256: bytes) -> bool:
        """Say whether the content is there."""
        if await self._has(sha256):
            return True
        await self._check_bucket()
        return False

    async def _check_bucket(self) -> None:
        """Raise StoreAway where a content may be said to be not there because its bucket is not."""
        if flaw := await self.check():
            raise StoreAway(flaw)

    async def _has(self, sha256: bytes) -> bool:
        try:
            with self._asked("look"):
                async with asyncio.timeout(_ANSWER_SECONDS):
                    await self._store.head_async(key(sha256))
        except FileNotFoundError:
            return False
        return True

    async def read(self, sha256: bytes, first: int, size: int) -> AsyncIterator[bytes]:
        """Return a part of the content, block by block."""
        try:
            with self._asked("read"):
                async with asyncio.timeout(_ANSWER_SECONDS):
                    found = await self._store.get_async(key(sha256), options={"range": (first, first + size)})
        except FileNotFoundError:
            await self._check_bucket()
            raise
        return self._blocks(found, size)

    async def remove(self, sha256: bytes) -> None:
        """Delete the content, if it is there."""
        try:
            with self._asked("remove"):
                async with asyncio.timeout(_ANSWER_SECONDS):
                    await self._store.delete_async(key(sha256))
        except FileNotFoundError:  # which some services say
            await self._check_bucket()

    async def older_than(self, seconds: float, shard: int) -> Sequence[bytes]:
        """Return the hashes of what was placed in one part of the store longer ago than that."""
        before = clock.now() - timedelta(seconds=seconds)
        found: list[bytes] = []
        with self._asked("list"):
            async with asyncio.timeout(_PLACE_SECONDS):
                async for batch in self._store.list(f"blobs/{shard:02x}", chunk_size=1000):
                    names = [each["path"].rpartition("/")[2] for each in batch if each["last_modified"] < before]
                    found += [bytes.fromhex(name) for name in names if _HASH.fullmatch(name)]
        return found

    async def check(self) -> str | None:
        """Ask for a list that is empty, for which bucket and keys have to be right."""
        try:
            with self._asked("check"):
                async with asyncio.timeout(_CHECK_SECONDS):
                    async for _ in self._store.list("nothing"):
                        break
        except StoreAway as error:
            return error.strerror
        return None

    async def _blocks(self, found: "GetResult", size: int) -> AsyncIterator[bytes]:
        with failures_counted("read"), self._plain():
            async for block in found.stream(min_chunk_size=_BLOCK):
                size -= len(block)
                yield bytes(block)
            if size != 0:
                raise Damaged(f"{self.name}: an object has another size than its row says")

    @contextmanager
    def _asked(self, operation: Operation) -> Iterator[None]:
        with asked(operation), self._plain():
            yield

    @contextmanager
    def _plain(self) -> Iterator[None]:
        """Raise StoreAway for whatever the library raises: its texts hold the whole answer of the service."""
        try:
            yield
        except TimeoutError:
            raise StoreAway(f"{self.name}: no answer in time") from None
        except BaseError as error:
            said = _said(error)
            if said.startswith(_SHORTER):
                raise Damaged(f"{self.name}: an object is shorter than its row says") from None
            kind = Refused if _REFUSAL.match(said) else StoreAway
            raise kind(f"{self.name}: {said}") from None


def _said(error: BaseError) -> str:
    """Return the code and status of the service's answer, of which nothing else may go into logs."""
    text = str(error)
    found = [match[1] for pattern in (_STATUS, _CODE) if (match := pattern.search(text))]
    return " ".join(found) or f"no answer ({type(error).__name__})"
