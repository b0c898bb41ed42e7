"""uvicorn, with limits on what a client may take its time over, and without its own idea of signals."""

import asyncio
import fcntl
import json
import socket
import sys
import termios
from collections.abc import Iterator
from contextlib import contextmanager
from errno import EADDRINUSE
from typing import Any

import structlog
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn import Config, Server
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

log = structlog.get_logger()

MAX_HEAD_BYTES = 32_768
"""Request line and headers together."""
_HEAD_SECONDS = 15.0
_REQUEST_SECONDS = 120.0
_TAKING_SECONDS = 60.0
"""In which a client has to take something of an answer that it is behind with."""
_IGNORED_BODY_BYTES = 33_554_432
"""Of a refused body, so that a client, or a gateway, that sends all before it reads still gets its answer."""
_SWEEP_TICKS = 10
_ABANDON_SECONDS = 0.5
_BACKLOG = 2048


class PortInUse(RuntimeError):
    """Something else listens on the port that this process should have."""

    def __init__(self, port: int) -> None:
        super().__init__(f"port {port} is already in use; stop what listens there or choose another port")
        self.port = port


def bind(host: str, port: int) -> socket.socket:
    """Return a socket that listens on the address; `PortInUse` if it cannot have the port."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        if error.errno == EADDRINUSE:
            raise PortInUse(port) from error
        raise
    listener.setblocking(False)
    return listener


class BoundedProtocol(HttpToolsProtocol):
    """HTTP/1.1 with a limit on the size of heads, on how long a request may take to arrive, and on refused bodies."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as in uvicorn itself
        """Start the clock of a connection."""
        self.head_is_open = True
        self.began_at = self.loop.time()
        self._head_bytes = self._chunk_bytes = self._ignored_bytes = 0
        self._refused_status = 400
        self._stalled_at, self._stalled_bytes = self.began_at, 0
        super().connection_made(transport)

    def data_received(self, data: bytes) -> None:
        """Take a chunk; a head that grows too long is refused even if it never ends."""
        self._chunk_bytes = len(data)
        if self.head_is_open:
            self._head_bytes += len(data)
        super().data_received(data)
        if self.head_is_open and self._head_bytes > MAX_HEAD_BYTES and not self.transport.is_closing():
            self._refused_status = 431
            self.send_400_response("")

    def on_message_begin(self) -> None:
        """Start the clock of a request."""
        self.head_is_open = True
        self.began_at = self.loop.time()
        self._head_bytes = self._chunk_bytes
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """Refuse a head that came in one piece but is too long."""
        self.head_is_open = False
        if self._head_bytes > MAX_HEAD_BYTES and self._head_size() > MAX_HEAD_BYTES:
            self._refused_status = 431
            raise ValueError("the head is too long")
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Hang up on a client that keeps sending a body which was refused long ago."""
        if self.cycle is not None and self.cycle.response_complete:
            self._ignored_bytes += len(body)
            if self._ignored_bytes > _IGNORED_BODY_BYTES:
                self.transport.close()
        super().on_body(body)

    def is_overdue(self, now: float) -> bool:
        """Say whether the client has had its time to send the request and has not."""
        if self.head_is_open:
            return self.timeout_keep_alive_task is None and now - self.began_at > _HEAD_SECONDS
        return self.cycle is not None and self.cycle.more_body and now - self.began_at > _REQUEST_SECONDS

    def takes_nothing(self, now: float) -> bool:
        """Say whether the client has had its time to take some of what waits for it, and has not."""
        is_behind = self.flow.write_paused or self.transport.is_closing()
        waiting = self.transport.get_write_buffer_size() + self._unacknowledged() if is_behind else 0
        if waiting == 0 or waiting != self._stalled_bytes:
            self._stalled_at, self._stalled_bytes = now, waiting
        return now - self._stalled_at > _TAKING_SECONDS

    def _unacknowledged(self) -> int:
        """Return how many bytes the kernel has taken and the client has not: it takes more by large steps only."""
        connection = self.transport.get_extra_info("socket")
        try:
            return int.from_bytes(fcntl.ioctl(connection.fileno(), termios.TIOCOUTQ, bytes(4)), sys.byteorder)
        except OSError:
            return 0

    def send_400_response(self, _message: str) -> None:
        """Answer a head that cannot be read, as a problem, and hang up."""
        status = self._refused_status
        title = "Header fields too large" if status == 431 else "Malformed HTTP request"
        problem = {"type": "about:blank", "title": title, "status": status, "detail": title}
        body = json.dumps(problem).encode()
        headers = b"content-type: application/problem+json\r\nconnection: close\r\ncontent-length: %d" % len(body)
        self.transport.write(STATUS_LINE[status] + headers + b"\r\n\r\n" + body)
        self.transport.close()

    def _head_size(self) -> int:
        return len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)


def _quiet_when_cancelled(app: ASGIApp) -> ASGIApp:
    """Return the app for the root of a request's task, where a cancellation has nowhere further to go."""

    async def root(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await app(scope, receive, send)
        except asyncio.CancelledError:
            log.warning("request_cancelled", path=scope["path"][:200])

    return root


class EmbeddedServer(Server):
    """A uvicorn server inside a process that handles signals itself; `is_up` is set when it takes connections."""

    def __init__(self, app: ASGIApp, *, drain_seconds: int, trusted_proxies: str = "") -> None:
        super().__init__(
            Config(
                _quiet_when_cancelled(app),
                http=BoundedProtocol,
                ws="none",
                lifespan="off",
                log_config=None,
                access_log=False,
                server_header=False,
                proxy_headers=bool(trusted_proxies),
                forwarded_allow_ips=trusted_proxies,
                backlog=_BACKLOG,
                timeout_keep_alive=30,
                timeout_graceful_shutdown=drain_seconds,
            )
        )
        self.is_up = asyncio.Event()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to `runtime.lifecycle`."""
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Take connections, then say so."""
        await super().startup(sockets)
        self.is_up.set()

    async def abandon_requests(self) -> None:
        """Cancel the requests that are still open; each answers that the process stops."""
        tasks = set(self.server_state.tasks)
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=_ABANDON_SECONDS)

    async def on_tick(self, counter: int) -> bool:
        """Once a second, hang up on clients that take for ever to send a request, or nothing of an answer."""
        if counter % _SWEEP_TICKS == 0:
            now = asyncio.get_running_loop().time()
            connections: list[Any] = list(self.server_state.connections)
            for connection in connections:
                if connection.is_overdue(now) or connection.takes_nothing(now):
                    connection.transport.abort()
        return await super().on_tick(counter)
