"""Acts on dispatch's answers to requests for an ending: ends what it let go of, and notes what it refused."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.envelope import Event
from contracts.events import PAYLOADS, Payload, Released, ReleaseRefused
from contracts.lifecycle import RELEASE_ENDINGS, EventType, Status
from eventbus.errors import OutOfOrder
from intake_service.persistence import merging
from intake_service.service import triaging
from runtime.ids import uuid7

_REFUSED = sa.text("""
    UPDATE complaint AS c SET release_state = 'refused'
    FROM unnest(CAST(:ids AS uuid[]), CAST(:tenants AS text[]), CAST(:requests AS uuid[])) AS r (id, tenant, request)
    WHERE c.id = r.id AND c.tenant = r.tenant AND c.release_request = r.request
""")
_RELEASES = """
    unnest(
        CAST(:ids AS uuid[]), CAST(:tenants AS text[]), CAST(:requests AS uuid[]), CAST(:statuses AS text[])
    ) AS r (id, tenant, request, status)
"""
_END = sa.text(f"""
    UPDATE complaint AS c
    SET status = coalesce(c.release_ending, 'withdrawn'), release_state = 'granted',
        version = c.version + 1, sequence = c.sequence + 1, updated_at = now(), question = NULL,
        merged_into = CASE WHEN c.release_ending = 'merged' THEN CAST(c.release_data ->> 'into' AS uuid) END,
        progress = c.progress || jsonb_build_array(coalesce(c.release_data, '{{}}') || jsonb_build_object(
            'status', coalesce(c.release_ending, 'withdrawn'), 'at', now()))
    FROM {_RELEASES}
    WHERE c.id = r.id AND c.tenant = r.tenant
        AND c.release_request = r.request AND c.status = coalesce(r.status, c.status)
    RETURNING c.id, c.status, c.sequence, c.updated_at, c.release_actor, c.release_reason, c.release_data,
        c.merged_into
""")
_EARLY = sa.text(f"""
    SELECT r.id, r.status AS stood, c.status FROM {_RELEASES}
    LEFT JOIN complaint AS c ON c.id = r.id AND c.tenant = r.tenant
    WHERE c.id IS NULL
        OR (c.release_request = r.request AND c.status <> r.status AND c.status <> ALL (CAST(:endings AS text[])))
    LIMIT 1
""")


async def answer(connection: AsyncConnection, events: Sequence[Event]) -> list[Event]:
    """Note refusals, end what was released, and return the event of its ending for each of the latter.

    Raises OutOfOrder for a release whose complaint is not here, or has not come to where dispatch let go of it: what
    happened in between would be refused for ever once it has ended.
    """
    refused = [event for event in events if event.type is EventType.RELEASE_REFUSED]
    if refused:
        requests = [event.data.request for event in refused if isinstance(event.data, ReleaseRefused)]
        await connection.execute(_REFUSED, {**_keys(refused), "requests": requests})
    released = {
        event.subject: event
        for event in events
        if isinstance(event.data, Released) and event.data.ending in RELEASE_ENDINGS  # other endings are the ledger's
    }
    return await _end(connection, released) if released else []


async def _end(connection: AsyncConnection, released: dict[UUID, Event]) -> list[Event]:
    causes = [*released.values()]
    answers = [event.data for event in causes if isinstance(event.data, Released)]
    releases = {
        **_keys(causes),
        "requests": [each.request for each in answers],
        "statuses": [each.status and each.status.value for each in answers],
    }
    rows = (await connection.execute(_END, releases)).all()
    if len(rows) < len(released):
        await _check_none_is_early(connection, releases)
    await triaging.end_with(connection, [row.id for row in rows])
    ended = [
        Event(
            id=uuid7(),
            type=RELEASE_ENDINGS[row.status],
            source="intake",
            subject=row.id,
            tenant=released[row.id].tenant,
            time=row.updated_at,
            sequence=row.sequence,
            correlation_id=released[row.id].correlation_id,
            causation_id=released[row.id].id,
            traceparent=released[row.id].traceparent,
            data=_payload(row),
        )
        for row in rows
    ]
    unhandled = [row.id for row in rows if row.status != Status.MERGED]
    strays = await merging.strays(connection, {row.id: row.merged_into for row in rows if row.merged_into is not None})
    return [*ended, *await merging.let_go(connection, unhandled, strays)]


def _payload(row: Any) -> Payload:
    facts = {**(row.release_data or {}), "actor": row.release_actor, "reason": row.release_reason}
    return PAYLOADS[RELEASE_ENDINGS[row.status]].model_validate(facts)


async def _check_none_is_early(connection: AsyncConnection, releases: dict[str, object]) -> None:
    early = (await connection.execute(_EARLY, {**releases, "endings": list(RELEASE_ENDINGS)})).first()
    if early is None:
        return  # a request that has been answered
    if early.status is None:
        raise OutOfOrder(f"{EventType.RELEASED} is about complaint {early.id}, which intake does not have")
    raise OutOfOrder(
        f"{EventType.RELEASED} lets go of complaint {early.id} as {early.stood}, which is {early.status} here"
    )


def _keys(events: Sequence[Event]) -> dict[str, object]:
    return {"ids": [event.subject for event in events], "tenants": [event.tenant for event in events]}
