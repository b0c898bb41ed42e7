"""Reads complaints under lock and writes what entered events made of them, in a constant number of statements."""

from collections.abc import Collection, Sequence
from operator import attrgetter
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.events import ComplaintReceived
from contracts.lifecycle import Status
from eventbus.driver import Statement, copy
from ledger_service.domain.complaint import Complaint

_KEY = {"tenant": "text", "complaint_id": "uuid"}
_PLACE = {"status": "text", "version": "int", "seq_intake": "int", "seq_dispatch": "int", "seq_ledger": "int"}
_CHANGED = {
    "round": "int",
    "community": "text",
    "grid": "text",
    "team": "text",
    "team_name": "text",
    "officer": "text",
    "worker": "text",
    "department": "text",
    "handling_mode": "text",
    "self_handled": "boolean",
    "is_forced": "boolean",
    "first_assigned_at": "timestamptz",
    "promised_at": "timestamptz",
    "suspended_at": "timestamptz",
    "accepted_at": "timestamptz",
    "started_at": "timestamptz",
    "resolved_at": "timestamptz",
    "verified_at": "timestamptz",
    "closed_at": "timestamptz",
    "first_closed_at": "timestamptz",
    "returns": "int",
    "extensions": "int",
    "reworks": "int",
    "reopenings": "int",
    "satisfaction": "text",
    "solved": "boolean",
    "follow_up": "text",
    "asked_at": "timestamptz",
    "rating": "uuid",
    "appeal": "uuid",
    "is_struck": "boolean",
    "exclusions": "smallint",
    "facts_version": "int",
}
"""The facts that events change after the reception, in the order of the class."""
_FACTS = (
    "number",
    "source",
    "proactive",
    "category",
    "description",
    "lon",
    "lat",
    "address",
    "owner",
    "external_ref",
    "occurred_at",
    "received_at",
)
_ALL = (*_KEY, *_PLACE, *_CHANGED, *_FACTS)
_NEW = _KEY | _PLACE | _CHANGED
_changed = attrgetter(*_CHANGED)
_LOCK = f"""
    SELECT tenant, complaint_id, {", ".join(_PLACE)}, owner, source, category, received_at, occurred_at,
           {", ".join(_CHANGED)}
    FROM ledger_complaint
"""
_LOCK_MANY = Statement(f"""{_LOCK}
    WHERE tenant = ANY(CAST(:tenants AS text[])) AND complaint_id = ANY(CAST(:ids AS uuid[]))
    ORDER BY complaint_id FOR UPDATE
""")
_WITHOUT_FACTS = sa.text("""
    SELECT tenant, complaint_id FROM ledger_complaint WHERE facts_version <> version AND complaint_id > :after
    ORDER BY complaint_id LIMIT :size
""")
_LOCK_ONE = sa.text(f"{_LOCK} WHERE tenant = :tenant AND complaint_id = :id FOR UPDATE")
_UPDATE = Statement(f"""
    UPDATE ledger_complaint AS complaint
    SET {", ".join(f"{name} = new.{name}" for name in _PLACE | _CHANGED)}, updated_at = clock_timestamp()
    FROM unnest({", ".join(f"CAST(:{name} AS {kind}[])" for name, kind in _NEW.items())}) AS new({", ".join(_NEW)})
    WHERE complaint.tenant = new.tenant AND complaint.complaint_id = new.complaint_id
""")


async def lock_many(
    connection: AsyncConnection, tenants: Collection[str], ids: Collection[UUID]
) -> dict[UUID, Complaint]:
    """Return those of `ids` that are known to one of `tenants`, locked until the transaction ends.

    The rows are locked in the order of their ids, so that two slices cannot wait for each other.
    """
    rows = await _LOCK_MANY.fetch(connection, {"tenants": list(tenants), "ids": list(ids)})
    return {complaint.id: complaint for complaint in map(_complaint, rows)}


async def lock(connection: AsyncConnection, tenant: str, complaint_id: UUID) -> Complaint | None:
    """Return one complaint of `tenant`, locked until the transaction ends."""
    row = (await connection.execute(_LOCK_ONE, {"id": complaint_id, "tenant": tenant})).one_or_none()
    return None if row is None else _complaint(row)


async def without_facts(connection: AsyncConnection, after: UUID, size: int) -> Sequence[tuple[str, UUID]]:
    """Return tenants and ids of up to `size` complaints, ids above `after`, whose facts are not those of all entries.

    A release that did not know facts has entered some of them.
    """
    rows = await connection.execute(_WITHOUT_FACTS, {"after": after, "size": size})
    return [(row.tenant, row.complaint_id) for row in rows]


async def save(connection: AsyncConnection, complaints: Collection[Complaint]) -> None:
    """Write complaints that have been locked, or were received just now, in two statements at most."""
    new = [_row(complaint) + _facts(complaint.received) for complaint in complaints if complaint.received is not None]
    known = [_row(complaint) for complaint in complaints if complaint.received is None]
    if new:
        await copy(connection, "ledger_complaint", _ALL, new)
    if known:
        arrays = zip(*known, strict=True)
        await _UPDATE.fetch(connection, dict(zip(_NEW, arrays, strict=True)))


def _row(complaint: Complaint) -> tuple[Any, ...]:
    """Return the values of _NEW."""
    sequences = complaint.sequences
    return (
        complaint.tenant,
        complaint.id,
        complaint.status,
        complaint.version,
        sequences["intake"],
        sequences["dispatch"],
        sequences["ledger"],
        *_changed(complaint),
    )


def _facts(received: ComplaintReceived) -> tuple[Any, ...]:
    """Return the values of _FACTS."""
    place = received.location
    return (
        received.number,
        received.source,
        received.proactive,
        received.category,
        received.description,
        place.lon,
        place.lat,
        place.address,
        received.owner,
        received.external_ref,
        received.occurred_at,
        received.received_at,
    )


def _complaint(row: Sequence[Any]) -> Complaint:
    """Read a row of _LOCK: key and place first, then the facts in the order of the class."""
    tenant, complaint_id, status, version, intake, dispatch, ledger, *facts = row
    return Complaint(
        *facts,
        sequences={"intake": intake, "dispatch": dispatch, "ledger": ledger},
        status=Status(status),
        id=complaint_id,
        tenant=tenant,
        version=version,
    )
