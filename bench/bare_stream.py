"""Writes the same chunk to all connections, four times a second: `python -m bench.bare_stream PORT SIZE`."""

import asyncio
import sys
import time
from typing import cast

import uvloop

_EVERY_SECONDS = 0.25
_connections: set[asyncio.Transport] = set()


class _Connection(asyncio.Protocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._transport.write(b"HTTP/1.1 200 OK\r\n\r\n")
        _connections.add(self._transport)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 -- the protocol's name
        _connections.discard(self._transport)


async def main(port: int, size: int) -> None:
    """Serve until somebody ends it."""
    await asyncio.get_running_loop().create_server(_Connection, "127.0.0.1", port)
    while True:
        chunk = f"at={time.time()};".encode().ljust(size, b"x")
        for connection in tuple(_connections):
            connection.write(chunk)
        await asyncio.sleep(_EVERY_SECONDS)


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1]), int(sys.argv[2])))
