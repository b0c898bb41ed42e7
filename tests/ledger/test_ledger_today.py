"""What has come since the last reading makes of it what a reading of the whole day says."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from contracts.envelope import Event
from contracts.lifecycle import EventType
from histories import messages
from ledger.lives import Draw, Life
from ledger.test_ledger_overview import AT, LIVES, MIDNIGHT, ZONE, lives_of
from ledger_service.domain.overview import Count, Day, Happened
from ledger_service.domain.today import Entered
from ledger_service.events.handler import SUBSCRIPTION
from ledger_service.persistence import today as entries_of_today
from ledger_service.service import today
from ledger_service.service.recording import record_slice
from ledger_service.service.today import Todays
from runtime.ids import uuid7


@pytest.fixture
def whole(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """Count how often the whole day is read, by tenant."""
    readings: Counter[str] = Counter()
    read = entries_of_today.whole

    async def counted(connection: AsyncConnection, tenant: str, day: Day) -> Sequence[Entered]:
        readings[tenant] += 1
        return await read(connection, tenant, day)

    monkeypatch.setattr(entries_of_today, "whole", counted)
    return readings


def a_tenant() -> str:
    return f"t{uuid7().hex[-10:]}"


async def read(engine: AsyncEngine, tenant: str, todays: Todays, at: datetime = AT) -> list[Count]:
    async with engine.execution_options(isolation_level="REPEATABLE READ").connect() as connection:
        return sorted(await todays.counts(connection, tenant, Day.of(at, ZONE)), key=repr)


async def enter(engine: AsyncEngine, events: Sequence[Event]) -> None:
    await SUBSCRIPTION.apply(engine, messages(events))


@settings(
    max_examples=30,
    deadline=None,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(drawn=LIVES, data=st.data())
async def test_what_came_since_is_added_as_if_all_were_read(engine: AsyncEngine, drawn: Any, data: Any) -> None:
    tenant, todays = a_tenant(), Todays()
    lives = lives_of(tenant, drawn)
    for _ in range(3):
        for life in lives:
            entered = data.draw(st.integers(0, len(life.events)))
            await enter(engine, life.events[:entered])
        assert await read(engine, tenant, todays) == await read(engine, tenant, Todays())


def received(life: Life, community: str | None) -> Happened:
    return Happened(community, (life.events[0].time - MIDNIGHT) // timedelta(hours=1), "received", 1)


async def test_what_happened_moves_along_with_its_complaint(engine: AsyncEngine) -> None:
    """Also where what moves it is nothing that counts, and of another day."""
    tenant, todays = a_tenant(), Todays()
    life = Life(tenant, AT - timedelta(hours=2), AT)
    life.step("assigned", Draw(community="fulai"))
    await enter(engine, life.events)
    assert received(life, "fulai") in await read(engine, tenant, todays)
    life.step("located", Draw(community="maixi"))
    life.at(AT - timedelta(days=2))
    assert life.events[-1].type == EventType.LOCATED
    await enter(engine, life.events)
    counts = await read(engine, tenant, todays)
    assert received(life, "maixi") in counts
    assert received(life, "fulai") not in counts


async def test_what_is_committed_late_counts_once(engine: AsyncEngine) -> None:
    tenant, todays = a_tenant(), Todays()
    late, between = (Life(tenant, AT - timedelta(hours=hours), AT) for hours in (1, 2))
    async with engine.connect() as connection:
        await read(engine, tenant, todays)
        await record_slice(connection, late.events)
        await enter(engine, between.events)
        for _ in range(3):
            assert await read(engine, tenant, todays) == [received(between, None)]
        await connection.commit()
    for _ in range(3):
        assert await read(engine, tenant, todays) == sorted(
            (received(each, None) for each in (late, between)), key=repr
        )


@pytest.mark.parametrize(("pages", "readings"), [(9, 1), (1, 2)])
async def test_more_than_a_page_is_read_to_its_end(
    engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch, whole: Counter[str], pages: int, readings: int
) -> None:
    """Much more makes it read the whole day again."""
    monkeypatch.setattr(today, "PAGE", 2)
    monkeypatch.setattr(today, "MOST_PAGES", pages)
    tenant, todays = a_tenant(), Todays()
    await read(engine, tenant, todays)
    for life in [Life(tenant, AT - timedelta(minutes=minutes), AT) for minutes in range(5)]:
        await enter(engine, life.events)
    assert sum(count.times for count in await read(engine, tenant, todays) if isinstance(count, Happened)) == 5
    assert whole[tenant] == readings


@pytest.mark.parametrize(("seconds", "readings"), [(0.0, 3), (600.0, 1)])
async def test_the_whole_day_is_read_again_after_a_while(
    engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch, whole: Counter[str], seconds: float, readings: int
) -> None:
    monkeypatch.setattr(today, "ANEW_SECONDS", seconds)
    tenant, todays = a_tenant(), Todays()
    await enter(engine, Life(tenant, AT, AT).events)
    assert [len(await read(engine, tenant, todays)) for _ in range(3)] == [1, 1, 1]
    assert whole[tenant] == readings


async def test_a_new_day_begins_with_nothing(engine: AsyncEngine) -> None:
    tenant, todays = a_tenant(), Todays()
    await enter(engine, Life(tenant, AT, AT).events)
    assert len(await read(engine, tenant, todays)) == 1
    assert await read(engine, tenant, todays, AT + timedelta(days=1)) == []
