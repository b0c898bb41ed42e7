"""What devices did while they were offline, about one thing: each action once, in the order of the device."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, Literal, TypeVar
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from dispatch_service.domain.errors import DispatchError
from dispatch_service.domain.mobile_errors import ActionIdReused
from dispatch_service.domain.roster_errors import RosterError
from dispatch_service.persistence import offline_actions
from dispatch_service.persistence.offline_actions import Sender
from dispatch_service.persistence.rows import Row

Outcome = Literal["done", "conflict", "refused", "held_back"]
Explain = Callable[[DispatchError | RosterError], Mapping[str, Any]]
"""Returns the problem that answers a refusal, as JSON has it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SentAction:
    """One action, as a device has sent it."""

    id: UUID
    at: datetime
    after: UUID | None
    """The action that must have been done before."""
    digest: bytes


Sent = TypeVar("Sent", bound=SentAction)


@dataclass(frozen=True, slots=True)
class Result:
    """What became of an action. `repeated`: that was so before, and this is the first answer."""

    outcome: Outcome
    repeated: bool = False
    answer: Mapping[str, Any] = field(default_factory=dict)
    """What it is about, as it was right after; `problem`, where it was not done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unread(SentAction):
    """An action of which what it asks for cannot be read, or not any more: only a repeat of it has an answer."""

    refusal: Result


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Who sent actions when, and how refusals are told."""

    sender: Sender
    now: datetime
    explain: Explain


class Actions(ABC, Generic[Sent]):
    """The actions of one device about one thing, which nobody else changes until the transaction ends."""

    def __init__(self, connection: AsyncConnection, batch: Batch, complaint_id: UUID | None) -> None:
        self._connection = connection
        self._sender = batch.sender
        self._now = batch.now
        self._explain = batch.explain
        self._about = complaint_id
        self._known: dict[UUID, Row] = {}

    async def apply(self, actions: Sequence[Sent | Unread]) -> list[Result]:
        """Apply them in order; what follows one that was not done is held back."""
        ids = {action.id for action in actions} | {action.after for action in actions if action.after}
        self._known = await offline_actions.find(self._connection, self._sender, ids)
        results: list[Result] = []
        is_held = False
        for action in actions:
            result = await self._next(action, is_held=is_held)
            is_held = is_held or result.outcome != "done"
            results.append(result)
        return results

    @abstractmethod
    async def _first_time(self, action: Sent) -> Result:
        """Do what was not done before, and keep what became of it."""

    async def _next(self, action: Sent | Unread, *, is_held: bool) -> Result:
        before = self._known.get(action.id)
        if before is not None:
            if (before["digest"], before["complaint_id"]) != (action.digest, self._about):
                return self._reused()
            return Result(before["outcome"], repeated=True, answer=before["answer"])
        if isinstance(action, Unread):
            return action.refusal
        if is_held or (action.after is not None and not self._was_done(action.after)):
            return Result("held_back")
        return await self._first_time(action)

    def _was_done(self, action_id: UUID) -> bool:
        row = self._known.get(action_id)
        return row is not None and row["outcome"] == "done"

    def _reused(self) -> Result:
        return Result("refused", answer={"problem": self._explain(ActionIdReused())})

    async def _keep(self, action: Sent, result: Result, before: int | None = None, after: int | None = None) -> None:
        row = {
            "tenant": self._sender.tenant,
            "subject": self._sender.subject,
            "id": action.id,
            "complaint_id": self._about,
            "digest": action.digest,
            "outcome": result.outcome,
            "from_version": before,
            "to_version": after,
            "answer": result.answer,
            "applied_at": self._now,
        }
        if not await offline_actions.keep(self._connection, row):
            raise ActionIdReused
        self._known[action.id] = row
