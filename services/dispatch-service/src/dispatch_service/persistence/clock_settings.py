"""Limits, office hours and calendars of each tenant, and what field work goes by: one JSON document each, replaced as
a whole.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from dispatch_service.persistence.tables import clock_setting

LIMITS, OFFICE_HOURS = "limits", "office_hours"
FIELD_WORK = "field_work"
"""Which photos a result needs, and from where a start is far; no clock goes by it."""
_CALENDAR = "calendar:"

_VERSIONS = sa.text(f"""
    SELECT tenant, CAST(sum(version) AS bigint) AS version FROM clock_setting
    WHERE tenant = ANY(CAST(:tenants AS text[])) AND name <> '{FIELD_WORK}' GROUP BY tenant
""")
FIRST_VERSION = 1
"""Of a tenant that has set nothing: its cases' clocks go by what is shipped."""


@dataclass(frozen=True, slots=True)
class Setting:
    """A document as it stands; version 0 and no content where the tenant has not set it."""

    version: int = 0
    content: Any = None
    changed_at: datetime | None = None
    changed_by: str | None = None


def calendar_of(year: int) -> str:
    """Return the name of the document that holds a tenant's own days of `year`."""
    return f"{_CALENDAR}{year}"


def is_calendar(name: str) -> bool:
    """Say whether a document holds days of a year."""
    return name.startswith(_CALENDAR)


async def versions(connection: AsyncConnection, tenants: Collection[str]) -> dict[str, int]:
    """Return for each tenant a number that every change of its settings raises."""
    rows = await connection.execute(_VERSIONS, {"tenants": list(tenants)})
    return dict.fromkeys(tenants, FIRST_VERSION) | {row.tenant: FIRST_VERSION + row.version for row in rows}


async def contents(connection: AsyncConnection, tenants: Collection[str]) -> Mapping[str, Mapping[str, Any]]:
    """Return what each tenant has set, by name."""
    statement = sa.select(clock_setting).where(clock_setting.c.tenant.in_(tenants))
    found: dict[str, dict[str, Any]] = defaultdict(dict)
    for row in await connection.execute(statement):
        found[row.tenant][row.name] = row.content
    return found


async def read(connection: AsyncConnection, tenant: str, name: str) -> Setting:
    """Return one document."""
    return await _read(connection, _this(tenant, name))


async def replace(
    connection: AsyncConnection,
    tenant: str,
    name: str,
    content: Any,
    *,
    check_version: Callable[[int], None],
    actor: str,
    now: datetime,
) -> Setting:
    """Put `content` in the place of a document and return how it stands then.

    `check_version` raises where the caller has seen another version than the present one.
    """
    facts = {"content": content, "changed_at": now, "changed_by": actor}
    nothing = insert(clock_setting).values(tenant=tenant, name=name, version=0, **facts).on_conflict_do_nothing()
    await connection.execute(nothing)
    present = await _read(connection, _this(tenant, name).with_for_update())
    check_version(present.version)
    version = present.version + 1
    await connection.execute(
        sa.update(clock_setting)
        .where(clock_setting.c.tenant == tenant, clock_setting.c.name == name)
        .values(version=version, **facts)
    )
    return Setting(version, content, now, actor)


def _this(tenant: str, name: str) -> sa.Select[Any]:
    columns = clock_setting.c
    return sa.select(columns.version, columns.content, columns.changed_at, columns.changed_by).where(
        columns.tenant == tenant, columns.name == name
    )


async def _read(connection: AsyncConnection, statement: sa.Select[Any]) -> Setting:
    row = (await connection.execute(statement)).one_or_none()
    return Setting() if row is None else Setting(*row)
