"""The log file that a server writes to, and what it last said in it."""

import re
from pathlib import Path

from jieban.errors import UserError

_LIMIT_BYTES = 16_000_000
_TROUBLE = re.compile(r"FATAL|PANIC|ERROR|Exception|error:|No space left|[Cc]annot |could not ")
_TOLD_BYTES = 64_000
_LINE_LENGTH = 300
_FULL = "No space left on device"


class ServerLog:
    """A log that grows over the runs; `begin` marks where the present run starts."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._start = 0

    def begin(self) -> None:
        """Mark the start of a run; a log that has grown large is put aside, replacing the one put aside before."""
        if self.path.exists() and self.path.stat().st_size > _LIMIT_BYTES:
            self.path.replace(self.path.with_suffix(".log.1"))
        self._start = self.path.stat().st_size if self.path.exists() else 0

    def text(self) -> str:
        """Return the newest part of what this run wrote."""
        with self.path.open("rb") as log:
            log.seek(0, 2)
            log.seek(max(self._start, log.tell() - _TOLD_BYTES))
            return log.read().decode("utf-8", "replace")

    def last_words(self) -> str:
        """Return the last line of this run that tells of trouble, else its last line."""
        lines = [line.strip() for line in self.text().splitlines() if line.strip()]
        troubles = [line for line in lines if _TROUBLE.search(line)]
        return (troubles or lines or ["it wrote nothing"])[-1][:_LINE_LENGTH]

    def failure(self, what: str) -> UserError:
        """Put what happened and the reason given in the log into one sentence."""
        reason = self.last_words()
        if _FULL in reason:
            return UserError(f"{what}: the disk is full, free some space or choose another --data-dir.")
        return UserError(f"{what}: {reason} (see {self.path})")
