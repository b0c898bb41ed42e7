"""Objects below a prefix of a bucket of an S3-compatible service, each written in one step.

What it needs of the service: signatures of version 4, what was written is read at once, and the right to get, put,
delete and list below the prefix.
"""

import asyncio
import re
from collections.abc import AsyncGenerator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit, urlunsplit

from obstore.exceptions import BaseError
from obstore.store import S3Store

from intake_service.persistence.blobs import Damaged, Operation, Refused, StoreAway, asked, failures_counted
from runtime.settings import UnusableSetting

if TYPE_CHECKING:
    from obstore import GetResult, ObjectMeta
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


class S3Objects:
    """A bucket, or a part of it."""

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

    async def has(self, name: str) -> bool:
        """Say whether an object is there; in a bucket that is not, none is."""
        try:
            with self._asked("look"):
                async with asyncio.timeout(_ANSWER_SECONDS):
                    await self._store.head_async(name)
        except FileNotFoundError:
            return False
        return True

    async def put(self, name: str, content: Path | bytes) -> None:
        """Write an object."""
        with self._asked("place"):
            async with asyncio.timeout(_PLACE_SECONDS):
                try:
                    await self._store.put_async(name, content, chunk_size=_PART, max_concurrency=_PARTS_AT_ONCE)
                except FileNotFoundError:
                    raise StoreAway(f"{self.name}: there is no such bucket") from None

    async def get(self, name: str, part: tuple[int, int] | None = None) -> "GetResult":
        """Begin to read an object, or the bytes from the first of `part` to before its second; see `blocks`."""
        try:
            with self._asked("read"):
                async with asyncio.timeout(_ANSWER_SECONDS):
                    return await self._store.get_async(name, options={} if part is None else {"range": part})
        except FileNotFoundError:
            await self.check_bucket()
            raise

    async def blocks(self, found: "GetResult") -> AsyncGenerator[bytes, None]:
        """Return what `get` has begun to read."""
        with failures_counted("read"), self._plain():
            async for block in found.stream(min_chunk_size=_BLOCK):
                yield bytes(block)

    async def delete(self, name: str) -> None:
        """Delete an object, if it is there."""
        try:
            with self._asked("remove"):
                async with asyncio.timeout(_ANSWER_SECONDS):
                    await self._store.delete_async(name)
        except FileNotFoundError:  # which some services say
            await self.check_bucket()

    async def listed(self, folder: str) -> "list[ObjectMeta]":
        """Return all objects of a folder, with those of its folders."""
        with self._asked("list"):
            async with asyncio.timeout(_PLACE_SECONDS):
                return [each async for batch in self._store.list(folder, chunk_size=1000) for each in batch]

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

    async def check_bucket(self) -> None:
        """Raise StoreAway where an object may be said to be not there because its bucket is not."""
        if flaw := await self.check():
            raise StoreAway(flaw)

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
