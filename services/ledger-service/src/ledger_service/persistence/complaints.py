"""Reads complaints under lock and writes what entered events made of them, in a constant number of statements."""

from collections.abc import Collection, Sequence
from datetime import datetime
from operator import attrgetter
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.events import ComplaintReceived
from contracts.lifecycle import Status
from eventbus.driver import Statement, arrays, copy
from ledger_service.domain.complaint import Complaint

_KEY = {"tenant": "text", "complaint_id": "uuid"}
_PLACE = {
    "status": "text",
    "version": "int",
    "seq_intake": "int",
    "seq_dispatch": "int",
    "seq_ledger": "int",
    "closing_version": "int",
}
_EARLY = {
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
    "first_assigned_at": "timestamptz",
    "promised_at": "timestamptz",
    "warn_at": "timestamptz",
    "accepted_at": "timestamptz",
    "started_at": "timestamptz",
    "resolved_at": "timestamptz",
    "facts_version": "int",
}
"""The facts that the events of the usual way to a result change (`USUAL`), in the order of the class."""
_LATE = {
    "suspended_at": "timestamptz",
    "waiting_since": "timestamptz",
    "verified_at": "timestamptz",
    "closed_at": "timestamptz",
    "first_closed_at": "timestamptz",
    "is_forced": "boolean",
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
    "photos_asked": "uuid",
}
"""The other facts that events change, in the order of the class."""
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
    "query_code_digest",
)
_early, _late = attrgetter(*_EARLY), attrgetter(*_LATE)
_LOCK = f"""
    SELECT tenant, complaint_id, {", ".join(_PLACE)}, owner, source, category, received_at, occurred_at,
           {", ".join(_EARLY | _LATE)}
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
_RECLASSIFY = Statement("""
    UPDATE ledger_complaint AS complaint SET category = new.category
    FROM unnest(CAST(:tenant AS text[]), CAST(:complaint_id AS uuid[]), CAST(:category AS text[]))
        AS new (tenant, complaint_id, category)
    WHERE complaint.tenant = new.tenant AND complaint.complaint_id = new.complaint_id
""")
_LOCK_ONE = sa.text(f"{_LOCK} WHERE tenant = :tenant AND complaint_id = :id FOR UPDATE")
_RECEIVED = Statement(f"""{_LOCK}
    WHERE tenant = CAST(:tenant AS text) AND received_at >= CAST(:begin AS timestamptz)
      AND received_at < CAST(:end AS timestamptz) LIMIT CAST(:most AS int)
""")
_HOW_MANY = sa.text("SELECT count(*) FROM ledger_complaint WHERE CAST(:tenant AS text) IS NULL OR tenant = :tenant")
_PAGE = Statement(f"""{_LOCK}
    WHERE (tenant, complaint_id) > (CAST(:tenant AS text), CAST(:id AS uuid)) ORDER BY tenant, complaint_id
    LIMIT CAST(:size AS int)
""")


class _Writing:
    """How complaints are written: with all facts, or with those alone that the usual events change.

    Most of what consumers write is of the usual kind, and each column costs both sides.
    """

    def __init__(self, columns: dict[str, str]) -> None:
        self.copied = (*_KEY, *columns, *_FACTS)
        self.updated = _KEY | columns | {"lacks_anew": "boolean"}
        self.update = Statement(f"""
            UPDATE ledger_complaint AS complaint
            SET {", ".join(f"{name} = new.{name}" for name in columns)}, updated_at = clock_timestamp(),
                lacking_since = CASE WHEN new.lacks_anew THEN clock_timestamp()
                                     ELSE coalesce(complaint.lacking_since, complaint.updated_at) END
            FROM unnest({", ".join(f"CAST(:{name} AS {kind}[])" for name, kind in self.updated.items())})
                AS new({", ".join(self.updated)})
            WHERE complaint.tenant = new.tenant AND complaint.complaint_id = new.complaint_id
        """)


_WRITINGS = {True: _Writing(_PLACE | _EARLY), False: _Writing(_PLACE | _EARLY | _LATE)}
"""By whether all that has happened is of the usual kind."""


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


async def page(connection: AsyncConnection, after: tuple[str, UUID], size: int) -> Sequence[Complaint]:
    """Return up to `size` complaints behind that of a tenant and an id, in this order, not locked."""
    tenant, complaint_id = after
    rows = await _PAGE.fetch(connection, {"tenant": tenant, "id": complaint_id, "size": size})
    return [_complaint(row) for row in rows]


async def received(
    connection: AsyncConnection, tenant: str, begin: datetime, end: datetime, most: int
) -> Sequence[Complaint]:
    """Return up to `most` complaints that were received from `begin` to before `end`, not locked."""
    values = {"tenant": tenant, "begin": begin, "end": end, "most": most}
    return [_complaint(row) for row in await _RECEIVED.fetch(connection, values)]


async def how_many(connection: AsyncConnection, tenant: str | None = None) -> int:
    """Return how many complaints there are, of a tenant or of all."""
    return int(await connection.scalar(_HOW_MANY, {"tenant": tenant}) or 0)


async def without_facts(connection: AsyncConnection, after: UUID, size: int) -> Sequence[tuple[str, UUID]]:
    """Return tenants and ids of up to `size` complaints, ids above `after`, whose facts are not those of all entries.

    A release that did not know facts has entered some of them.
    """
    rows = await connection.execute(_WITHOUT_FACTS, {"after": after, "size": size})
    return [(row.tenant, row.complaint_id) for row in rows]


async def save(connection: AsyncConnection, complaints: Collection[Complaint]) -> None:
    """Write complaints that have been locked, or were received just now, in four statements at most.

    Where some were put into another category, one more.
    """
    for is_usual, writing in _WRITINGS.items():
        row = _usual_row if is_usual else _row
        chosen = [complaint for complaint in complaints if complaint.is_usual is is_usual]
        new = [row(each) + _facts(each.received) for each in chosen if each.received is not None]
        known = [(*row(each), each.lacks_anew) for each in chosen if each.received is None]
        if new:
            await copy(connection, "ledger_complaint", writing.copied, new)
        if known:
            await writing.update.fetch(connection, arrays(writing.updated, known))
    reclassified = [(each.tenant, each.id, each.category) for each in complaints if each.is_reclassified]
    if reclassified:
        await _RECLASSIFY.fetch(connection, arrays(("tenant", "complaint_id", "category"), reclassified))


def _usual_row(complaint: Complaint) -> tuple[Any, ...]:
    sequences = complaint.sequences
    return (
        complaint.tenant,
        complaint.id,
        complaint.status,
        complaint.version,
        sequences["intake"],
        sequences["dispatch"],
        sequences["ledger"],
        complaint.closing_version,
        *_early(complaint),
    )


def _row(complaint: Complaint) -> tuple[Any, ...]:
    return (*_usual_row(complaint), *_late(complaint))


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
        received.query_code_digest,
    )


def _complaint(row: Sequence[Any]) -> Complaint:
    """Read a row of _LOCK: key and place first, then the facts in the order of the class."""
    tenant, complaint_id, status, version, intake, dispatch, ledger, closing_version, *facts = row
    return Complaint(
        *facts,
        sequences={"intake": intake, "dispatch": dispatch, "ledger": ledger},
        status=Status(status),
        id=complaint_id,
        tenant=tenant,
        version=version,
        closing_version=closing_version,
    )
