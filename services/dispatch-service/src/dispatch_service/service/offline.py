"""Applies what officers did while their devices were offline: each action once, in the order of the device.

All actions on one case are one transaction under the case's row lock, so a crash keeps all of them or none. Of one
officer there is one such transaction at a time, so twins of a batch come one after the other, and batches that use the
same ids never wait for each other. An action that fails holds back those that follow on the same case.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from dispatch_service.domain.case import Case, is_believed
from dispatch_service.domain.errors import ActionConflict, CaseNotFound, DispatchError, NotYourTeam
from dispatch_service.domain.life_errors import NotInvolved
from dispatch_service.domain.mobile_errors import ActionIdReused, ChangedMeanwhile, MomentOutOfRange
from dispatch_service.domain.standing import standing_of
from dispatch_service.persistence import cases, offline_actions
from dispatch_service.persistence.offline_actions import Sender
from dispatch_service.persistence.rows import Row
from dispatch_service.service.acting import Action

Outcome = Literal["done", "conflict", "refused", "held_back"]
Work = Callable[[AsyncConnection, Action], Awaitable[None]]
Explain = Callable[[DispatchError], Mapping[str, Any]]
"""Returns the problem that answers a refusal, as JSON has it."""
_CONFLICTS = (ActionConflict, ChangedMeanwhile, NotInvolved, NotYourTeam)
"""The case is not any more what the officer took it to be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OfflineAction:
    """One action on one case, as a device has sent it."""

    id: UUID
    at: datetime
    version: int | None
    """The version of the case that the officer saw, before all of the officer's own actions."""
    after: UUID | None
    """The action that must have been done before."""
    digest: bytes
    note: str | None
    work: Work


@dataclass(frozen=True, slots=True)
class Result:
    """What became of an action. `repeated`: that was so before, and this is the first answer."""

    outcome: Outcome
    repeated: bool = False
    answer: Mapping[str, Any] = field(default_factory=dict)
    """`case`, as it was right after; `problem`, where it was not done."""


async def apply(
    connection: AsyncConnection,
    sender: Sender,
    complaint_id: UUID,
    actions: Sequence[OfflineAction],
    *,
    now: datetime,
    traceparent: str,
    explain: Explain,
) -> list[Result]:
    """Apply the actions on one case in the transaction of `connection`; return what became of each, in order."""
    await offline_actions.hold(connection, sender)
    try:
        case = await cases.lock(connection, sender.tenant, complaint_id)
    except CaseNotFound as error:
        first = Result("refused", answer={"problem": explain(error)})
        return [first, *[Result("held_back")] * (len(actions) - 1)]
    group = _Group(connection, sender, case, now, traceparent, explain)
    return await group.apply(actions)


class _Group:
    """The actions of one device on one locked case."""

    def __init__(
        self,
        connection: AsyncConnection,
        sender: Sender,
        case: Case,
        now: datetime,
        traceparent: str,
        explain: Explain,
    ) -> None:
        self._connection = connection
        self._sender = sender
        self._case = case
        self._now = now
        self._traceparent = traceparent
        self._explain = explain
        self._known: dict[UUID, Row] = {}
        self._changes: dict[int, int] = {}

    async def apply(self, actions: Sequence[OfflineAction]) -> list[Result]:
        ids = {action.id for action in actions} | {action.after for action in actions if action.after}
        self._known = await offline_actions.find(self._connection, self._sender, ids)
        self._changes = await offline_actions.changes(self._connection, self._sender, self._case.complaint_id)
        results: list[Result] = []
        is_held = False
        for action in actions:
            result = await self._next(action, is_held=is_held)
            is_held = is_held or result.outcome != "done"
            results.append(result)
        return results

    async def _next(self, action: OfflineAction, *, is_held: bool) -> Result:
        before = self._known.get(action.id)
        if before is not None:
            if (before["digest"], before["complaint_id"]) != (action.digest, self._case.complaint_id):
                return Result("refused", answer={"problem": self._explain(ActionIdReused())})
            return Result(before["outcome"], repeated=True, answer=before["answer"])
        if is_held or (action.after is not None and not self._was_done(action.after)):
            return Result("held_back")
        return await self._first_time(action)

    def _was_done(self, action_id: UUID) -> bool:
        row = self._known.get(action_id)
        return row is not None and row["outcome"] == "done"

    async def _first_time(self, action: OfflineAction) -> Result:
        version = (await self._present())["version"]
        try:
            async with self._connection.begin_nested():
                self._check(action, version)
                await action.work(self._connection, self._action(action))
                present = await self._present()
                result = Result("done", answer={"case": _shown(present, self._now)})
                await self._keep(action, result, version, present["version"])
        except ActionIdReused as error:
            return Result("refused", answer={"problem": self._explain(error)})
        except DispatchError as error:
            shown = _shown(await self._present(), self._now)
            outcome: Outcome = "conflict" if isinstance(error, _CONFLICTS) else "refused"
            result = Result(outcome, answer={"case": shown, "problem": self._explain(error)})
            await self._keep(action, result, None, None)
        else:
            self._changes |= {version: present["version"]} if present["version"] > version else {}
        return result

    def _check(self, action: OfflineAction, version: int) -> None:
        """Raise where the moment is not believed, or others have changed the case since the officer saw it."""
        if not is_believed(self._case, action.at, self._now):
            raise MomentOutOfRange(self._case.received_at, self._now)
        seen = version if action.version is None else action.version
        while seen in self._changes:
            seen = self._changes[seen]
        if seen != version:
            raise ChangedMeanwhile(version)

    async def _present(self) -> Row:
        return await offline_actions.present(self._connection, self._sender.tenant, self._case.complaint_id)

    async def _keep(self, action: OfflineAction, result: Result, before: int | None, after: int | None) -> None:
        row = {
            "tenant": self._sender.tenant,
            "subject": self._sender.subject,
            "id": action.id,
            "complaint_id": self._case.complaint_id,
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

    def _action(self, action: OfflineAction) -> Action:
        return Action(
            complaint_id=self._case.complaint_id,
            tenant=self._sender.tenant,
            actor=self._sender.subject,
            now=self._now,
            traceparent=self._traceparent,
            check_version=lambda _: None,
            note=action.note,
            done_at=min(action.at, self._now),
        )


def _shown(row: Row, now: datetime) -> Mapping[str, Any]:
    """Return the present state of a case, as JSON has it."""
    promised_at: datetime | None = row["promised_at"]
    return {
        "status": row["status"],
        "version": row["version"],
        "team": {"code": row["team"], "name": row["team_name"]},
        "officer": row["officer"],
        "promised_at": promised_at and promised_at.isoformat(),
        "light": standing_of(row, now).light,
    }
