"""Reads what has happened on a day: all of it, found by the BRIN index on the entries' times, or what came since."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from eventbus.driver import Statement
from ledger_service.domain.overview import MEASURED, WORDS, Day
from ledger_service.domain.tail import Tail
from ledger_service.domain.today import Entered
from ledger_service.persistence.newest import behind

_SAID = """
    CASE WHEN entry.type = ANY(CAST(:words AS text[])) AND entry.data IS JSON OBJECT
         THEN CAST(entry.data AS json) ->> 'satisfaction' END
"""
# An array of ids is looked up in the order of the index: a page of it is read once for all ids on it.
_WHOLE = Statement(f"""
    WITH today AS MATERIALIZED (
        SELECT complaint_id, position, type, occurred_at, {_SAID} AS said FROM entry
        WHERE tenant = :tenant AND occurred_at >= CAST(:begins AS timestamptz)
          AND occurred_at < CAST(:ends AS timestamptz)
          AND type = ANY(CAST(:measured AS text[]) || CAST(:words AS text[]))
    ), concerned AS MATERIALIZED (
        SELECT complaint_id, community FROM ledger_complaint
        WHERE tenant = :tenant AND complaint_id = ANY(ARRAY(SELECT complaint_id FROM today))
    )
    SELECT complaint_id, position, type, occurred_at, said, community FROM today JOIN concerned USING (complaint_id)
""")
_SINCE = Statement(behind(f"complaint_id, position, entry.type, entry.occurred_at, {_SAID} AS said, community"))
_WORDS = {"words": list(WORDS)}


async def whole(connection: AsyncConnection, tenant: str, day: Day) -> Sequence[Entered]:
    """Return the entries of a day that count for something."""
    values = {"tenant": tenant, "begins": day.begins, "ends": day.ends, "measured": list(MEASURED), **_WORDS}
    return await _WHOLE.fetch(connection, values)


async def since(connection: AsyncConnection, tenant: str, tail: Tail, *, size: int) -> list[Entered]:
    """Return up to `size` entries about complaints that `tail` has not seen, and note there that it has.

    They are those of all days and kinds: each may have moved its complaint to another community.
    """
    values: dict[str, Any] = {"tenant": tenant, "after": tail.horizon, "seen": list(tail.seen), "size": size, **_WORDS}
    rows = await _SINCE.fetch(connection, values)
    oldest, following, *_ = rows[0]
    entered: list[Entered] = [row[2:] for row in rows if row[2] is not None]
    tail.follow(
        [position for _, position, *_ in entered], is_all=len(entered) < size, oldest=oldest, following=following
    )
    return entered
