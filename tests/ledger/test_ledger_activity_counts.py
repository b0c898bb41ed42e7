"""What activities come to a day is what their entries say, whatever was done with them."""

import json
from collections import Counter
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.ext.asyncio import AsyncEngine

from ledger.test_ledger_seals import rows
from ledger_service.domain.activity import Act, Activity, Erasure, Facts
from ledger_service.service.activities import correct, erase, record, void
from runtime.clock import now
from runtime.ids import uuid7

ZONE = ZoneInfo("Asia/Shanghai")
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["record", "correct", "void", "erase"]),
        st.integers(0, 9),
        st.sampled_from(["leaflets", "vendors"]),
        st.integers(1, 50),
        st.integers(0, 40),
        st.sampled_from(["community-01", None]),
        st.sampled_from(["team-01", None]),
    ),
    max_size=12,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
async def test_counts_equal_the_slow_sum_over_entries(engine: AsyncEngine, steps: list[tuple[Any, ...]]) -> None:
    tenant = f"a-{uuid7().hex}"
    act = Act(tenant=tenant, actor="officer-1", at=now(), zone=ZONE)
    there: list[Activity] = []
    for step, which, kind, quantity, hours, community, team in steps:
        at = now() - timedelta(hours=hours)
        facts = Facts(kind=kind, quantity=quantity, happened_at=at, community=community, team=team)
        async with engine.begin() as connection:
            if step == "record" or not there:
                there += await record(connection, act, [(uuid7(), facts)])
                continue
            one = which % len(there)
            if step == "erase":
                why = Erasure("other", "a name")
                there[one] = await erase(connection, act, there[one], why)
            elif there[one].voided_at is None:
                if step == "void":
                    there[one] = await void(connection, act, there[one], "twice")
                else:
                    there[one] = await correct(connection, act, there[one], facts, "slip", supervises=False)
    latest: dict[Any, Any] = {}
    for row in await rows(
        engine, "SELECT type, subject, data FROM entry WHERE tenant = :tenant ORDER BY position", tenant=tenant
    ):
        is_void = row.type == "activity.voided" or latest.get(row.subject, "") is None
        latest[row.subject] = None if is_void else json.loads(row.data or "{}")
    expected: Counter[tuple[Any, ...]] = Counter()
    for said in filter(None, latest.values()):
        cell = date.fromisoformat(said["day"]), said["kind"], said.get("community", ""), said.get("team", "")
        expected[cell] += said["quantity"]
    counted = await rows(engine, "SELECT * FROM activity_day WHERE tenant = :tenant", tenant=tenant)
    assert {(c.day, c.kind, c.community, c.team): c.quantity for c in counted if c.quantity or c.activities} == expected
