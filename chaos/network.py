"""The network between a service and its database: a proxy, which may be slow, deaf or gone."""

import asyncio
import os
import signal
import sys
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from jieban.embedded.datadir import DataDir
from jieban.embedded.launch import Launch
from jieban.embedded.ports import LOOPBACK, choose_port
from jieban.embedded.server import ServerProcess

_READY_SECONDS = 20.0


class Link:
    """The way to one PostgreSQL address."""

    def __init__(self, name: str, directory: DataDir, url: str, *, delay: float = 0.05) -> None:
        """`url` is the database's; each piece takes `delay` seconds while the link is slow."""
        self._parts = urlsplit(url)
        self._port = choose_port()
        self._delay = delay
        self._process = ServerProcess(directory, f"link-{name}", signal.SIGTERM, grace_seconds=2.0)

    @property
    def url(self) -> str:
        """The database's address by way of the link."""
        login = self._parts.netloc.rpartition("@")[0]
        return urlunsplit(self._parts._replace(netloc=f"{login}@{LOOPBACK}:{self._port}"))

    async def start(self) -> None:
        """Open the link."""
        arguments = ("-m", "chaos.proxy", str(self._port), str(self._parts.port), str(self._delay))
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

    async def _listens(self) -> bool:
        try:
            _, writer = await asyncio.open_connection(LOOPBACK, self._port)
        except OSError:
            return False
        writer.close()
        return True

    def _signal(self, wanted: signal.Signals) -> None:
        if (pid := self._process.pid) is not None:
            with suppress(ProcessLookupError):
                os.kill(pid, wanted)
