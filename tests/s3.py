"""A real S3 service for the tests, started once a session by whoever asks for it: S3Proxy on a folder of files.

Fixtures: `s3` (session): the server; `bucket` (module): a function that makes an empty bucket and returns its name.

The lock file holds S3Proxy 2.6.0 and those of its dependencies that it loads for a folder: without the clients of
other clouds, and without the two that Maven Central has not.
"""

import asyncio
import signal
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from jieban.embedded.datadir import DataDir, write_atomically
from jieban.embedded.jars import JarSet, classpath
from jieban.embedded.java import find_java
from jieban.embedded.launch import Launch
from jieban.embedded.ports import LOOPBACK
from jieban.embedded.server import ServerProcess

S3PROXY = JarSet("S3Proxy 2.6.0", Path(__file__).with_name("s3proxy-jars.lock"))
ACCESS_KEY = "jieban-tests"
SECRET_KEY = "4f6d0b92c8e1a7353f1e"
_READY_SECONDS = 120.0
_GRACE_SECONDS = 4.0
EMPTY = "<ListBucketResult><IsTruncated>false</IsTruncated><KeyCount>0</KeyCount></ListBucketResult>"
"""What a service says to a check."""
_JVM = ("-Xmx128m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:-UsePerfData")
_LOGBACK = """<configuration>
  <appender name="A" class="ch.qos.logback.core.ConsoleAppender">
    <encoder><pattern>%date %level %logger{0} %msg%n</pattern></encoder>
  </appender>
  <root level="WARN"><appender-ref ref="A"/></root>
</configuration>
"""


class S3Server:
    """The S3 service of one data directory."""

    def __init__(self, directory: DataDir, port: int) -> None:
        self._directory = directory
        self._process = ServerProcess(directory, "S3Proxy", signal.SIGTERM, _GRACE_SECONDS)
        self._port = port
        self.folder = directory.root / "s3"
        """A folder for each bucket, and in it a file for each object."""

    @property
    def endpoint(self) -> str:
        """The URL for clients."""
        return f"http://{LOOPBACK}:{self._port}"

    @property
    def settings(self) -> Mapping[str, Any]:
        """How RuntimeSettings name it."""
        return {
            "attachments_s3_endpoint": self.endpoint,
            "attachments_s3_access_key": ACCESS_KEY,
            "attachments_s3_secret_key": SECRET_KEY,
        }

    @property
    def environment(self) -> Mapping[str, str]:
        """How a process is told of it."""
        return {f"JIEBAN_{name.upper()}": value for name, value in self.settings.items()}

    async def start(self) -> None:
        """Start, and return once it serves."""
        jars = await classpath(self._directory, S3PROXY)
        self.folder.mkdir(exist_ok=True)
        config, logback = self._directory.run / "s3proxy.conf", self._directory.run / "logback.xml"
        write_atomically(config, self._properties())
        write_atomically(logback, _LOGBACK)
        own = [f"-Djieban.data={self._directory.root}", f"-Dlogback.configurationFile={logback}"]
        main = ["-cp", ":".join(map(str, jars)), "org.gaul.s3proxy.Main", "--properties", str(config)]
        program = [str(find_java()), *_JVM, *own, *main]
        self._process.launch(Launch(program, signal.SIGTERM, cwd=self._directory.root))
        await self._process.until_ready(self._answers, _READY_SECONDS)

    async def stop(self) -> None:
        """End it."""
        await self._process.stop()

    def _properties(self) -> str:
        return (
            f"s3proxy.endpoint={self.endpoint}\ns3proxy.authorization=aws-v4\n"
            f"s3proxy.identity={ACCESS_KEY}\ns3proxy.credential={SECRET_KEY}\n"
            "jclouds.provider=filesystem-nio2\njclouds.identity=none\njclouds.credential=none\n"
            f"jclouds.filesystem.basedir={self.folder}\n"
        )

    async def _answers(self) -> bool:
        with suppress(OSError):
            _, writer = await asyncio.open_connection(LOOPBACK, self._port)
            writer.close()
            return True
        return False


@asynccontextmanager
async def answering(answer: Callable[[str, str], Awaitable[tuple[int, str]]]) -> AsyncIterator[str]:
    """Give the endpoint of a service that says what no real one can be made to: a status and a text for a request.

    A `HEAD` gets the length of the text.
    """

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        method, path, _ = (await reader.readuntil(b"\r\n\r\n")).decode().split(" ", 2)
        status, text = await answer(method, path)
        moment = "Sun, 29 Nov 2026 08:00:00 GMT"
        head = f"HTTP/1.1 {status} .\r\nContent-Length: {len(text)}\r\nETag: e\r\nLast-Modified: {moment}\r\n"
        body = "" if method == "HEAD" else text
        writer.write(f"{head}Connection: close\r\n\r\n{body}".encode())
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(serve, LOOPBACK, 0) as server:
        yield f"http://{LOOPBACK}:{server.sockets[0].getsockname()[1]}"


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def s3(stack_directory: DataDir, free_port: Callable[[], int]) -> AsyncIterator[S3Server]:
    """The session's S3 service."""
    server = S3Server(stack_directory, free_port())
    await server.start()
    yield server
    await server.stop()


@pytest.fixture(scope="module")
def bucket(s3: S3Server) -> Callable[[], str]:
    """A function that makes an empty bucket and returns its name."""

    def make() -> str:
        name = f"bucket-{uuid.uuid4().hex[:12]}"
        (s3.folder / name).mkdir()
        return name

    return make
