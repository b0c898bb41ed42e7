"""The life of one embedded server process: started, watched until ready, stopped, and found again after a crash."""

import asyncio
import json
import os
import signal
import subprocess
import time
from collections.abc import Awaitable, Callable

from jieban.embedded.datadir import DataDir, write_atomically
from jieban.embedded.identity import Identity
from jieban.embedded.launch import Launch, launch, within
from jieban.embedded.serverlog import ServerLog
from jieban.errors import UserError

_PROBE_SECONDS = 0.03


class ServerExitedError(Exception):
    """The server ended before it was ready; its log says why."""


class ServerProcess:
    """At most one process of one kind of server for one data directory."""

    def __init__(self, directory: DataDir, name: str, polite: signal.Signals, grace_seconds: float) -> None:
        self.name = name
        self.log = ServerLog(directory.logs / f"{name.lower()}.log")
        self.polite = polite
        """The signal that asks this kind of server to stop soon and cleanly."""
        self._directory = directory
        self._grace_seconds = grace_seconds
        self._record = directory.run / f"{name.lower()}-process.json"
        self._child: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """The process id while the server runs."""
        return self._child.pid if self._child and self._child.poll() is None else None

    def launch(self, plan: Launch) -> None:
        """Start the process and record it, for a later run to find should we be killed."""
        self._child = launch(plan, self.log)
        if identity := Identity.of(self._child.pid):
            write_atomically(self._record, json.dumps([identity.pid, identity.started]))

    async def until_ready(self, probe: Callable[[], Awaitable[bool]], seconds: float) -> None:
        """Wait until the probe says yes.

        Raises `ServerExitedError` when the process ends first and `UserError` when the time is over.
        """
        deadline = time.monotonic() + seconds
        while not await probe():
            if self.pid is None:
                raise ServerExitedError(self.name)
            if time.monotonic() > deadline:
                raise UserError(f"{self.name} was not ready after {seconds:.0f} s: see {self.log.path}.")
            await asyncio.sleep(_PROBE_SECONDS)

    async def stop(self) -> int | None:
        """Ask the process to stop, end it if it has not within the grace, and forget it.

        Return its exit code, minus the signal that had to end it; None where none was started.
        """
        if self.pid is not None and self._child is not None:
            self._child.send_signal(self.polite)
            await within(self._grace_seconds, lambda: self.pid is None)
        return await self.kill()

    async def kill(self) -> int | None:
        """End the process as a crash would; return its exit code as `stop` does."""
        child, self._child = self._child, None
        if child is None:
            return None
        child.kill()  # does nothing to a child that has ended
        self._record.unlink(missing_ok=True)
        await within(self._grace_seconds, lambda: child.poll() is not None)
        return child.returncode

    async def end_orphan(self, pid: int | None = None) -> None:
        """Stop what a killed run left behind, if it serves this directory: the recorded process, or that pid."""
        orphan = Identity.of(pid) if pid else self._recorded()
        if orphan is None or not orphan.serves(self._directory.root):
            return
        for wanted in (self.polite, signal.SIGKILL):
            if orphan.runs():
                os.kill(orphan.pid, wanted)
            if await within(self._grace_seconds, lambda: not orphan.runs()):
                return

    def _recorded(self) -> Identity | None:
        try:
            pid, started = json.loads(self._record.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        return Identity(pid, started)
