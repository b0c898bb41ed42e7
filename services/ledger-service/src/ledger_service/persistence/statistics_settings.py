"""What tenants have set of their figures: every version stays."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger_service.domain.statistics_settings import Settings
from ledger_service.persistence.tables import statistics_setting

_COLUMNS = statistics_setting.c
_CHOSEN = (_COLUMNS.content, _COLUMNS.version, _COLUMNS.changed_at, _COLUMNS.changed_by)

_LOCK = sa.text("SELECT pg_advisory_xact_lock(hashtextextended('statistics settings ' || :tenant, 0))")


@dataclass(frozen=True, slots=True)
class KeptSettings:
    """A version of the settings; 0 are those that are shipped."""

    settings: Settings
    version: int = 0
    changed_at: datetime | None = None
    changed_by: str | None = None


async def read(connection: AsyncConnection, tenant: str, zone: str, *, as_of: date | None = None) -> KeptSettings:
    """Return the newest settings of a tenant, or those at the end of a day in `zone`."""
    statement = sa.select(*_CHOSEN).where(_COLUMNS.tenant == tenant)
    if as_of is not None:
        statement = statement.where(sa.cast(sa.func.timezone(zone, _COLUMNS.changed_at), sa.Date) <= as_of)
    row = (await connection.execute(statement.order_by(_COLUMNS.version.desc()).limit(1))).one_or_none()
    return KeptSettings(Settings.of(None)) if row is None else _kept(row)


async def history(connection: AsyncConnection, tenant: str, *, before: int | None, size: int) -> Sequence[KeptSettings]:
    """Return the versions that a tenant has set, the newest first."""
    statement = sa.select(*_CHOSEN).where(_COLUMNS.tenant == tenant)
    if before is not None:
        statement = statement.where(_COLUMNS.version < before)
    rows = await connection.execute(statement.order_by(_COLUMNS.version.desc()).limit(size))
    return [_kept(row) for row in rows]


async def replace(
    connection: AsyncConnection,
    tenant: str,
    settings: Settings,
    *,
    check_version: Callable[[int], None],
    actor: str,
    now: datetime,
) -> KeptSettings:
    """Add a version and return it.

    `check_version` raises where the caller has seen another version than the present one. Of two that come at once the
    second waits and then is the next version, or is refused by that.
    """
    await connection.execute(_LOCK, {"tenant": tenant})
    newest = sa.select(sa.func.coalesce(sa.func.max(_COLUMNS.version), 0)).where(_COLUMNS.tenant == tenant)
    present: int = (await connection.execute(newest)).scalar_one()
    check_version(present)
    made = KeptSettings(settings, present + 1, now, actor)
    await connection.execute(
        sa.insert(statistics_setting).values(
            tenant=tenant, version=made.version, content=settings.content(), changed_at=now, changed_by=actor
        )
    )
    return made


def _kept(row: Any) -> KeptSettings:
    return KeptSettings(Settings.of(row.content), row.version, row.changed_at, row.changed_by)
