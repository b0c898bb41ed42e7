"""Works the triage queue: claims, and lets go on what was held; each complaint once, whoever is first.

Rejecting, merging and withdrawing are the endings that every complaint may have: its item ends with it, in the same
transaction. Items of complaints that end elsewhere are ended a little later.
"""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from prometheus_client import Counter
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from contracts.events import ComplaintCleared
from contracts.lifecycle import ENDED, EventType
from contracts.roles import Role
from contracts.topics import LIFECYCLE
from eventbus import outbox
from intake_service.persistence import triage
from intake_service.persistence.own_events import event_about
from intake_service.persistence.tables import complaint as table
from intake_service.service.locking import lock
from operations.problems import illegal_transition, status_zh
from runtime import clock, etag
from runtime.auth import Caller
from runtime.problems import Problem

OUTCOMES = Counter("jieban_triage_outcomes_total", "What became of complaints in triage", ["outcome"])
_OUTCOMES_ZH = {"released": "已放行", "lapsed": "逾期自动放行", "reclassified": "已变更类别"}
_BATCH = 200
_RULE = "rule"


async def claim(engine: AsyncEngine, complaint_id: UUID, caller: Caller, if_match: int | None) -> None:
    """Note that the caller looks at it. Raises Problem: 404, 412, 409 where it is settled or another's."""
    async with engine.begin() as connection:
        item = await _waiting(connection, complaint_id, caller, if_match)
        if item.claimed_by != caller.subject:
            now = clock.now()
            step = _step("claimed", caller.subject, now)
            await triage.change(
                connection, caller.tenant, complaint_id, step, claimed_by=caller.subject, claimed_at=now
            )


async def give_up(engine: AsyncEngine, complaint_id: UUID, caller: Caller, if_match: int | None) -> None:
    """Note that nobody looks at it any more. Raises Problem like `claim`; a supervisor may do it for others."""
    async with engine.begin() as connection:
        item = await _waiting(connection, complaint_id, caller, if_match)
        if item.claimed_by is not None:
            step = _step("unclaimed", caller.subject, clock.now())
            await triage.change(connection, caller.tenant, complaint_id, step, claimed_by=None, claimed_at=None)


async def release(
    engine: AsyncEngine, complaint_id: UUID, caller: Caller, note: str | None, if_match: int | None
) -> None:
    """Let it go on: what was held goes to the unit that answers for it, and that once.

    Raises Problem: 404, 412, 409 `triage-settled` where somebody was quicker, `triage-claimed` where another looks at
    it, `illegal-transition` where the complaint has ended, `release-underway` where it is about to.
    """
    now = clock.now()
    async with engine.begin() as connection:
        row = await lock(connection, caller.tenant, complaint_id)
        item = await _waiting(connection, complaint_id, caller, if_match)
        _check_open(row)
        await _let_go(connection, row, item, "released", caller.subject, now, note)
    OUTCOMES.labels("released").inc()


async def put(connection: AsyncConnection, complaint_id: UUID, caller: Caller, reason: str, note: str | None) -> None:
    """Put a complaint into the queue, in the caller's transaction; the work on it goes on.

    Raises Problem: 404, 409 `triage-already` where it waits there, 409 where it has ended or is about to.
    """
    row = await lock(connection, caller.tenant, complaint_id)
    _check_open(row)
    told = {"rule": None, "reason": reason, "action": "flag"}
    step = {**_step("put", caller.subject, clock.now(), note), "reason": reason}
    if not await triage.put(connection, caller.tenant, complaint_id, told, step):
        raise Problem(409, "triage-already")


async def settle_reclassified(connection: AsyncConnection, row: Any, caller: Caller, now: datetime) -> bool:
    """Let a locked complaint go on that somebody has put into its category: so it is no spam. False: it did not wait.

    Its `sequence` and whatever else the row says are those of now.
    """
    item = await triage.lock(connection, row.tenant, row.id)
    if item is None or item.state != "waiting":
        return False
    await _let_go(connection, row, item, "reclassified", caller.subject, now)
    return True


async def go_on(engine: AsyncEngine, *, size: int = _BATCH) -> int:
    """Let all go on that was held until now and that nobody has decided on; return how many."""
    done = 0
    while True:
        async with engine.begin() as connection:
            now = clock.now()
            found = await triage.due(connection, now, size)
            for row in found:
                await _let_go(connection, row, row, "lapsed", _RULE, now)
        OUTCOMES.labels("lapsed").inc(len(found))
        done += len(found)
        if len(found) < size:
            return done


async def end(engine: AsyncEngine) -> int:
    """End the items of complaints that have ended; return how many."""
    async with engine.begin() as connection:
        outcomes = await triage.end(connection, clock.now())
    _count(outcomes)
    return len(outcomes)


async def end_with(connection: AsyncConnection, complaints: Collection[UUID]) -> None:
    """End the items of complaints that end in the caller's transaction."""
    _count(await triage.end_these(connection, complaints, clock.now()))


def _count(outcomes: Iterable[str]) -> None:
    for outcome in outcomes:
        OUTCOMES.labels(outcome).inc()


async def _let_go(
    connection: AsyncConnection, row: Any, item: Any, outcome: str, actor: str, now: datetime, note: str | None = None
) -> None:
    """Settle the item of a locked complaint; where it was held, tell dispatch in the same transaction."""
    step = _step(outcome, actor, now, note)
    facts = {"state": "released", "outcome": outcome, "settled_at": now}
    await triage.change(connection, row.tenant, row.id, step, **facts)
    if item.goes_on_at is None:
        return
    # the version stays: reporters see nothing of it
    count = sa.update(table).where(table.c.id == row.id, table.c.tenant == row.tenant)
    await connection.execute(count.values(sequence=row.sequence + 1))
    data = ComplaintCleared(actor=actor, outside_area=row.outside_area or None)
    event = event_about(row.tenant, row.id, row.sequence + 1, EventType.CLEARED, data, now)
    await outbox.append(connection, LIFECYCLE.name, [event])


def _check_open(row: Any) -> None:
    if row.status in ENDED:
        raise illegal_transition(row.status, row.version)
    if row.release_state == "requested":
        raise illegal_transition(row.status, row.version, "release-underway")


async def _waiting(connection: AsyncConnection, complaint_id: UUID, caller: Caller, if_match: int | None) -> Any:
    """Return the item, locked, that waits and that no other looks at."""
    item = await triage.lock(connection, caller.tenant, complaint_id)
    if item is None:
        raise Problem(404, "triage-item-not-found")
    etag.check(if_match, item.version)
    if item.state != "waiting":
        present = {"state": item.state, "outcome": item.outcome, "version": item.version}
        raise Problem(
            409,
            "triage-settled",
            extra={"present": present},
            outcome=item.outcome,
            outcome_zh=_outcome_zh(item.outcome),
        )
    if item.claimed_by not in (None, caller.subject) and not caller.has(Role.SUPERVISOR):
        raise Problem(409, "triage-claimed", extra={"claimed_by": item.claimed_by}, by=item.claimed_by)
    return item


def _outcome_zh(outcome: str) -> str:
    return _OUTCOMES_ZH.get(outcome) or status_zh(outcome)


def _step(step: str, by: str, at: datetime, note: str | None = None) -> dict[str, Any]:
    told = {"step": step, "by": by, "at": at.isoformat()}
    return told if note is None else {**told, "note": note}
