"""The journal of a load: what was asked, noted before the request leaves; what came of it, after the answer.

Lines of JSON, each on the disk before the one who wrote it goes on. An intent without an outcome is `unknown`: the
client cannot tell whether the work was done, and nor may the checker.
"""

import asyncio
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import time
from types import TracebackType
from typing import Any, Literal, Self

import orjson

from intake_service.persistence.group_commit import GroupCommit

Kind = Literal[
    "create",
    "accept",
    "start",
    "resolve",
    "verify",
    "rework",
    "feedback",
    "reopen",
    "withdraw",
    "reject",
    "void",
    "approve",
]
"""What a client asks for. Nobody asks to close a complaint: a passed verification does."""
Verdict = Literal["acknowledged", "refused", "unknown"]


@dataclass(slots=True)
class Op:
    """One request of a client. Repeats of one request share its `key`, and are one operation."""

    kind: Kind
    actor: str
    key: str
    complaint: str | None = None
    """Of a creation, as the answer named it."""
    at: float = 0.0
    verdict: Verdict = "unknown"
    status: int | None = None


class Journal:
    """Appends to a file. Lines of concurrent operations are written together, with one fsync for all of them."""

    def __init__(self, path: Path) -> None:
        """A file that is there already is continued; a last line that a crash cut off is taken away."""
        self.path = path
        self._next = 1 + max((number for number, _ in _lines(path)), default=0)
        self._file = path.open("ab")
        self._file.truncate(path.read_bytes().rfind(b"\n") + 1)
        self._writes: GroupCommit[bytes, None] = GroupCommit(self._write, largest=10_000, lanes=1)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    async def intend(self, op: Op) -> int:
        """Note that a request is about to leave; return the number that its outcome is to name."""
        number, self._next = self._next, self._next + 1
        await self._append(
            {"op": number, "at": time(), "kind": op.kind, "actor": op.actor, "key": op.key, "complaint": op.complaint}
        )
        return number

    async def outcome(self, number: int, verdict: Verdict, status: int | None, complaint: str | None = None) -> None:
        """Note what came of it; `complaint` is what a creation's answer named."""
        line = {"op": number, "at": time(), "verdict": verdict, "status": status}
        await self._append(line | {"complaint": complaint} if complaint else line)

    async def _append(self, line: dict[str, Any]) -> None:
        await self._writes.submit(orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE))

    async def _write(self, lines: Sequence[bytes]) -> Sequence[None]:
        await asyncio.to_thread(self._write_now, b"".join(lines))
        return [None] * len(lines)

    def _write_now(self, data: bytes) -> None:
        self._file.write(data)
        self._file.flush()
        os.fsync(self._file.fileno())


def read(path: Path) -> list[Op]:
    """Return all operations in the order of their intents; a last line that was cut off by a crash is left out."""
    ops: dict[int, Op] = {}
    for number, line in _lines(path):
        if "kind" in line:
            ops[number] = Op(line["kind"], line["actor"], line["key"], line["complaint"], line["at"])
        elif number in ops:
            op = ops[number]
            op.verdict, op.status = line["verdict"], line["status"]
            op.complaint = line.get("complaint") or op.complaint
    return list(ops.values())


def _lines(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    if not path.exists():
        return
    with path.open("rb") as file:
        for text in file:
            if text.endswith(b"\n"):
                line: dict[str, Any] = orjson.loads(text)
                yield line["op"], line
