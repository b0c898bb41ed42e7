"""Who listens to new entries, and to which."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from prometheus_client import Counter

from contracts.categories import levels_of
from ledger_service.domain.disclosure import Sight

_QUEUED = 64
"""Chunks that a listener may be behind before it is sent away, to come back and read what it missed."""
_QUEUED_BYTES = 2_000_000
"""The same in bytes; one chunk may be longer."""
_SENT_AWAY = Counter("jieban_stream_sent_away", "Listeners that did not keep up")

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which entries a listener wants to hear of; an empty set leaves it open."""

    types: frozenset[str] = frozenset()
    sources: frozenset[str] = frozenset()
    categories: frozenset[str] = frozenset()
    """With all levels below them."""
    communities: frozenset[str] = frozenset()
    grids: frozenset[str] = frozenset()
    teams: frozenset[str] = frozenset()
    statuses: frozenset[str] = frozenset()
    """That the complaint comes to by the entry."""
    sight: Sight = Sight.FACTS
    """How much of it the listener may see."""

    def has(self, row: Row) -> bool:
        """Say whether the entry is one of them."""
        return (
            (not self.types or row["type"] in self.types)
            and (not self.sources or row["reported_by"] in self.sources)
            and (not self.categories or not self.categories.isdisjoint(levels_of(row["category"])))
            and (not self.communities or row["community"] in self.communities)
            and (not self.grids or row["grid"] in self.grids)
            and (not self.teams or row["team"] in self.teams)
            and (not self.statuses or row["status_after"] in self.statuses)
        )


Ending = Literal["too-slow", "server-stops", "token-expired"]
"""Why a stream ends."""


class Listener:
    """What is still to be sent to one client; why it is to go comes last."""

    def __init__(self) -> None:
        self._chunks: asyncio.Queue[bytes | Ending] = asyncio.Queue()
        self._bytes = 0
        self._is_ended = False

    @property
    def is_behind(self) -> bool:
        """Whether something waits for it."""
        return not self._chunks.empty()

    async def next(self) -> bytes | Ending:
        """Wait for the next chunk, or for why it is to go."""
        chunk = await self._chunks.get()
        self._bytes -= len(chunk)
        return chunk

    def tell(self, chunk: bytes) -> None:
        """Add a chunk, or end it where too much waits already."""
        if self._is_ended:
            return
        waiting = self._chunks.qsize()
        if waiting < _QUEUED and (not waiting or self._bytes + len(chunk) <= _QUEUED_BYTES):
            self._put(chunk)
        else:
            _SENT_AWAY.inc()
            self.end("too-slow")

    def end(self, why: Ending) -> None:
        """Let the client go once it has what waits for it."""
        if not self._is_ended:
            self._is_ended = True
            self._put(why)

    def _put(self, chunk: bytes | Ending) -> None:
        self._chunks.put_nowait(chunk)
        self._bytes += len(chunk)
