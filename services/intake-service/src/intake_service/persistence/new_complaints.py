"""Stores accepted complaints: the rows, the reporter, the event and the idempotency key, in one statement."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from asyncpg import UniqueViolationError
from sqlalchemy.ext.asyncio import AsyncEngine

from contracts.envelope import Event
from contracts.topics import LIFECYCLE
from eventbus import outbox
from eventbus.driver import Statement
from intake_service.domain.complaint import NewComplaint


@dataclass(frozen=True, slots=True)
class Acceptance:
    """A complaint to accept, with the event that says so and the answer to give."""

    complaint: NewComplaint
    event: Event
    answer: str
    idempotency_key: str | None
    request_hash: bytes | None


# A row is left out where its idempotency key or its external_ref is known already; the caller finds out which.
STORE = Statement(f"""
WITH input AS (
    SELECT * FROM unnest(
        CAST(:ids AS uuid[]), CAST(:tenants_ AS text[]), CAST(:numbers AS text[]), CAST(:query_codes AS text[]),
        CAST(:sources_ AS text[]), CAST(:proactives AS bool[]), CAST(:categories AS text[]),
        CAST(:descriptions AS text[]), CAST(:lons AS float8[]), CAST(:lats AS float8[]), CAST(:addresses AS text[]),
        CAST(:given_lons AS float8[]), CAST(:given_lats AS float8[]), CAST(:given_crss AS text[]),
        CAST(:anonymous AS bool[]), CAST(:names AS text[]), CAST(:phones AS text[]), CAST(:emails AS text[]),
        CAST(:creators AS text[]), CAST(:owners AS text[]), CAST(:occurred AS timestamptz[]),
        CAST(:received AS timestamptz[]), CAST(:external_refs AS text[]), CAST(:attributes AS text[]),
        CAST(:idempotency_keys AS text[]), CAST(:hashes AS bytea[]), CAST(:answers AS text[]),
        CAST(:suggested AS text[]), CAST(:confidences AS float8[]),
        CAST(:kinds AS text[]), CAST(:confidentials AS bool[]), CAST(:origins AS text[]),
        CAST(:outsides AS bool[]), CAST(:configurations AS int[]), CAST(:devices AS bytea[]), CAST(:flags AS text[])
    ) AS t (id, tenant, number, query_code, source, proactive, category, description, lon, lat, address,
            given_lon, given_lat, given_crs, anonymous, name, phone, email, created_by, owner, occurred_at, received_at,
            external_ref, attributes, idempotency_key, request_hash, answer,
            suggested_category, suggested_confidence, kind, confidential, origin, outside_area, configuration,
            device, flag)
), stored AS (
    INSERT INTO complaint (id, tenant, number, query_code, status, source, proactive, category, description, lon, lat,
        address, given_lon, given_lat, given_crs, anonymous, created_by, owner, occurred_at, received_at, updated_at,
        external_ref, attributes, suggested_category, suggested_confidence, kind, confidential, origin, outside_area,
        configuration, device)
    SELECT id, tenant, number, query_code, 'received', source, proactive, category, description, lon, lat,
        address, given_lon, given_lat, given_crs, anonymous, created_by, owner, occurred_at, received_at, received_at,
        external_ref, CAST(attributes AS jsonb), suggested_category, suggested_confidence, kind, confidential,
        CAST(origin AS jsonb), outside_area, configuration, device
    FROM input AS i
    WHERE i.idempotency_key IS NULL OR (
        SELECT k.tenant FROM idempotency_key AS k
        WHERE k.tenant = i.tenant AND k.principal = i.created_by AND k.key = i.idempotency_key) IS NULL
    ON CONFLICT (tenant, source, external_ref) WHERE external_ref IS NOT NULL DO NOTHING
    RETURNING id
), unread AS (
    INSERT INTO complaint_unread (complaint_id) SELECT id FROM stored
), people AS (
    INSERT INTO reporter (complaint_id, tenant, name, phone, email)
    SELECT id, tenant, name, phone, email FROM input JOIN stored USING (id)
    WHERE name IS NOT NULL OR phone IS NOT NULL OR email IS NOT NULL
), flagged AS (
    INSERT INTO triage_item (complaint_id, tenant, reasons, rules_version, goes_on_at, flagged_at, steps)
    SELECT id, tenant, CAST(flag AS jsonb) -> 'reasons', CAST(CAST(flag AS jsonb) ->> 'version' AS int),
        CAST(CAST(flag AS jsonb) ->> 'goes_on_at' AS timestamptz), received_at,
        jsonb_build_array(jsonb_build_object('step', 'flagged', 'at', received_at, 'by', 'rule'))
    FROM input JOIN stored USING (id) WHERE flag IS NOT NULL
), keys AS (
    INSERT INTO idempotency_key (tenant, principal, key, request_hash, status, body)
    SELECT tenant, created_by, idempotency_key, request_hash, 201, answer FROM input JOIN stored USING (id)
    WHERE idempotency_key IS NOT NULL
), appended AS (
    {outbox.APPEND_SQL} WHERE CAST(event.aggregateid AS uuid) IN (SELECT id FROM stored)
)
SELECT id, pg_notify('{outbox.CHANNEL}', '') FROM stored
""")


class NewComplaints:
    """The group store of intake."""

    def __init__(self, engine: AsyncEngine) -> None:
        """Commits by itself: one statement, one transaction."""
        self._engine = engine

    async def store(self, group: Sequence[Acceptance]) -> list[bool]:
        """Store all of `group`; True for those accepted, False where the key or the external_ref was known before.

        Items of one group must not share an idempotency key or an external_ref. A twin on another replica at the same
        moment makes the statement fail as a whole: it is tried again, and then sees the twin.
        """
        parameters = parameters_of(group)
        for attempt in range(3):
            try:
                async with self._engine.connect() as connection:
                    rows = await STORE.fetch(connection, parameters, transaction=False)
                stored = {row[0] for row in rows}
                return [item.complaint.id in stored for item in group]
            except UniqueViolationError:
                if attempt == 2:
                    raise
        raise AssertionError("unreachable")


def parameters_of(group: Sequence[Acceptance]) -> dict[str, Any]:
    """Return the parameters of STORE, which returns a row for each complaint that it has stored."""
    return {**_columns(group), **outbox.columns(LIFECYCLE.name, [item.event for item in group])}


def _columns(group: Sequence[Acceptance]) -> dict[str, list[Any]]:
    complaints = [item.complaint for item in group]
    places = [complaint.location for complaint in complaints]
    people = [complaint.reporter for complaint in complaints]
    return {
        "ids": [c.id for c in complaints],
        "tenants_": [c.tenant for c in complaints],
        "numbers": [c.number for c in complaints],
        "query_codes": [c.query_code for c in complaints],
        "sources_": [c.source for c in complaints],
        "proactives": [c.proactive for c in complaints],
        "categories": [c.category for c in complaints],
        "descriptions": [c.description for c in complaints],
        "lons": [p.lon for p in places],
        "lats": [p.lat for p in places],
        "addresses": [p.address for p in places],
        "given_lons": [p.given_lon for p in places],
        "given_lats": [p.given_lat for p in places],
        "given_crss": [p.given_crs for p in places],
        "anonymous": [r.anonymous for r in people],
        "names": [r.name for r in people],
        "phones": [r.phone for r in people],
        "emails": [r.email for r in people],
        "creators": [c.created_by for c in complaints],
        "owners": [c.owner for c in complaints],
        "occurred": [c.occurred_at for c in complaints],
        "received": [c.received_at for c in complaints],
        "external_refs": [c.external_ref for c in complaints],
        "attributes": [orjson.dumps(c.attributes).decode() if c.attributes else None for c in complaints],
        "idempotency_keys": [item.idempotency_key for item in group],
        "hashes": [item.request_hash for item in group],
        "answers": [item.answer for item in group],
        "suggested": [c.suggested_category for c in complaints],
        "confidences": [c.suggested_confidence for c in complaints],
        "configurations": [c.configuration for c in complaints],
        "devices": [c.device for c in complaints],
        "flags": [orjson.dumps(c.flagged.stored()).decode() if c.flagged else None for c in complaints],
        "kinds": [c.kind for c in complaints],
        "outsides": [c.outside_area for c in complaints],
        "confidentials": [c.is_confidential for c in complaints],
        "origins": [orjson.dumps(kept).decode() if (kept := c.origin.stored()) else None for c in complaints],
    }
