"""Recognise processes, also those of an earlier run, beyond doubt: pids are used again."""

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Identity:
    """A process: unlike a bare pid, never equal to a later process that got the same pid."""

    pid: int
    started: str

    @classmethod
    def of(cls, pid: int) -> "Identity | None":
        """Return the identity of the process with that pid, or None if none runs (a zombie does not run)."""
        started = _started(pid)
        return cls(pid, started) if started else None

    def runs(self) -> bool:
        """Tell whether this very process still runs."""
        return _started(self.pid) == self.started

    def serves(self, directory: Path) -> bool:
        """Tell whether the process was started for that directory: its command line names it or something in it."""
        words = f"{_command_line(self.pid)} "
        return any(f"{directory}{end}" in words for end in ("/", " ")) and self.runs()


def _started(pid: int) -> str | None:
    if sys.platform != "linux":
        return _ask_ps(pid, "lstart=")
    fields = _read_proc(pid, "stat").rpartition(")")[2].split()
    if not fields or fields[0] in {"Z", "X"}:
        return None
    return fields[19]  # start time in clock ticks since the system's start


def _command_line(pid: int) -> str:
    if sys.platform != "linux":
        return _ask_ps(pid, "command=") or ""
    return _read_proc(pid, "cmdline").replace("\0", " ")


def _read_proc(pid: int, name: str) -> str:
    try:
        return Path(f"/proc/{pid}/{name}").read_bytes().decode("utf-8", "surrogateescape")
    except (FileNotFoundError, ProcessLookupError):
        return ""


def _ask_ps(pid: int, column: str) -> str | None:
    asked = subprocess.run(  # noqa: S603 -- fixed arguments and a number
        ["ps", "-ww", "-o", column, "-p", str(pid)],  # noqa: S607 -- the system's own ps
        capture_output=True,
        text=True,
        check=False,
    )
    return asked.stdout.strip() or None
