"""Applies what officers did while their devices were offline: each action once, in the order of the device.

All actions on one case are one transaction under the case's row lock, so a crash keeps all of them or none. Of one
officer there is one such transaction at a time, so twins of a batch come one after the other, and batches that use the
same ids never wait for each other. An action that fails holds back those that follow on the same case.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from dispatch_service.domain.case import Case, is_believed
from dispatch_service.domain.errors import ActionConflict, CaseNotFound, DispatchError, NotYourTeam
from dispatch_service.domain.life_errors import NotInvolved
from dispatch_service.domain.mobile_errors import ActionIdReused, ChangedMeanwhile, MomentOutOfRange
from dispatch_service.domain.standing import standing_of
from dispatch_service.persistence import cases, offline_actions
from dispatch_service.persistence.rows import Row
from dispatch_service.service.acting import Action
from dispatch_service.service.offline_batches import Actions, Batch, Outcome, Result, SentAction, Unread

Work = Callable[[AsyncConnection, Action], Awaitable[None]]
_CONFLICTS = (ActionConflict, ChangedMeanwhile, NotInvolved, NotYourTeam)
"""The case is not any more what the officer took it to be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OfflineAction(SentAction):
    """One action on one case, as a device has sent it."""

    version: int | None
    """The version of the case that the officer saw, before all of the officer's own actions."""
    note: str | None
    work: Work


async def apply(
    connection: AsyncConnection,
    batch: Batch,
    complaint_id: UUID,
    actions: Sequence[OfflineAction | Unread],
    *,
    traceparent: str,
) -> list[Result]:
    """Apply the actions on one case in the transaction of `connection`; return what became of each, in order."""
    await offline_actions.hold(connection, batch.sender)
    try:
        case = await cases.lock(connection, batch.sender.tenant, complaint_id)
    except CaseNotFound as error:
        first = Result("refused", answer={"problem": batch.explain(error)})
        return [first, *[Result("held_back")] * (len(actions) - 1)]
    batch = replace(batch, now=case.no_earlier(batch.now))
    changes = await offline_actions.changes(connection, batch.sender, complaint_id)
    return await _OnCase(connection, batch, case, changes, traceparent).apply(actions)


class _OnCase(Actions[OfflineAction]):
    """The actions of one device on one locked case."""

    def __init__(
        self, connection: AsyncConnection, batch: Batch, case: Case, changes: dict[int, int], traceparent: str
    ) -> None:
        super().__init__(connection, batch, case.complaint_id)
        self._case = case
        self._changes = changes
        self._traceparent = traceparent

    async def _first_time(self, action: OfflineAction) -> Result:
        version = (await self._present())["version"]
        try:
            async with self._connection.begin_nested():
                self._check(action, version)
                await action.work(self._connection, self._action(action))
                present = await self._present()
                result = Result("done", answer={"case": _shown(present, self._now)})
                await self._keep(action, result, version, present["version"])
        except ActionIdReused:
            return self._reused()
        except DispatchError as error:
            shown = _shown(await self._present(), self._now)
            outcome: Outcome = "conflict" if isinstance(error, _CONFLICTS) else "refused"
            result = Result(outcome, answer={"case": shown, "problem": self._explain(error)})
            await self._keep(action, result)
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
