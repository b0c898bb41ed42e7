"""TCP proxies in a process of their own, so that a network can be slow, deaf or gone.

Run as `python -m chaos.proxy DELAY RATE PORT:TARGET...`, it passes bytes at once. After SIGUSR1 each piece is cut into
slices, each takes DELAY seconds, and a connection passes RATE bytes a second each way, until SIGUSR2. After SIGHUP the
connections that are there then pass nothing any more, and stay. Freezing the process makes a network that swallows
everything; killing it, one that refuses everything.
"""

import asyncio
import signal
import sys
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import cast
from weakref import WeakSet

import uvloop

from jieban.embedded.ports import LOOPBACK

_SLICE_BYTES = 1_000
_CLOSED_SECONDS = 0.3
"""How long whoever comes is refused after one could not be led on."""
_MOST_BYTES = 64 * 1024
"""What a slow connection holds before it reads no more: whoever sends has to feel how slow it is."""


class Network:
    """What lies between the two ends."""

    def __init__(self, delay: float, rate: float) -> None:
        """`delay` is how long a slice takes while the network is slow, `rate` how many bytes a second it passes."""
        self.delay = delay
        self.rate = rate
        self.is_slow = False
        self.ends: WeakSet[End] = WeakSet()

    def slow_down(self) -> None:
        """From now on delay what comes."""
        self.is_slow = True

    def speed_up(self) -> None:
        """From now on pass what comes at once."""
        self.is_slow = False

    def forget(self) -> None:
        """Pass nothing any more on the connections that are there."""
        for end in self.ends:
            end.is_forgotten = True


class End(asyncio.Protocol):
    """One of two connections: what it reads, the other one writes, in order."""

    def __init__(self, network: Network, other: "End | None" = None) -> None:
        self.transport: asyncio.Transport | None = None
        self.other = other
        self.is_forgotten = False
        self._network = network
        self._waiting: deque[bytes] = deque()
        self._waiting_bytes = 0
        self._due = 0.0
        """When the latest slice arrives."""
        network.ends.add(self)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self.transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        """Pass the piece on, now or later; never before one that came earlier."""
        if self._network.is_slow:
            for start in range(0, len(data), _SLICE_BYTES):
                self._pass_later(data[start : start + _SLICE_BYTES], self._network.delay)
        elif self._waiting:
            self._pass_later(data, 0.0)
        else:
            self._pass(data)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 -- asyncio's signature
        """Close the other end too; where nothing passes any more, it does not learn of it."""
        if self.other is not None and self.other.transport is not None and not self.is_forgotten:
            self.other.transport.close()

    def _pass_later(self, data: bytes, delay: float) -> None:
        loop = asyncio.get_running_loop()
        now = loop.time()
        self._due = max(now + delay, max(now, self._due) + len(data) / self._network.rate)
        self._waiting.append(data)
        self._waiting_bytes += len(data)
        if self._waiting_bytes > _MOST_BYTES and self.transport is not None:
            self.transport.pause_reading()
        loop.call_at(self._due, self._pass_next)

    def _pass_next(self) -> None:
        data = self._waiting.popleft()
        self._waiting_bytes -= len(data)
        if self._waiting_bytes <= _MOST_BYTES and self.transport is not None and not self.transport.is_closing():
            self.transport.resume_reading()
        self._pass(data)

    def _pass(self, data: bytes) -> None:
        if self.other is not None and self.other.transport is not None and not self.is_forgotten:
            self.other.transport.write(data)


class Entrance(End):
    """The client's connection: the one to the server is opened for it, and what comes meanwhile is kept."""

    def __init__(self, network: Network, target: int, refused: Callable[[], None]) -> None:
        """`refused` is called where nothing listens on `target`."""
        super().__init__(network)
        self._target = target
        self._refused = refused
        self._early = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Open the way to the server."""
        super().connection_made(transport)
        self._opening = asyncio.ensure_future(self._open())

    def data_received(self, data: bytes) -> None:
        """Keep what comes before the way is open."""
        if self.other is None:
            self._early += data
        else:
            super().data_received(data)

    async def _open(self) -> None:
        assert self.transport is not None
        try:
            _, self.other = await asyncio.get_running_loop().create_connection(
                lambda: End(self._network, self), LOOPBACK, self._target
            )
        except OSError:
            self.transport.abort()
            self._refused()
            return
        if self._early:
            super().data_received(self._early)
        if self.transport.is_closing():
            self.connection_lost(None)


class Route:
    """A port of ours that leads to a target, and refuses connections as long as the target does."""

    def __init__(self, network: Network, port: int, target: int) -> None:
        self._network = network
        self._port = port
        self._target = target
        self._is_closed = asyncio.Event()

    async def serve(self) -> None:
        """Serve until killed."""
        loop = asyncio.get_running_loop()
        while True:
            self._is_closed.clear()
            entrance = partial(Entrance, self._network, self._target, self._is_closed.set)
            server = await loop.create_server(entrance, LOOPBACK, self._port)
            await self._is_closed.wait()
            server.close()
            await asyncio.sleep(_CLOSED_SECONDS)


async def main(delay: float, rate: float, routes: list[str]) -> None:
    """Serve until killed."""
    network = Network(delay, rate)
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGUSR1, network.slow_down)
    loop.add_signal_handler(signal.SIGUSR2, network.speed_up)
    loop.add_signal_handler(signal.SIGHUP, network.forget)
    async with asyncio.TaskGroup() as group:
        for route in routes:
            group.create_task(Route(network, *map(int, route.split(":"))).serve())


if __name__ == "__main__":
    uvloop.run(main(float(sys.argv[1]), float(sys.argv[2]), sys.argv[3:]))
