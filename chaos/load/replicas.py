"""The replicas of one service, and kept connections to each."""

import asyncio
from collections.abc import Sequence
from typing import NamedTuple
from urllib.parse import urlsplit

from bench.http_load import Client

HANG_SECONDS = 35.0
"""No request may take longer: intake's own patience, the drain of a replica and a paused one all fit in."""


class Answer(NamedTuple):
    """What a replica answered."""

    status: int
    head: bytes
    """In lower case."""
    body: bytes


class Replicas:
    """Sends prepared requests to one of the replicas, each on a connection of its own."""

    def __init__(self, urls: Sequence[str]) -> None:
        """`urls` are those of servers on this machine."""
        self._ports = [urlsplit(url).port or 80 for url in urls]
        self._idle: list[list[Client]] = [[] for _ in urls]

    async def send(self, replica: int, request: bytes) -> Answer:
        """Return the answer of a replica (counted round and round).

        Raises OSError where the connection cannot be made or breaks, TimeoutError for a hang.
        """
        place = replica % len(self._ports)
        async with asyncio.timeout(HANG_SECONDS):
            client = await self._connection(place)
            try:
                status, body = await client.send(request)
            except BaseException:
                client.close()
                raise
        if not client.closed:
            self._idle[place].append(client)
        return Answer(status, client.head, body)

    async def abandon(self, replica: int, request: bytes, after: float) -> None:
        """Send a request and hang up `after` seconds, whatever has come of it by then. Raises OSError."""
        place = replica % len(self._ports)
        _, writer = await asyncio.open_connection("127.0.0.1", self._ports[place])
        try:
            writer.write(request)
            await asyncio.sleep(after)
        finally:
            writer.close()

    def close(self) -> None:
        """Close all connections that are kept."""
        for clients in self._idle:
            for client in clients:
                client.close()
            clients.clear()

    async def _connection(self, place: int) -> Client:
        kept = self._idle[place]
        while kept:
            client = kept.pop()
            if not client.closed:
                return client
        return await Client.connect(self._ports[place])
