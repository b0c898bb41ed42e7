"""Runs a broker once, so that Java writes its ahead-of-time cache: `python -m jieban.embedded.make_aot_cache FILE`.

The file appears whole or not at all. Of several that are started at once one makes it, and the others wait for it.
"""

import asyncio
import fcntl
import signal
import sys
import tempfile
from pathlib import Path

from jieban.embedded.aot import making_options
from jieban.embedded.datadir import DataDir
from jieban.embedded.kafka import Kafka

_WRITING_SECONDS = 60.0


def make(cache: Path) -> None:
    """Make the cache unless it is there."""
    with cache.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if cache.exists():
            return
        with tempfile.TemporaryDirectory(prefix="jieban-", ignore_cleanup_errors=True) as scratch:
            asyncio.run(_run_once(DataDir.open(Path(scratch)), cache.with_suffix(".unfinished")))
        cache.with_suffix(".unfinished").rename(cache)


async def _run_once(directory: DataDir, cache: Path) -> None:
    task = asyncio.current_task()
    if task is not None:
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    kafka = Kafka(directory, jvm_options=making_options(cache), grace_seconds=_WRITING_SECONDS)
    try:
        await kafka.start()
        await kafka.stop()
    finally:
        await kafka.kill()


if __name__ == "__main__":
    try:
        make(Path(sys.argv[1]))
    except asyncio.CancelledError:
        sys.exit(1)
