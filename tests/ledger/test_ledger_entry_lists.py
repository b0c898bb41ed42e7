"""Lists of entries of a rare kind, or of a time, are found without going through all others."""

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from contracts.lifecycle import EventType
from ledger_service.domain.entry_types import EntryType, OwnType
from ledger_service.persistence import entry_lists
from ledger_service.persistence.entry_lists import EntryFilter, Span
from runtime.ids import uuid7

TENANT = "t-rare"
_USUAL = text("""
    INSERT INTO entry (tenant, event_id, complaint_id, type, source, sequence, status_after, occurred_at, data)
    SELECT :tenant, gen_random_uuid(), gen_random_uuid(), 'complaint.received', 'intake', 1, 'received', now(), '{}'
    FROM generate_series(1, 20000)
""")
_RARE = text("""
    INSERT INTO entry (tenant, event_id, subject, type, source, sequence, occurred_at, data, actor)
    SELECT :tenant, gen_random_uuid(), :subject, 'export.made', 'ledger', n, now(), '{}', 'a'
    FROM generate_series(1, 3) AS n
""")


@pytest.mark.parametrize(
    "types", [(OwnType.EXPORT_MADE,), (EventType.ERASED, OwnType.EXPORT_MADE)], ids=["one kind", "two kinds"]
)
async def test_rare_kinds_are_not_looked_for_among_all(engine: AsyncEngine, types: Sequence[EntryType]) -> None:
    async with engine.connect() as connection:
        await connection.execute(_RARE, {"tenant": TENANT, "subject": uuid7()})
        await connection.execute(_USUAL, {"tenant": TENANT})
        await connection.execute(text("ANALYZE entry"))
        wanted = EntryFilter(types=tuple(types))
        found = await entry_lists.page(connection, TENANT, wanted, before=None, size=3)
        assert [row["type"] for row in found] == ["export.made"] * 3
        plan = await _plan(connection, wanted, Span())
        await connection.rollback()
    assert "entry_rare" in json.dumps(plan)


_BEGIN = datetime(2026, 3, 1, tzinfo=UTC)
_MINUTES = 20_000
_TIMELY = text("""
    INSERT INTO entry (tenant, event_id, complaint_id, type, source, sequence, status_after, occurred_at, recorded_at,
                       data)
    SELECT :tenant, gen_random_uuid(), gen_random_uuid(), 'complaint.received', 'intake', 1, 'received',
           CAST(:begin AS timestamptz) + n * interval '1 minute',
           CAST(:begin AS timestamptz) + (n + :late) * interval '1 minute', '{}'
    FROM generate_series(CAST(:first AS int), CAST(:last AS int)) AS n
""")


def _periods() -> Iterator[tuple[datetime | None, datetime | None]]:
    for minutes in (-5, 0, 1, 700, 10_000, _MINUTES - 3, _MINUTES + 5):
        at = _BEGIN + timedelta(minutes=minutes)
        yield None, at
        yield at, None
        yield at, at + timedelta(minutes=4)


async def test_what_happened_in_a_period_is_listed_without_a_walk_through_the_rest(engine: AsyncEngine) -> None:
    """Also what was recorded weeks later than all of it."""
    async with engine.connect() as connection:
        values = {"tenant": TENANT, "begin": _BEGIN}
        await connection.execute(_TIMELY, values | {"first": 1, "last": _MINUTES, "late": 1})
        await connection.execute(_TIMELY, values | {"first": 698, "last": 702, "late": 2 * _MINUTES})
        await connection.execute(text("ANALYZE entry"))
        for begin, end in _periods():
            wanted = EntryFilter(occurred_from=begin, occurred_to=end)
            seen: list[Any] = []
            while part := await entry_lists.page(
                connection, TENANT, wanted, before=seen[-1]["position"] if seen else None, size=5
            ):
                seen += part
                if len(seen) > 20:
                    break
            assert [row["position"] for row in seen] == await _expected(connection, begin, end, len(seen) + 1)
            plan = await _plan(connection, wanted, await entry_lists.span(connection, TENANT, wanted))
            assert _removed(plan[0]["Plan"]) < 3_000, (begin, end)
        await connection.rollback()


async def _expected(
    connection: AsyncConnection, begin: datetime | None, end: datetime | None, size: int
) -> Sequence[int]:
    rows = await connection.execute(
        text("SELECT position, occurred_at FROM entry WHERE tenant = :tenant ORDER BY position DESC"),
        {"tenant": TENANT},
    )
    found = [
        row.position
        for row in rows
        if (begin is None or row.occurred_at >= begin) and (end is None or row.occurred_at < end)
    ]
    return found[: size - 1] if size > 20 else found


def _removed(plan: dict[str, Any]) -> int:
    """Return how many rows were read for nothing."""
    return int(plan.get("Rows Removed by Filter", 0)) + sum(map(_removed, plan.get("Plans", ())))


async def _plan(connection: AsyncConnection, wanted: EntryFilter, span: Span) -> Any:
    statement = entry_lists.statement(TENANT, wanted, span, before=None, size=3)
    sql = statement.compile(connection.sync_connection, compile_kwargs={"literal_binds": True})
    return await connection.scalar(text(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}".replace(":", "\\:")))
