"""Starts `behaviour.worker` as a process of its own."""

import asyncio
import json
import os
import signal
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from behaviour.tiny_service import TinyService

_TESTS = Path(__file__).parents[1]


@asynccontextmanager
async def worker(service: TinyService, role: str, **options: object) -> AsyncIterator[Process]:
    """Run a relay or a consumer of `service` in a process; what is left of it at the end of the block is killed."""
    settings = {
        "role": role,
        "url": service.url,
        "bootstrap_servers": service.kafka.bootstrap_servers,
        "topic": service.topic,
        **options,
    }
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "behaviour.worker", json.dumps(settings)),
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(_TESTS), *sys.path])},
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGKILL)
        await process.wait()


async def ended(process: Process, *, seconds: float = 20.0) -> int | None:
    """Wait for the process to end by itself; return its exit code, which is minus the signal that ended it."""
    async with asyncio.timeout(seconds):
        return await process.wait()
