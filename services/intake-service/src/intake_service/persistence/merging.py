"""What stands for what: complaints that were merged, and how they become matters of their own again."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.envelope import Event
from contracts.events import ComplaintUnmerged
from contracts.lifecycle import UNCOUNTED, EventType
from intake_service.persistence import triage
from intake_service.persistence.own_events import event_about
from intake_service.persistence.tables import complaint

RULE = "rule"
_PART = sa.text("""
    WITH gone AS (
        SELECT id, merged_into FROM complaint
        WHERE status = 'merged' AND (merged_into = ANY(CAST(:masters AS uuid[])) OR id = ANY(CAST(:members AS uuid[])))
        ORDER BY id FOR UPDATE)
    UPDATE complaint AS c
    SET status = 'received', merged_into = NULL, question = NULL, version = c.version + 1, sequence = c.sequence + 1,
        updated_at = now(),
        progress = c.progress || jsonb_build_array(jsonb_build_object(
            'status', 'received', 'kind', 'unmerged', 'at', now()))
    FROM gone WHERE c.id = gone.id
    RETURNING c.id, c.tenant, c.sequence, c.version, c.updated_at, gone.merged_into
""")
_TO_MERGE = sa.text("""
    SELECT id, release_data FROM complaint
    WHERE tenant = :tenant AND release_state = 'requested' AND release_data->>'into' = :into
        AND release_ending = 'merged' AND ended_as IS NULL
    LIMIT 1
""")


async def find(connection: AsyncConnection, tenant: str, ids: Sequence[UUID], *, lock: bool = False) -> dict[UUID, Any]:
    """Return how those complaints of a tenant stand, and lock them, in the order of their ids, if they are to be."""
    query = sa.select(complaint).where(complaint.c.tenant == tenant, complaint.c.id.in_(ids)).order_by(complaint.c.id)
    rows = await connection.execute(query.with_for_update() if lock else query)
    return {row.id: row for row in rows}


async def members(connection: AsyncConnection, master: UUID) -> Sequence[UUID]:
    """Return what was merged into a complaint."""
    return (
        (await connection.execute(sa.select(complaint.c.id).where(complaint.c.merged_into == master))).scalars().all()
    )


async def underway(connection: AsyncConnection, row: Any, master: Any) -> Any:
    """Return a complaint that waits to be merged into `row`, or `master` where it waits itself; None: there is none."""
    if master.release_state == "requested" and master.release_ending == "merged":
        return master
    return (await connection.execute(_TO_MERGE, {"tenant": row.tenant, "into": str(row.id)})).first()


async def masters(connection: AsyncConnection, rows: Sequence[Any]) -> dict[UUID | None, Any]:
    """Return what complaints were merged into, by id: one statement, or none where none was."""
    wanted = {row.merged_into for row in rows if row.merged_into is not None}
    if not wanted:
        return {}
    query = sa.select(complaint).where(complaint.c.id.in_(wanted))
    return {row.id: row for row in await connection.execute(query)}


async def strays(connection: AsyncConnection, merged: Mapping[UUID, UUID]) -> list[UUID]:
    """Return those of what was just merged, each with its master, whose master has ended unhandled meanwhile.

    The masters' rows are kept as they are to the end of the transaction: one that ends later finds its members.
    """
    if not merged:
        return []
    query = sa.select(complaint.c.id, complaint.c.status).where(complaint.c.id.in_(set(merged.values())))
    rows = await connection.execute(query.order_by(complaint.c.id).with_for_update(read=True))
    gone = {row.id for row in rows if row.status in UNCOUNTED}
    return [member for member, master in merged.items() if master in gone]


async def let_go(connection: AsyncConnection, masters: Sequence[UUID], also: Sequence[UUID] = ()) -> list[Event]:
    """Make what was merged into `masters`, which end unhandled, and `also` others, matters of their own again."""
    if not masters and not also:
        return []
    return await part(connection, masters, also, actor=RULE, reason="主件未经处置即已结束")


async def part(
    connection: AsyncConnection, masters: Sequence[UUID], also: Sequence[UUID], *, actor: str, reason: str | None
) -> list[Event]:
    """Take the members of `masters`, and `also` others that are merged, back to where they were received.

    Return the event of each, for the outbox. What waited in triage waits there again.
    """
    rows = (await connection.execute(_PART, {"masters": list(masters), "members": list(also)})).all()
    if rows:
        await triage.wait_again(connection, [(row.tenant, row.id) for row in rows], actor)
    events = []
    for row in rows:
        data = ComplaintUnmerged(actor=actor, master=row.merged_into, reason=reason)
        events.append(event_about(row.tenant, row.id, row.sequence, EventType.UNMERGED, data, row.updated_at))
    return events
