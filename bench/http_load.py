"""A lean HTTP/1.1 client for load: prepared bytes out, a status and a Content-Length in, nothing else.

A full client library costs more CPU a request than the server under test, and would measure itself.
"""

import asyncio
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import cast

MakeRequest = Callable[[], bytes]


@dataclass
class Load:
    """What a load run saw."""

    seconds: float
    latencies: list[float] = field(default_factory=list)
    """Seconds from the request's first byte out to the answer's last byte in, of answers with the wanted status."""
    wrong: dict[int, int] = field(default_factory=dict)
    """Answers with another status, counted."""

    @property
    def rate(self) -> float:
        """Wanted answers a second."""
        return len(self.latencies) / self.seconds

    def percentile(self, share: float) -> float:
        """Return a latency percentile in milliseconds; `share` 0.5 is the median."""
        ordered = sorted(self.latencies)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))] * 1000 if ordered else float("nan")


class Client(asyncio.Protocol):
    """One keep-alive connection that has one request on its way at a time."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._answer: asyncio.Future[tuple[int, bytes]] | None = None
        self._transport: asyncio.Transport | None = None
        self.head = b""
        """Status line and headers of the last answer, in lower case."""

    @property
    def closed(self) -> bool:
        """Whether either side has closed the connection."""
        return self._transport is None or self._transport.is_closing()

    @classmethod
    async def connect(cls, port: int) -> "Client":
        """Open a connection to a server on this machine."""
        _, client = await asyncio.get_running_loop().create_connection(cls, "127.0.0.1", port)
        return client

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        """Complete the answer once its whole body is here."""
        self._buffer += data
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            return
        head = self.head = bytes(self._buffer[:end]).lower()
        mark = head.find(b"content-length: ")
        length = int(head[mark + 16 :].split(b"\r\n", 1)[0]) if mark >= 0 else 0
        if len(self._buffer) < end + 4 + length:
            return
        body = bytes(self._buffer[end + 4 : end + 4 + length])
        del self._buffer[: end + 4 + length]
        if self._answer is not None and not self._answer.done():
            self._answer.set_result((int(head[9:12]), body))

    def connection_lost(self, exc: Exception | None) -> None:
        """Fail the request that is on its way."""
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(exc or ConnectionResetError("the server closed the connection"))

    async def send(self, request: bytes) -> tuple[int, bytes]:
        """Send prepared bytes; return status and body."""
        assert self._transport is not None
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return await self._answer

    def close(self) -> None:
        """Close the connection."""
        if self._transport is not None:
            self._transport.close()


def post(path: str, body: bytes, headers: dict[str, str], method: str = "POST") -> bytes:
    """Return the bytes of a POST, or of another method's request."""
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", "Content-Type: application/json"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


async def closed_loop(port: int, make: MakeRequest, *, clients: int, seconds: float, status: int) -> Load:
    """Let `clients` connections each send the next request as soon as the last is answered, for `seconds`."""
    connections = [await Client.connect(port) for _ in range(clients)]
    load = Load(seconds)
    started = time.perf_counter()
    try:
        await asyncio.gather(*(_loop(client, make, started + seconds, status, load) for client in connections))
    finally:
        load.seconds = time.perf_counter() - started
        for client in connections:
            client.close()
    return load


async def open_loop(port: int, requests: Iterator[bytes], *, rate: float, seconds: float) -> list[tuple[float, bytes]]:
    """Send at `rate` a second whatever the answers take; return (time sent, body) of each, in order sent."""
    everyone = [await Client.connect(port) for _ in range(64)]
    idle: asyncio.Queue[Client] = asyncio.Queue()
    for client in everyone:
        idle.put_nowait(client)
    sent: list[tuple[float, asyncio.Task[bytes]]] = []
    started = time.perf_counter()
    for index in range(int(rate * seconds)):
        delay = started + index / rate - time.perf_counter()
        if delay > 0:
            await asyncio.sleep(delay)
        task = asyncio.create_task(_borrowed(idle, await idle.get(), next(requests)))
        sent.append((time.time(), task))
    answers = [(at, await task) for at, task in sent]
    for client in everyone:
        client.close()
    return answers


async def _borrowed(idle: asyncio.Queue[Client], client: Client, request: bytes) -> bytes:
    try:
        return (await client.send(request))[1]
    finally:
        idle.put_nowait(client)


async def _loop(client: Client, make: MakeRequest, until: float, wanted: int, load: Load) -> None:
    while (begun := time.perf_counter()) < until:
        status, _ = await client.send(make())
        if status == wanted:
            load.latencies.append(time.perf_counter() - begun)
        else:
            load.wrong[status] = load.wrong.get(status, 0) + 1
