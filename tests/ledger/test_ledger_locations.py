"""A complaint that was located later counts where it is from then on; what was entered stays."""

from datetime import timedelta

import httpx
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from contracts.payload import Place
from contracts.roles import Role
from histories import History
from ledger.conftest import As, Enter

COUNTY = "600077"
_ROW = sa.text("SELECT lon, lat, address, community, grid, version FROM ledger_complaint WHERE complaint_id = :id")


async def test_the_place_the_lists_and_the_story_follow(
    client: httpx.AsyncClient, engine: AsyncEngine, enter: Enter, as_: As
) -> None:
    history = History(tenant=COUNTY)
    history.received(location=Place(address="福来社区"))
    history.assigned("duty-desk", community="fulai", grid="grid-01")
    await enter(history)
    analyst = as_(Role.ANALYST, tenant=COUNTY)
    before = await listed(client, analyst, "community=fulai")
    located = history.located()
    await enter(history)

    async with engine.connect() as connection:
        row = (await connection.execute(_ROW, {"id": history.id})).one()
    assert tuple(row) == (107.24, 26.59, "新贵社区5号", "xingui", "grid-02", 3)
    assert before == await listed(client, analyst, "community=xingui") == [str(history.id)]
    assert await listed(client, analyst, "community=fulai") == []
    assert await listed(client, analyst, "bbox=107.23,26.58,107.25,26.60") == [str(history.id)]
    story = (await client.get(f"/complaints/{history.id}", headers=analyst)).json()
    entry = story["timeline"][-1]
    assert entry["type"] == "complaint.located"
    assert entry["data"]["location"] == {"lon": 107.24, "lat": 26.59, "address": "新贵社区5号"}
    assert [each["type"] for each in story["timeline"]][:2] == ["complaint.received", "complaint.assigned"]
    assert located.time - history.events[0].time == timedelta(minutes=2)


async def listed(client: httpx.AsyncClient, headers: dict[str, str], query: str) -> list[str]:
    answer = await client.get(f"/complaints?{query}", headers=headers)
    assert answer.status_code == 200, answer.text
    return [item["id"] for item in answer.json()["items"]]


async def test_received_and_located_in_one_slice(engine: AsyncEngine, enter: Enter) -> None:
    history = History(tenant=COUNTY)
    history.received(location=Place(address="福来社区"))
    history.located(community=None, grid=None)
    await enter(history)
    async with engine.connect() as connection:
        row = (await connection.execute(_ROW, {"id": history.id})).one()
    assert tuple(row) == (107.24, 26.59, "新贵社区5号", None, None, 2)
