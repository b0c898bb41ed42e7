"""What each tenant has chosen to make public: one document, replaced as a whole."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger_service.domain.publication import Publication
from ledger_service.persistence.tables import metadata

_table = metadata.tables["public_setting"]


@dataclass(frozen=True, slots=True)
class KeptPublication:
    """The choice as it stands; version 0 where the tenant has made none and nothing is public."""

    publication: Publication
    version: int = 0
    changed_at: datetime | None = None
    changed_by: str | None = None


async def read(connection: AsyncConnection, tenant: str) -> KeptPublication:
    """Return the choice of a tenant."""
    return await _read(connection, _this(tenant))


async def replace(
    connection: AsyncConnection,
    tenant: str,
    publication: Publication,
    *,
    check_version: Callable[[int], None],
    actor: str,
    now: datetime,
) -> KeptPublication:
    """Put `publication` in the place of what there is and return how it stands then.

    `check_version` raises where the caller has seen another version than the present one.
    """
    facts: dict[str, Any] = {"content": publication.content(), "changed_at": now, "changed_by": actor}
    await connection.execute(insert(_table).values(tenant=tenant, version=0, **facts).on_conflict_do_nothing())
    present = await _read(connection, _this(tenant).with_for_update())
    check_version(present.version)
    version = present.version + 1
    await connection.execute(sa.update(_table).where(_table.c.tenant == tenant).values(version=version, **facts))
    return KeptPublication(publication, version, now, actor)


async def switched_on(connection: AsyncConnection) -> Sequence[str]:
    """Return the tenants that publish."""
    chosen = sa.select(_table.c.tenant).where(_table.c.content["is_on"].as_boolean()).order_by(_table.c.tenant)
    return (await connection.execute(chosen)).scalars().all()


def _this(tenant: str) -> sa.Select[Any]:
    columns = _table.c
    return sa.select(columns.content, columns.version, columns.changed_at, columns.changed_by).where(
        columns.tenant == tenant
    )


async def _read(connection: AsyncConnection, statement: sa.Select[Any]) -> KeptPublication:
    row = (await connection.execute(statement)).one_or_none()
    if row is None:
        return KeptPublication(Publication())
    return KeptPublication(Publication.of(row.content), row.version, row.changed_at, row.changed_by)
