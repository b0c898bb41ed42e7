"""What became of rules: how often each has fitted, and which are switched off."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from dispatch_service.persistence.rows import Row, as_rows
from eventbus.driver import Statement

BATCH = 5_000
"""Counts that are added up in one transaction."""
_NOTE = Statement("""
    INSERT INTO rule_match (tenant, version, code, matches, at)
    SELECT tenant, version, code, matches, CAST(:now AS timestamptz)
    FROM unnest(CAST(:tenants AS text[]), CAST(:versions AS bigint[]), CAST(:codes AS text[]), CAST(:counts AS int[]))
        AS tally (tenant, version, code, matches)
""")
_SWITCH_OFF = sa.text("""
    INSERT INTO rule_state AS state (tenant, version, code, off_since, off_reason)
    SELECT tenant, version, code, :now, reason
    FROM unnest(CAST(:tenants AS text[]), CAST(:versions AS bigint[]), CAST(:codes AS text[]), CAST(:reasons AS text[]))
        AS fault (tenant, version, code, reason)
    ORDER BY tenant, version, code
    ON CONFLICT (tenant, version, code) DO UPDATE SET off_since = excluded.off_since, off_reason = excluded.off_reason
        WHERE state.off_since IS NULL
    RETURNING tenant, code, off_reason
""")
_ADD_UP = sa.text(f"""
    WITH taken AS (
        DELETE FROM rule_match WHERE id IN (
            SELECT id FROM rule_match ORDER BY id LIMIT {BATCH} FOR UPDATE SKIP LOCKED)
        RETURNING tenant, version, code, matches, at),
    added AS (
        INSERT INTO rule_state AS state (tenant, version, code, matches, last_match_at)
        SELECT tenant, version, code, sum(matches), max(at) FROM taken
        GROUP BY tenant, version, code ORDER BY tenant, version, code
        ON CONFLICT (tenant, version, code) DO UPDATE SET
            matches = state.matches + excluded.matches,
            last_match_at = greatest(state.last_match_at, excluded.last_match_at))
    SELECT count(*) FROM taken
""")
_STATES = sa.text("""
    SELECT code, CAST(sum(matches) AS bigint) AS matches, max(last_match_at) AS last_match_at,
           max(off_since) AS off_since, max(off_reason) AS off_reason
    FROM (
        SELECT code, matches, last_match_at, off_since, off_reason FROM rule_state
        WHERE tenant = :tenant AND version = :version
        UNION ALL
        SELECT code, matches, at, NULL, NULL FROM rule_match WHERE tenant = :tenant AND version = :version
    ) AS noted GROUP BY code
""")
_OFF = sa.text("""
    SELECT tenant, code FROM rule_state AS state
    WHERE off_since IS NOT NULL
      AND version = (SELECT max(version) FROM rule_set WHERE rule_set.tenant = state.tenant)
      AND (CAST(:tenants AS text[]) IS NULL OR tenant = ANY(CAST(:tenants AS text[])))
""")


class Tally(NamedTuple):
    """How often a rule has fitted in a slice."""

    tenant: str
    version: int
    code: str
    matches: int


class Fault(NamedTuple):
    """Why a rule has to be switched off."""

    tenant: str
    version: int
    code: str
    reason: str


async def note(connection: AsyncConnection, tallies: Sequence[Tally], now: datetime) -> None:
    """Count matches, in one statement."""
    tenants, versions, codes, counts = map(list, zip(*tallies, strict=True))
    parameters = {"tenants": tenants, "versions": versions, "codes": codes, "counts": counts, "now": now}
    await _NOTE.fetch(connection, parameters)


async def switch_off(connection: AsyncConnection, faults: Sequence[Fault], now: datetime) -> Sequence[Row]:
    """Switch rules off, in one statement; return those that were not off before."""
    tenants, versions, codes, reasons = map(list, zip(*faults, strict=True))
    parameters = {"tenants": tenants, "versions": versions, "codes": codes, "reasons": reasons, "now": now}
    return as_rows(await connection.execute(_SWITCH_OFF, parameters))


async def add_up(connection: AsyncConnection) -> int:
    """Add a batch of single counts to the states; return how many they were. Any number of replicas may do it."""
    return int((await connection.execute(_ADD_UP)).scalar_one())


async def states(connection: AsyncConnection, tenant: str, version: int) -> dict[str, Row]:
    """Return what is noted of the rules of a set, by code."""
    rows = as_rows(await connection.execute(_STATES, {"tenant": tenant, "version": version}))
    return {row["code"]: row for row in rows}


async def off(connection: AsyncConnection, tenants: Sequence[str] | None = None) -> Sequence[Row]:
    """Return tenant and code of all rules in force that are switched off; None: of all tenants."""
    return as_rows(await connection.execute(_OFF, {"tenants": tenants}))
