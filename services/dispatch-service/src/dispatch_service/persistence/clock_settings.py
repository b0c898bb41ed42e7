"""Limits, office hours and calendars of each tenant, and what field work goes by: one JSON document each, replaced as
a whole.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from dispatch_service.persistence import documents
from dispatch_service.persistence.documents import Document
from dispatch_service.persistence.tables import clock_setting

LIMITS, OFFICE_HOURS = "limits", "office_hours"
EXTENSION_RULE = "extension_rule"
"""How long extensions may be, and how many; a change renews clocks as any other does, and moves none.

It counts for what it has counted: the version would else fall below that of clocks, which a change of limits then
passes over.
"""
SUPERVISION_RULE = "supervision_rule"
"""At which levels of the limit orders are given by rule; a change moves no clock, and renews none."""
SUSPENSION_RULE = "suspension_rule"
"""For how long a case may be laid aside; no clock goes by it."""
CATEGORIES = "categories"
"""Limits that intake has told of: see `category_limits`."""
SOURCES = "sources"
"""Sources that intake has told of, kept in the same way; its version stays 0, for no clock goes by it."""
FIELD_WORK = "field_work"
"""Which photos a result needs, and from where a start is far; no clock goes by it."""
REPLIES = "replies"
"""Templates of what officers write; no clock goes by them either."""
_APART = (FIELD_WORK, REPLIES, SOURCES, SUSPENSION_RULE)
"""What neither clocks nor rules about them need, and is read for itself."""
_CALENDAR = "calendar:"

_VERSIONS = sa.text(f"""
    SELECT tenant, CAST(sum(version) AS bigint) AS seen,
           CAST(coalesce(sum(version) FILTER (WHERE name <> '{SUPERVISION_RULE}'), 0)
                AS bigint) AS version
    FROM clock_setting WHERE tenant = ANY(CAST(:tenants AS text[])) AND name NOT IN {_APART} GROUP BY tenant
""")


class Versions(NamedTuple):
    """Numbers that changes of a tenant's settings raise: `version` where clocks are to be renewed, `seen` always."""

    version: int
    seen: int


FIRST_VERSIONS = Versions(1, 1)
"""Of a tenant that has set nothing: its cases' clocks go by what is shipped."""


def calendar_of(year: int) -> str:
    """Return the name of the document that holds a tenant's own days of `year`."""
    return f"{_CALENDAR}{year}"


def is_calendar(name: str) -> bool:
    """Say whether a document holds days of a year."""
    return name.startswith(_CALENDAR)


async def versions(connection: AsyncConnection, tenants: Collection[str]) -> dict[str, Versions]:
    """Return for each tenant how far the settings are that `contents` has."""
    version, seen = FIRST_VERSIONS
    rows = await connection.execute(_VERSIONS, {"tenants": list(tenants)})
    found = {row.tenant: Versions(version + row.version, seen + row.seen) for row in rows}
    return dict.fromkeys(tenants, FIRST_VERSIONS) | found


async def contents(connection: AsyncConnection, tenants: Collection[str]) -> Mapping[str, Mapping[str, Any]]:
    """Return what each tenant has set that clocks, and rules about them, go by: by name."""
    wanted = clock_setting.c.tenant.in_(tenants), clock_setting.c.name.not_in(_APART)
    statement = sa.select(clock_setting).where(*wanted)
    found: dict[str, dict[str, Any]] = defaultdict(dict)
    for row in await connection.execute(statement):
        found[row.tenant][row.name] = row.content
    return found


async def read(connection: AsyncConnection, tenant: str, name: str) -> Document:
    """Return one document."""
    return await documents.read(connection, clock_setting, tenant, name)


async def replace(
    connection: AsyncConnection,
    tenant: str,
    name: str,
    content: Any,
    *,
    check_version: Callable[[int], None],
    actor: str,
    now: datetime,
) -> Document:
    """Put `content` in the place of a document and return how it stands then.

    `check_version` raises where the caller has seen another version than the present one.
    """
    return await documents.replace(
        connection, clock_setting, tenant, name, content, check_version=check_version, actor=actor, now=now
    )
