"""The triage queue: complaints that somebody should look at."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.lifecycle import ENDED
from intake_service.persistence.tables import complaint, metadata

State = Literal["waiting", "released", "ended"]
item = metadata.tables["triage_item"]
_I, _C = item.c, complaint.c
_OPEN = _C.status.not_in([status.value for status in ENDED])
_HELD = sa.and_(_I.state == "waiting", _I.goes_on_at.is_not(None))
_READ = sa.select(
    item,
    _HELD.label("held"),
    _C.number,
    _C.status,
    _C.source,
    _C.category,
    _C.suggested_category,
    _C.suggested_confidence,
    _C.description,
    _C.received_at,
    _C.version.label("complaint_version"),
).join_from(item, complaint, sa.and_(_C.id == _I.complaint_id, _C.tenant == _I.tenant))
_COUNTS = sa.text("""
    WITH open AS (
        SELECT i.complaint_id, i.reasons, i.goes_on_at, i.claimed_by, i.flagged_at
        FROM triage_item AS i JOIN complaint AS c ON c.id = i.complaint_id AND c.tenant = i.tenant
        WHERE i.tenant = :tenant AND i.state = 'waiting' AND c.status <> ALL (CAST(:ended AS text[]))
    ), reasons AS (
        SELECT reason, count(*) AS count FROM (
            SELECT DISTINCT complaint_id, told ->> 'reason' AS reason FROM open, jsonb_array_elements(reasons) AS told
        ) AS each GROUP BY reason
    )
    SELECT count(*) AS waiting, count(goes_on_at) AS held, count(claimed_by) AS claimed, min(flagged_at) AS oldest_at,
        count(*) FILTER (WHERE flagged_at > CAST(:now AS timestamptz) - interval '1 hour') AS hour,
        count(*) FILTER (WHERE flagged_at > CAST(:now AS timestamptz) - interval '4 hours') AS four_hours,
        count(*) FILTER (WHERE flagged_at > CAST(:now AS timestamptz) - interval '1 day') AS day,
        (SELECT coalesce(jsonb_object_agg(reason, count), '{}') FROM reasons) AS by_reason
    FROM open
""")
_DUE = sa.text("""
    SELECT c.id, c.tenant, c.sequence, c.outside_area, i.goes_on_at
    FROM triage_item AS i JOIN complaint AS c ON c.id = i.complaint_id AND c.tenant = i.tenant
    WHERE i.state = 'waiting' AND i.goes_on_at <= :now AND c.status <> ALL (CAST(:ended AS text[]))
        AND c.release_state IS DISTINCT FROM 'requested'
    ORDER BY i.goes_on_at LIMIT :size FOR UPDATE OF c, i SKIP LOCKED
""")
_OVER = """
    WITH over AS (
        SELECT c.id, c.tenant, c.status, c.updated_at
        FROM triage_item AS i JOIN complaint AS c ON c.id = i.complaint_id AND c.tenant = i.tenant
        WHERE i.state = 'waiting' AND c.status = ANY(CAST(:ended AS text[])) {these} FOR SHARE OF c SKIP LOCKED)
    UPDATE triage_item AS i SET state = 'ended', outcome = over.status, settled_at = :now, version = i.version + 1,
        steps = i.steps || jsonb_build_array(jsonb_build_object('step', over.status, 'at', over.updated_at))
    FROM over WHERE i.state = 'waiting' AND i.complaint_id = over.id AND i.tenant = over.tenant
    RETURNING i.outcome
"""
# What somebody has locked is left for the next time: it may just have become a matter of its own again.
_END = sa.text(_OVER.format(these=""))
_END_THESE = sa.text(_OVER.format(these="AND i.complaint_id = ANY(CAST(:complaints AS uuid[]))"))
_WAIT_AGAIN = sa.text("""
    UPDATE triage_item AS i SET state = 'waiting', version = i.version + 1,
        outcome = NULL, settled_at = NULL, claimed_by = NULL, claimed_at = NULL,
        steps = i.steps || jsonb_build_array(
            jsonb_build_object('step', 'unmerged', 'at', now(), 'by', CAST(:by AS text)))
    FROM unnest(CAST(:tenants AS text[]), CAST(:ids AS uuid[])) AS wanted (tenant, id)
    WHERE i.complaint_id = wanted.id AND i.tenant = wanted.tenant AND i.state = 'ended' AND i.outcome = 'merged'
""")


@dataclass(frozen=True, slots=True)
class QueueFilter:
    """Which items are asked for; None: all of them."""

    state: State = "waiting"
    reason: str | None = None
    rule: str | None = None
    held: bool | None = None
    claimed: Literal["me", "nobody", "others"] | None = None
    source: str | None = None


async def page(
    connection: AsyncConnection, tenant: str, wanted: QueueFilter, caller: str, *, after: UUID | None, size: int
) -> Sequence[Any]:
    """Return up to `size` items behind that of a complaint, those that came in first before the others."""
    query = _READ.where(_I.tenant == tenant, _I.state == wanted.state)
    if wanted.state == "waiting":
        query = query.where(_OPEN)
    told = {name: value for name in ("reason", "rule") if (value := getattr(wanted, name)) is not None}
    if told:
        query = query.where(_I.reasons.contains([told]))
    if wanted.held is not None:
        query = query.where(_HELD if wanted.held else sa.not_(_HELD))
    if wanted.claimed == "nobody":
        query = query.where(_I.claimed_by.is_(None))
    elif wanted.claimed is not None:
        query = query.where(_I.claimed_by == caller if wanted.claimed == "me" else _I.claimed_by != caller)
    if wanted.source is not None:
        query = query.where(_C.source == wanted.source)
    if after is not None:
        query = query.where(_I.complaint_id > after)
    return (await connection.execute(query.order_by(_I.complaint_id).limit(size))).all()


async def find(connection: AsyncConnection, tenant: str, complaint_id: UUID) -> Any:
    """Return an item with its complaint; None where there is none."""
    query = _READ.where(_I.tenant == tenant, _I.complaint_id == complaint_id)
    return (await connection.execute(query)).one_or_none()


async def lock(connection: AsyncConnection, tenant: str, complaint_id: UUID) -> Any:
    """Return an item, locked; None where there is none. Whoever locks the complaint too does that first."""
    query = sa.select(item).where(_I.tenant == tenant, _I.complaint_id == complaint_id)
    return (await connection.execute(query.with_for_update())).one_or_none()


async def counts(connection: AsyncConnection, tenant: str, now: datetime) -> Any:
    """Return how much waits: in all, held, claimed, by reason, and since how long."""
    return (await connection.execute(_COUNTS, {"tenant": tenant, "now": now, "ended": list(ENDED)})).one()


async def change(
    connection: AsyncConnection, tenant: str, complaint_id: UUID, step: Mapping[str, Any], **facts: Any
) -> None:
    """Write a step of a locked item, and what it changes."""
    statement = sa.update(item).where(_I.tenant == tenant, _I.complaint_id == complaint_id)
    steps = _I.steps.op("||")(sa.bindparam("step", [dict(step)], JSONB))
    await connection.execute(statement.values(version=_I.version + 1, steps=steps, **facts))


async def put(
    connection: AsyncConnection, tenant: str, complaint_id: UUID, reason: Mapping[str, Any], step: Mapping[str, Any]
) -> bool:
    """Put a locked complaint into the queue, again where it has left it; False where it waits there already."""
    facts = {"state": "waiting", "reasons": [dict(reason)], "flagged_at": sa.func.now()}
    new = insert(item).values(tenant=tenant, complaint_id=complaint_id, steps=[dict(step)], **facts)
    anew = {
        **facts,
        "version": _I.version + 1,
        "steps": _I.steps.op("||")(new.excluded.steps),
        **dict.fromkeys(("goes_on_at", "rules_version", "claimed_by", "claimed_at", "outcome", "settled_at")),
    }
    statement = new.on_conflict_do_update(index_elements=["complaint_id"], set_=anew, where=_I.state != "waiting")
    return (await connection.execute(statement)).rowcount == 1


async def due(connection: AsyncConnection, now: datetime, size: int) -> Sequence[Any]:
    """Lock up to `size` held items whose time is over, with their complaints; nobody else gets the same."""
    return (await connection.execute(_DUE, {"now": now, "size": size, "ended": list(ENDED)})).all()


async def wait_again(connection: AsyncConnection, complaints: Collection[tuple[str, UUID]], by: str) -> None:
    """Put those back that had waited when their complaints, each with its tenant, were merged; they are held as before.

    The complaints are locked, and merged no longer.
    """
    tenants, ids = zip(*complaints, strict=True)
    await connection.execute(_WAIT_AGAIN, {"tenants": list(tenants), "ids": list(ids), "by": by})


async def end(connection: AsyncConnection, now: datetime) -> Sequence[str]:
    """End the items of complaints that have ended; return how these have."""
    return (await connection.execute(_END, {"now": now, "ended": list(ENDED)})).scalars().all()


async def end_these(connection: AsyncConnection, complaints: Collection[UUID], now: datetime) -> Sequence[str]:
    """End the items of these locked complaints as far as they have ended; as `end`."""
    given = {"complaints": list(complaints), "now": now, "ended": list(ENDED)}
    return (await connection.execute(_END_THESE, given)).scalars().all()
