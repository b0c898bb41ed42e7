"""Photos that events name: given to what names them or, while they are not here, awaited.

Whoever gives a complaint photos, or changes what it awaits, has locked the complaint before, so that what is told of it
is whole and in order, and nobody who has a photo already waits for it.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from eventbus.driver import arrays

_SAID = """
    unnest(CAST(:photos AS uuid[]), CAST(:tenants AS text[]), CAST(:subjects AS uuid[]), CAST(:of_complaint AS bool[]))
        AS said (photo, tenant, subject, of_complaint)
"""


def _is_here(named: str, or_else: str = "FALSE") -> str:
    """Return the condition that the photo `named` is there, and where a complaint names it, is no other one's."""
    return f"""EXISTS (
        SELECT FROM attachment AS a WHERE a.id = {named}.photo AND a.tenant = {named}.tenant AND (
            NOT {named}.of_complaint OR a.complaint_id = {named}.subject
            OR a.complaint_id = (SELECT merged_into FROM complaint AS c WHERE c.id = {named}.subject)
            OR {named}.subject = (SELECT merged_into FROM complaint AS c WHERE c.id = a.complaint_id)
            OR {or_else}))"""


_GIVE = sa.text(f"""
    WITH given AS (
        UPDATE attachment AS a
        SET complaint_id = CASE WHEN of_complaint THEN subject ELSE a.complaint_id END,
            draft_id = CASE WHEN of_complaint THEN NULL ELSE a.draft_id END,
            kept_for = CASE WHEN of_complaint THEN a.kept_for ELSE subject END
        FROM {_SAID}
        WHERE a.id = photo AND a.tenant = said.tenant AND a.by_staff
            AND CASE WHEN of_complaint THEN a.complaint_id ELSE a.kept_for END IS NULL
        RETURNING a.id, a.complaint_id)
    SELECT photo, tenant, subject, of_complaint FROM {_SAID}
    WHERE NOT EXISTS (SELECT FROM given WHERE given.id = photo AND given.complaint_id = subject)
        AND NOT {_is_here("said")}
""")
_LOCK = sa.text("SELECT id FROM complaint WHERE id = ANY(CAST(:ids AS uuid[])) ORDER BY id FOR UPDATE")
_TRY_LOCK = sa.text(f"{_LOCK.text} SKIP LOCKED")
_AWAIT = sa.text(f"""
    INSERT INTO awaited_photo (photo, tenant, subject, of_complaint)
    SELECT photo, tenant, subject, of_complaint FROM {_SAID} ON CONFLICT DO NOTHING RETURNING subject, of_complaint
""")
_COME = sa.text(f"""
    SELECT photo, tenant, subject, of_complaint FROM awaited_photo AS w
    WHERE noted_at > :since AND {_is_here("w", "a.by_staff AND a.complaint_id IS NULL")}
    LIMIT :size
""")
_END = sa.text(f"""
    DELETE FROM awaited_photo AS w USING {_SAID}
    WHERE w.tenant = said.tenant AND w.subject = said.subject AND w.photo = said.photo
    RETURNING w.photo, w.tenant, w.subject, w.of_complaint
""")
_FORGET = sa.text("DELETE FROM awaited_photo WHERE noted_at < :before AND NOT of_complaint")
_COUNT = sa.text("""
    UPDATE complaint AS c SET sequence = c.sequence + 1 WHERE id = ANY(CAST(:ids AS uuid[]))
    RETURNING id, tenant, sequence, ARRAY(
        SELECT photo FROM awaited_photo AS w
        WHERE w.tenant = c.tenant AND w.subject = c.id AND of_complaint ORDER BY photo) AS unknown
""")


class Named(NamedTuple):
    """A photo that an event names."""

    photo: UUID
    tenant: str
    subject: UUID
    """The complaint; otherwise the visit or activity, which keeps it without one."""
    of_complaint: bool


async def give(connection: AsyncConnection, named: Sequence[Named]) -> list[Named]:
    """Give staff's photos to what names them, and return those that are not there.

    What has a complaint already stays with it: where another one names it, it is not there, unless the two are merged.
    `named` are all of complaints, or none.
    """
    return [Named(*row) for row in await connection.execute(_GIVE, _columns(named))]


async def lock(connection: AsyncConnection, complaints: Iterable[UUID], *, skip_locked: bool = False) -> set[UUID]:
    """Lock those of `complaints` that are here, or nobody is at, and return them."""
    ids = list(set(complaints))
    if not ids:
        return set()
    return set((await connection.execute(_TRY_LOCK if skip_locked else _LOCK, {"ids": ids})).scalars())


async def expect(connection: AsyncConnection, unknown: Sequence[Named]) -> set[UUID]:
    """Note that photos are awaited; return the locked complaints of which that is new."""
    return {row.subject for row in await connection.execute(_AWAIT, _columns(unknown)) if row.of_complaint}


async def come(connection: AsyncConnection, since: datetime, size: int) -> list[Named]:
    """Return up to `size` awaited photos that were noted after `since` and are here now."""
    return [Named(*row) for row in await connection.execute(_COME, {"since": since, "size": size})]


async def end(connection: AsyncConnection, named: Sequence[Named]) -> list[Named]:
    """Await these no longer; return those that nobody else has ended at the same time."""
    return [Named(*row) for row in await connection.execute(_END, _columns(named))]


async def forget(connection: AsyncConnection, before: datetime) -> None:
    """Await no longer what was noted before that moment, and for no complaint: it does not come any more."""
    await connection.execute(_FORGET, {"before": before})


async def count(connection: AsyncConnection, complaints: Iterable[UUID]) -> Sequence[Any]:
    """Count an event about each of these locked complaints; return id, tenant, sequence, and all that is `unknown`."""
    return (await connection.execute(_COUNT, {"ids": list(complaints)})).all()


def _columns(named: Sequence[Named]) -> dict[str, Sequence[Any]]:
    return arrays(("photos", "tenants", "subjects", "of_complaint"), named)
