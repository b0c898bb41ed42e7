"""What a client does with an exported ledger."""

import asyncio
import subprocess
import sys
from pathlib import Path

import httpx

from ledger_service.domain.checkpoints import opened
from ledger_service.domain.exporting import decode, decode_header
from ledger_service.domain.verifying import Flaw, Verifier, check


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


async def flaws_of(client: httpx.AsyncClient, staff: dict[str, str]) -> list[Flaw]:
    """Download the ledger of the caller's county, and check it as `jieban verify` does."""
    first, *lines = (await client.get("export", headers=staff)).content.splitlines()
    header = decode_header(first)
    verifier = Verifier([opened(note, header.verifier_key) for note in header.checkpoints], entries=header.entries)
    flaws = [flaw for line in lines for flaw in verifier.take(check(decode(line)))]
    return flaws + list(verifier.end())
