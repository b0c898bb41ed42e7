"""`jieban up` as a process that tests start, kill and start again."""

import asyncio
import os
import signal
import sys
import time
from pathlib import Path

import httpx

READY_SECONDS = 120


class County:
    """A running `jieban up`, which a test may kill and start again."""

    def __init__(self, directory: Path, port: int, environment: dict[str, str]) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.directory = directory
        self._port = port
        self._environment = environment
        self._process: asyncio.subprocess.Process | None = None

    async def start(self, *command: str) -> None:
        """Start it, or only the `serve …` that is named, and return when it is ready."""
        options = ["--port", str(self._port), "--data-dir", str(self.directory)]
        command = (sys.executable, "-m", "jieban", *(command or ("up",)), *options)
        with (self.directory / "up.log").open("ab") as log:
            environment = {**os.environ, **self._environment}
            self._process = await asyncio.create_subprocess_exec(*command, stdout=log, stderr=log, env=environment)
        deadline = time.monotonic() + READY_SECONDS
        async with httpx.AsyncClient() as client:
            while time.monotonic() < deadline and self._process.returncode is None:
                try:
                    if (await client.get(f"{self.url}/readyz")).is_success:
                        return
                except httpx.TransportError:
                    await asyncio.sleep(0.1)
        await self.kill()
        raise AssertionError((self.directory / "up.log").read_text()[-3000:])

    def database(self, service: str) -> str:
        """Return the address of a service's database."""
        return self._environment[f"JIEBAN_{service.upper()}_DATABASE_URL"]

    async def ask(self, *command: str) -> tuple[int, str]:
        """Run another command of `jieban` beside it; return its exit code and what it printed."""
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "jieban", *command),
            env={**os.environ, **self._environment, "JIEBAN_DATA_DIR": str(self.directory), "JIEBAN_URL": self.url},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        printed, _ = await asyncio.wait_for(process.communicate(), 120)
        return process.returncode or 0, printed.decode()

    async def kill(self) -> None:
        """End it as a crash would."""
        await self._end(signal.SIGKILL)

    async def stop(self) -> None:
        """End it as an operator would; it must go by itself."""
        await self._end(signal.SIGTERM)

    async def _end(self, with_signal: signal.Signals) -> None:
        if self._process is not None and self._process.returncode is None:
            self._process.send_signal(with_signal)
            await asyncio.wait_for(self._process.wait(), 45)
