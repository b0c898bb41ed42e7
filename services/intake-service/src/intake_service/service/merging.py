"""Merges a complaint into another that tells of the same 并案, and takes it apart again."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from contracts.lifecycle import ENDED, Status
from contracts.topics import LIFECYCLE
from eventbus import outbox
from intake_service.persistence import merging
from intake_service.service.ending import Ending, Outcome, ask, outcome_of
from operations.problems import illegal_transition, invalid, not_found
from runtime import etag
from runtime.auth import Caller
from runtime.problems import Problem

_DONE = ENDED - {Status.MERGED}


async def merge(
    engine: AsyncEngine, complaint_id: UUID, caller: Caller, into: UUID, reason: str, if_match: int | None
) -> Outcome:
    """Ask dispatch to let go of the complaint, so that its master is worked on for both, and wait for its word.

    Raises Problem: 404 where the tenant lacks one of both, 422 `merge-into-itself`, 409 where one of both cannot be
    merged (`_check`), the work is too far on, or the master has ended meanwhile, 412 for a stale `if_match`.
    """
    if into == complaint_id:
        raise invalid("/into", "merge-into-itself")
    ending = Ending("merged", reason, {"into": str(into)})
    async with engine.begin() as connection:
        rows = await merging.find(connection, caller.tenant, [complaint_id, into], lock=True)
        if len(rows) < 2:
            raise not_found()
        if rows[complaint_id].merged_into == into:  # asked for again
            return Outcome("done", Status.MERGED, rows[complaint_id].version)
        await _check(connection, rows[complaint_id], rows[into])
        request = await ask(connection, rows[complaint_id], caller.subject, ending, if_match)
    outcome = await outcome_of(engine, rows[complaint_id], ending.kind, request)
    if outcome.state == "done" and outcome.status != Status.MERGED:
        raise await _parted(engine, caller.tenant, complaint_id, into)
    return outcome


async def unmerge(
    engine: AsyncEngine, complaint_id: UUID, caller: Caller, reason: str, if_match: int | None
) -> Outcome:
    """Make it a matter of its own again; dispatch sends it on anew.

    Raises Problem: 404 for an unknown complaint, 409 `not-merged`, 412 for a stale `if_match`.
    """
    async with engine.begin() as connection:
        rows = await merging.find(connection, caller.tenant, [complaint_id], lock=True)
        if (row := rows.get(complaint_id)) is None:
            raise not_found()
        etag.check(if_match, row.version)
        if row.status != Status.MERGED:
            raise illegal_transition(row.status, row.version, "not-merged")
        events = await merging.part(connection, [], [complaint_id], actor=caller.subject, reason=reason)
        await outbox.append(connection, LIFECYCLE.name, events)
    return Outcome("done", Status.RECEIVED, row.version + 1)


async def _check(connection: AsyncConnection, row: Any, master: Any) -> None:
    """Raise Problem unless the one may be merged into the other; who goes on has locked both."""
    if row.status == Status.MERGED:
        raise await _with_master(connection, "merged-already", row)
    if row.status in _DONE:
        raise illegal_transition(row.status, row.version, "merge-ended")
    if master.status == Status.MERGED:
        code = "merge-cycle" if master.merged_into == row.id else "master-is-merged"
        raise await _with_master(connection, code, master)
    if master.status in _DONE:
        raise illegal_transition(master.status, master.version, "master-has-ended")
    if other := await merging.underway(connection, row, master):  # before those that are done: it may be done next
        ids = {"member": other.id, "master": UUID(other.release_data["into"])}
        numbers = await _numbers(connection, row.tenant, ids)
        raise Problem(409, "merge-underway", extra={name: str(each) for name, each in ids.items()}, **numbers)
    if found := await merging.members(connection, row.id):
        raise Problem(409, "merge-is-master", extra={"merged": [str(each) for each in found]}, count=len(found))
    if _loses_order(_order(row), _order(master)):
        raise Problem(409, "merge-loses-order", extra={"order": _order(row)}, number=_order(row)["number"])


async def _parted(engine: AsyncEngine, tenant: str, complaint_id: UUID, into: UUID) -> Problem:
    """Return why what dispatch has let go of is not merged any more."""
    async with engine.connect() as connection:
        rows = await merging.find(connection, tenant, [complaint_id, into])
        try:
            await _check(connection, rows[complaint_id], rows[into])
        except Problem as reason:
            return reason
    return illegal_transition(rows[complaint_id].status, rows[complaint_id].version)  # somebody has unmerged it


def _order(row: Any) -> Any:
    """Return what a superior has ordered; None where it was reported."""
    return (row.origin or {}).get("order")


def _loses_order(order: Any, of_master: Any) -> bool:
    """Whether nobody would answer for an order any more, or only by a later day than it names."""
    if order is None:
        return False
    if of_master is None:
        return True
    return order["deadline"] is not None and (
        of_master["deadline"] is None
        or datetime.fromisoformat(of_master["deadline"]) > datetime.fromisoformat(order["deadline"])
    )


async def _with_master(connection: AsyncConnection, code: str, row: Any) -> Problem:
    """Return what names the master of what is merged: to machines by its id, to people by its number."""
    present = {"status": row.status, "version": row.version}
    numbers = await _numbers(connection, row.tenant, {"master": row.merged_into})
    return Problem(409, code, extra={"present": present, "master": str(row.merged_into)}, **numbers)


async def _numbers(connection: AsyncConnection, tenant: str, ids: Mapping[str, UUID]) -> dict[str, Any]:
    """Return the numbers of complaints that there are, under the names that their ids have."""
    rows = await merging.find(connection, tenant, [*ids.values()])
    return {name: rows[each].number for name, each in ids.items()}
