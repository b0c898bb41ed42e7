"""Start a server as a child that does not outlive us."""

import asyncio
import json
import math
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from jieban.embedded.account import Account
from jieban.embedded.serverlog import ServerLog

_TRAMPOLINE = Path(__file__).with_name("trampoline.py")
_POLL_SECONDS = 0.03


@dataclass(frozen=True, slots=True)
class Launch:
    """How to start one server or one of its tools."""

    program: Sequence[str]
    death_signal: signal.Signals
    """What the kernel sends to the child should we die first (Linux only)."""
    account: Account | None = None
    reach_all: bool = False
    """Whether the account must pass directories that are closed to it."""
    cwd: Path = Path("/")
    environment: Mapping[str, str] = field(default_factory=dict)
    """Variables in addition to the few that every server gets."""


def launch(plan: Launch, log: ServerLog) -> "subprocess.Popen[bytes]":
    """Start the program in a session of its own, so that Ctrl-C on the terminal reaches us and not the child.

    Call it from the main thread: the death signal is bound to the life of the calling thread.
    """
    wish = {
        "parent": os.getpid(),
        "signal": int(plan.death_signal),
        "uid": plan.account.uid if plan.account else None,
        "gid": plan.account.gid if plan.account else None,
        "reach_all": plan.reach_all,
    }
    log.begin()
    with log.path.open("ab") as output:
        return subprocess.Popen(  # noqa: S603 -- programs of our own choosing, never a shell
            [sys.executable, "-I", "-S", str(_TRAMPOLINE), json.dumps(wish), *plan.program],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env={**_environment(), **plan.environment},
            cwd=plan.cwd,
            start_new_session=True,
        )


async def run(plan: Launch, log: ServerLog) -> int:
    """Run a tool to its end and return its exit code; it is ended with us should we be cancelled."""
    child = launch(plan, log)
    try:
        await within(math.inf, lambda: child.poll() is not None)
    finally:
        child.kill()  # does nothing to a child that has ended
    return child.wait()


async def within(seconds: float, condition: Callable[[], bool]) -> bool:
    """Wait until the condition holds; False when it does not within the time."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        await asyncio.sleep(_POLL_SECONDS)
    return True


def _environment() -> Mapping[str, str]:
    """Return the few variables that servers need: no setting or secret of ours goes to them."""
    wanted = ("PATH", "HOME", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")
    return {name: os.environ[name] for name in wanted if name in os.environ} | {"LC_ALL": "C.UTF-8", "TZ": "UTC"}
