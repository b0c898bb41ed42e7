"""Ctrl-C and SIGTERM as a cancellation, so that what a command has started is stopped in order."""

import asyncio
import signal
from collections.abc import Coroutine
from typing import Any

import uvloop

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


def run_until_signalled(main: Coroutine[Any, Any, None]) -> bool:
    """Run a command to its end; False when a signal cancelled it. Signals during the clean-up are ignored."""
    return uvloop.run(_guarded(main))


def ignore_signals() -> None:
    """From now on let signals do nothing: the command is stopping already."""
    loop = asyncio.get_running_loop()
    for number in _SIGNALS:
        loop.add_signal_handler(number, _nothing)


async def _guarded(main: Coroutine[Any, Any, None]) -> bool:
    task = asyncio.ensure_future(main)

    def cancel() -> None:
        ignore_signals()
        task.cancel()

    for number in _SIGNALS:
        asyncio.get_running_loop().add_signal_handler(number, cancel)
    try:
        await task
    except asyncio.CancelledError:
        return False
    return True


def _nothing() -> None:
    return
