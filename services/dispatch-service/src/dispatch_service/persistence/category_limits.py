"""Categories with their limits, and sources, as intake tells of them: two documents of each tenant among those that
clocks go by.

The content has, for each code, the sequence of the event that it is known from, whether it is removed, of a category
the limits by stage and the name by language, and of a source whether what it reports is proactive 未诉先办. The version
grows only where a limit has changed, for then the clocks of open cases are renewed.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from dispatch_service.persistence import documents
from dispatch_service.persistence.tables import clock_setting

_TELLER = "intake"


class Told(NamedTuple):
    """What an event of that sequence says of a category or a source: its limits by stage, none where it is removed."""

    sequence: int
    limits: Mapping[str, Any]
    removed: bool = False
    name: Mapping[str, str] | None = None
    proactive: bool | None = None
    """Of a source."""


async def keep(connection: AsyncConnection, tenant: str, name: str, news: Mapping[str, Told], now: datetime) -> None:
    """Keep in the document `name` what is said of categories or sources by their codes, unless something newer is."""
    start = {"version": 0, "content": {}, "changed_at": now, "changed_by": _TELLER}
    nothing = insert(clock_setting).values(tenant=tenant, name=name, **start).on_conflict_do_nothing()
    await connection.execute(nothing)
    present = await documents.lock(connection, clock_setting, tenant, name)
    known: dict[str, dict[str, Any]] = present.content or {}
    newer = {
        code: _kept(told) for code, told in news.items() if code not in known or known[code]["sequence"] < told.sequence
    }
    if not newer:
        return
    before = {code: known[code]["limits"] if code in known else {} for code in newer}
    has_changed = before != {code: each["limits"] for code, each in newer.items()}
    facts = {"content": known | newer, "changed_at": now, "version": present.version + has_changed}
    await connection.execute(
        sa.update(clock_setting).where(clock_setting.c.tenant == tenant, clock_setting.c.name == name).values(**facts)
    )


def _kept(told: Told) -> dict[str, Any]:
    further = {"removed": told.removed or None, "name": told.name, "proactive": told.proactive}
    return {
        "sequence": told.sequence,
        "limits": told.limits,
        **{name: value for name, value in further.items() if value is not None},
    }
