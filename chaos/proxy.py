"""A TCP proxy as a process of its own, so that a network can be slow or gone.

Run as `python -m chaos.proxy PORT TARGET DELAY`, it passes bytes at once. After SIGUSR1 each piece takes DELAY seconds,
until SIGUSR2. Freezing the process makes a network that swallows everything; killing it, one that refuses everything.
"""

import asyncio
import signal
import sys
from collections import deque
from typing import cast

import uvloop

from jieban.embedded.ports import LOOPBACK


class Network:
    """What lies between the two ends."""

    def __init__(self, delay: float) -> None:
        """`delay` is how long a piece takes while the network is slow."""
        self._delay = delay
        self._slow = False

    def slow_down(self) -> None:
        """From now on delay what comes."""
        self._slow = True

    def speed_up(self) -> None:
        """From now on pass what comes at once."""
        self._slow = False

    @property
    def seconds(self) -> float:
        """How long a piece takes now."""
        return self._delay if self._slow else 0.0


class End(asyncio.Protocol):
    """One of two connections: what it reads, the other one writes, in order."""

    def __init__(self, network: Network, other: "End | None" = None) -> None:
        self.transport: asyncio.Transport | None = None
        self.other = other
        self._network = network
        self._waiting: deque[tuple[float, bytes]] = deque()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self.transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        """Pass the piece on, now or later; never before one that came earlier."""
        loop = asyncio.get_running_loop()
        seconds = self._network.seconds
        if not seconds and not self._waiting:
            self._pass(data)
            return
        due = max(loop.time() + seconds, self._waiting[-1][0] if self._waiting else 0.0)
        self._waiting.append((due, data))
        loop.call_at(due, self._pass_next)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 -- asyncio's signature
        """Close the other end too."""
        if self.other is not None and self.other.transport is not None:
            self.other.transport.close()

    def _pass_next(self) -> None:
        self._pass(self._waiting.popleft()[1])

    def _pass(self, data: bytes) -> None:
        if self.other is not None and self.other.transport is not None:
            self.other.transport.write(data)


class Entrance(End):
    """The client's connection: the one to the server is opened for it, and what comes meanwhile is kept."""

    def __init__(self, network: Network, target: int) -> None:
        super().__init__(network)
        self._target = target
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
            return
        if self._early:
            super().data_received(self._early)
        if self.transport.is_closing():
            self.connection_lost(None)


async def main(port: int, target: int, delay: float) -> None:
    """Serve until killed."""
    network = Network(delay)
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGUSR1, network.slow_down)
    loop.add_signal_handler(signal.SIGUSR2, network.speed_up)
    server = await loop.create_server(lambda: Entrance(network, target), LOOPBACK, port)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])))
