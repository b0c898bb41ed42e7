"""The network between a service and the servers that it needs: a proxy, which may be slow, deaf or gone."""

import asyncio
import os
import signal
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from jieban.embedded.datadir import DataDir
from jieban.embedded.launch import Launch
from jieban.embedded.ports import LOOPBACK
from jieban.embedded.server import ServerProcess

_READY_SECONDS = 20.0


class Link:
    """The way to the servers on some ports of this machine, by other ports."""

    def __init__(
        self,
        name: str,
        directory: DataDir,
        routes: Mapping[int, int],
        *,
        delay: float = 0.05,
        rate: float = float("inf"),
    ) -> None:
        """`routes` names the server's port for each of the link's.

        While the link is slow, each slice takes `delay` seconds and a connection passes `rate` bytes a second.
        """
        self._routes = routes
        self._settings = str(delay), str(rate)
        self._process = ServerProcess(directory, f"link-{name}", signal.SIGTERM, grace_seconds=2.0)

    @property
    def pid(self) -> int | None:
        """The process id of the proxy while it runs."""
        return self._process.pid

    def by_way(self, url: str) -> str:
        """Return the address of a server by way of the link."""
        parts = urlsplit(url)
        port = next(port for port, target in self._routes.items() if target == parts.port)
        login = parts.netloc.rpartition("@")[0]
        return urlunsplit(parts._replace(netloc=f"{login}@{LOOPBACK}:{port}"))

    @property
    def addresses(self) -> str:
        """The link's own addresses, comma-separated."""
        return ",".join(f"{LOOPBACK}:{port}" for port in self._routes)

    async def start(self) -> None:
        """Open the link."""
        routes = [f"{port}:{target}" for port, target in self._routes.items()]
        arguments = ("-m", "chaos.proxy", *self._settings, *routes)
        self._process.launch(Launch([sys.executable, *arguments], signal.SIGKILL, cwd=Path.cwd()))
        await self._process.until_ready(self._listens, _READY_SECONDS)

    async def stop(self) -> None:
        """Close it, with all connections: whoever connects is refused."""
        await self._process.kill()

    def freeze(self) -> None:
        """Let it swallow everything, and keep all connections open."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it deliver what it has swallowed, and what comes."""
        self._signal(signal.SIGCONT)

    def slow_down(self) -> None:
        """Delay each piece from now on."""
        self._signal(signal.SIGUSR1)

    def speed_up(self) -> None:
        """Delay nothing any more."""
        self._signal(signal.SIGUSR2)

    def forget(self) -> None:
        """Swallow everything on the connections that are there now, for good; new ones are as before."""
        self._signal(signal.SIGHUP)

    async def _listens(self) -> bool:
        """Tell whether the last of the ports is open, and so all of them are."""
        try:
            _, writer = await asyncio.open_connection(LOOPBACK, [*self._routes][-1])
        except OSError:
            return False
        writer.close()
        return True

    def _signal(self, wanted: signal.Signals) -> None:
        if (pid := self._process.pid) is not None:
            with suppress(ProcessLookupError):
                os.kill(pid, wanted)
