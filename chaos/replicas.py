"""One replica of a service: `jieban serve` as a process, which may be killed, frozen and ended, and is kept alive."""

import asyncio
import os
import signal
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from jieban.embedded.datadir import DataDir
from jieban.embedded.launch import Launch
from jieban.embedded.ports import LOOPBACK
from jieban.embedded.server import ServerExitedError, ServerProcess

JIEBAN: Sequence[str] = (sys.executable, "-m", "jieban")
_GRACE_SECONDS = 30.0
_READY_SECONDS = 60.0
_LOOK_SECONDS = 0.1
_RESTART_SECONDS = 0.5


class Ended(NamedTuple):
    """How a process went when it was asked to."""

    seconds: float
    code: int | None
    """0 where it went by itself; minus the signal that had to end it."""


class Replica:
    """A process of one service in all its roles, with a name that Kafka knows it by over restarts.

    Once started it is supervised: a death is followed by a new start within a second, until `terminate`.
    """

    def __init__(
        self,
        service: str,
        index: int,
        *,
        port: int,
        directory: DataDir,
        environment: Mapping[str, str],
        command: Sequence[str] = JIEBAN,
    ) -> None:
        """`command` runs the `jieban` program or one that takes its arguments; `environment` holds its settings."""
        self.service = service
        self.name = f"{service}-{index}"
        self.url = f"http://{LOOPBACK}:{port}"
        self.roles = "api,relay,consumer"
        """Of its next start."""
        self.crashes = 0
        """How often it ended though nobody had asked for it."""
        self._port = port
        self._environment = {**environment, "JIEBAN_INSTANCE": self.name}
        self.command = command
        """What its next start runs."""
        self._process = ServerProcess(directory, self.name, signal.SIGTERM, grace_seconds=_GRACE_SECONDS)
        self._extra: Mapping[str, str] = {}
        self._killed = False
        self._supervisor: asyncio.Task[None] | None = None

    @property
    def pid(self) -> int | None:
        """The process id while it runs."""
        return self._process.pid

    @property
    def is_supervised(self) -> bool:
        """Whether it runs, or is about to be started again."""
        return self._supervisor is not None

    @property
    def log(self) -> Path:
        """The file that it writes its log to."""
        return self._process.log.path

    async def start(self, **extra: str) -> None:
        """Start it, keep it running from now on, and return when it listens; `extra` variables are for this time only.

        Raises `UserError` with its last words where it ends instead.
        """
        self._extra = extra
        if self.pid is None:  # it runs where an earlier start was cut short
            self._launch()
        try:
            await self._process.until_ready(self.listens, _READY_SECONDS)
        except ServerExitedError as error:
            raise self._process.log.failure(f"{self.name} did not start") from error
        self._supervisor = asyncio.create_task(self._keep_up())

    def kill(self) -> None:
        """End it as a crash would; the supervisor starts it again."""
        self._killed = True
        self._signal(signal.SIGKILL)

    async def terminate(self) -> Ended:
        """Ask it to end as an operator would, and wait; it stays away until `start`."""
        await self._release()
        self.thaw()
        began = time.monotonic()
        code = await self._process.stop()
        return Ended(time.monotonic() - began, code)

    async def end(self) -> None:
        """End it at once, whatever it is at."""
        await self._release()
        await self._process.kill()

    def freeze(self) -> None:
        """Let it stand still with all its connections open."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        self._signal(signal.SIGCONT)

    async def listens(self) -> bool:
        """Tell whether it takes connections."""
        try:
            async with asyncio.timeout(1):
                _, writer = await asyncio.open_connection(LOOPBACK, self._port)
        except (OSError, TimeoutError):
            return False
        writer.close()
        return self.pid is not None

    def _launch(self) -> None:
        arguments = ("serve", self.service, "--roles", self.roles, "--port", str(self._port))
        plan = Launch(
            [*self.command, *arguments],
            signal.SIGKILL,
            cwd=Path.cwd(),
            environment={**self._environment, **self._extra},
        )  # killed with us even while it is frozen
        self._killed = False
        self._process.launch(plan)

    async def _keep_up(self) -> None:
        while True:
            await asyncio.sleep(_LOOK_SECONDS)
            if self._process.pid is None:
                self.crashes += not self._killed
                await asyncio.sleep(_RESTART_SECONDS)
                self._launch()

    async def _release(self) -> None:
        if self._supervisor is not None:
            self._supervisor.cancel()
            with suppress(asyncio.CancelledError):
                await self._supervisor
            self._supervisor = None

    def _signal(self, wanted: signal.Signals) -> None:
        if (pid := self.pid) is not None:
            with suppress(ProcessLookupError):
                os.kill(pid, wanted)
