"""Keeps who was given complaints as a file, and who looked for a person by their number."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from intake_service.persistence.search_tables import disclosure

Kind = Literal["export", "phone"]
_C = disclosure.c


@dataclass(frozen=True, slots=True, kw_only=True)
class Disclosure:
    """What was given to whom; `filters` say of which complaints, and nothing of what stands in them."""

    id: UUID
    tenant: str
    actor: str
    at: datetime
    kind: Kind
    reporters: bool
    filters: Mapping[str, Any]
    form: str | None = None
    complaints: int | None = None


async def add(connection: AsyncConnection, new: Disclosure) -> None:
    """Keep it, in the transaction that is over before anything is given."""
    values = {each.name: getattr(new, each.name) for each in disclosure.columns}
    await connection.execute(sa.insert(disclosure).values(**values))


async def page(
    connection: AsyncConnection, tenant: str, *, actor: str | None, before: UUID | None, size: int
) -> Sequence[Disclosure]:
    """Return up to `size` disclosures, the newest first, from before that one; with `actor`, theirs only."""
    statement = sa.select(disclosure).where(_C.tenant == tenant)
    if actor is not None:
        statement = statement.where(_C.actor == actor)
    if before is not None:
        statement = statement.where(_C.id < before)
    rows = await connection.execute(statement.order_by(_C.id.desc()).limit(size))
    return [Disclosure(**row) for row in rows.mappings()]
