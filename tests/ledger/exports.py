"""What a client does with an exported ledger."""

import asyncio
import subprocess
import sys
from pathlib import Path

import httpx


async def exported(client: httpx.AsyncClient, staff: dict[str, str], path: Path) -> Path:
    """Download the ledger of the caller's county to `path`."""
    answer = await client.get("export", headers=staff)
    await asyncio.to_thread(path.write_bytes, answer.content)
    return path


def verify(path: Path, *options: str) -> tuple[int, str]:
    """Run `jieban verify`; return its exit code and all it says."""
    command = [sys.executable, "-m", "jieban", "verify", str(path), *options]
    done = subprocess.run(command, capture_output=True, text=True, env={"COLUMNS": "200"})
    return done.returncode, done.stdout + done.stderr
