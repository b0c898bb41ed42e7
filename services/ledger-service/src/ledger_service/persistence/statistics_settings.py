"""What tenants have set of their figures: every version stays."""

from collections.abc import Callable, Sequence
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger_service.domain.statistics_settings import Settings
from ledger_service.persistence.tables import statistics_setting
from operations.documents import Kept
from operations.versions import Version, Versions

_VERSIONS = Versions(statistics_setting, Settings.of)
_CHANGED_AT = statistics_setting.c.changed_at
KeptSettings = Kept[Settings]


async def read(connection: AsyncConnection, tenant: str, zone: str, *, as_of: date | None = None) -> KeptSettings:
    """Return the newest settings of a tenant, or those at the end of a day in `zone`."""
    conditions = [] if as_of is None else [sa.cast(sa.func.timezone(zone, _CHANGED_AT), sa.Date) <= as_of]
    found = await _VERSIONS.newest(connection, tenant, *conditions)
    return Kept(Settings.of(None)) if found is None else _kept(found)


async def history(connection: AsyncConnection, tenant: str, *, before: int | None, size: int) -> Sequence[KeptSettings]:
    """Return the versions that a tenant has set, the newest first."""
    return [_kept(each) for each in await _VERSIONS.page(connection, tenant, before=before, size=size)]


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
    present = await _VERSIONS.lock(connection, tenant)
    check_version(present)
    return _kept(await _VERSIONS.put(connection, tenant, settings, number=present + 1, actor=actor, now=now))


def _kept(version: Version[Settings]) -> KeptSettings:
    return Kept(version.settings, version.number, version.changed_at, version.changed_by)
