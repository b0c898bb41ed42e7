"""Lists of entries of a rare kind are found by an index, however much else there is."""

import json
from collections.abc import Sequence

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from contracts.lifecycle import EventType
from ledger_service.domain.entry_types import EntryType, OwnType
from ledger_service.persistence import entry_lists
from ledger_service.persistence.entry_lists import EntryFilter
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
        statement = entry_lists.statement(TENANT, wanted, before=None, size=3)
        sql = statement.compile(connection.sync_connection, compile_kwargs={"literal_binds": True})
        plan = await connection.scalar(text(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}".replace(":", "\\:")))
        await connection.rollback()
    assert "entry_rare" in json.dumps(plan)
