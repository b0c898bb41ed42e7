"""Figures of transfers by department, of supervision orders and of supporting work, over REST."""

from datetime import timedelta
from typing import Any

import httpx
import pytest
import pytest_asyncio
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from contracts.roles import Role
from histories import BEGIN
from ledger.conftest import As, Enter, Headers
from ledger.eventful import Eventful
from ledger.test_ledger_directory import WATER, told
from ledger_service.events.directory import SUBSCRIPTION
from ledger_service.service.folding import fold_changes
from ledger_service.service.rebuilding import rebuild

TENANT, ZONE = "t-deeds", "Asia/Shanghai"
MARCH = "from=2026-03-01&to=2026-03-31"
DAY = timedelta(days=1)


class Life(Eventful):
    """A complaint of team-01 that is promised for two days after its reception; each step is a day after another."""

    def __init__(self) -> None:
        super().__init__(tenant=TENANT)
        self.received(received_at=BEGIN)
        self.promised(BEGIN + 2 * DAY, officer="officer-1")

    def then(self, days: float) -> None:
        """Let the newest event have been that long after the reception."""
        self.at(BEGIN + days * DAY)


def _transferred(department: str, *, answered: float | None = None, recalled: float | None = None) -> Life:
    life = Life()
    life.transferred(department)
    life.then(0.5)
    if answered is not None:
        life.resolved("dispatcher-1")
        life.then(answered)
    if recalled is not None:
        life.returned()
        life.then(recalled)
        life.promised(BEGIN + 2 * DAY, team="team-02")
        life.then(recalled)
    return life


def _ordered() -> Life:
    """Return one with an order that was answered in time, one that was not, and one that was withdrawn."""
    life = Life()
    for _ in range(3):
        life.ordered(deadline=BEGIN + DAY)
    life.order_replied("officer-2")
    life.order_missed(deadline=BEGIN + DAY)
    life.then(1)
    life.order_replied(late=True)
    life.order_withdrawn()
    life.then(1.5)
    return life


def _supported() -> Life:
    life = Life()
    life.contributed("team-02", "officer-3")
    life.contributed("team-02", "officer-3", part_done=True)
    life.contributed("team-01", "officer-1", supporting=False)
    return life


@pytest_asyncio.fixture(scope="module", loop_scope="session", autouse=True)
async def county(engine: AsyncEngine, enter: Enter) -> None:
    """Half of it is in the roll-ups, half is not yet; of one, a slice ends between the transfer and its answer."""
    late = _transferred("power", answered=3)
    answer = late.events.pop()
    await enter(_transferred("water", answered=1), _transferred("water", recalled=1), late, _ordered())
    await fold_changes(engine, ZONE)
    late.events = [answer]
    await enter(late, _transferred("water", answered=1.5), _supported())


@pytest.fixture
def analyst(as_: As) -> Headers:
    return as_(Role.ANALYST, tenant=TENANT)


async def _figures(client: httpx.AsyncClient, analyst: Headers, query: str, *codes: str) -> dict[Any, list[Any]]:
    """Return the values of indicators by the last of the key."""
    asked = "".join(f"&indicator={code}" for code in codes)
    answer = await client.get(f"/statistics/indicators?{MARCH}&{query}{asked}", headers=analyst)
    assert answer.status_code == 200, answer.text
    return {
        ", ".join(str(each) for each in row["key"].values()): [row["figures"][code]["value"] for code in codes]
        for row in answer.json()["rows"]
    }


async def test_transfers_by_department(client: httpx.AsyncClient, analyst: Headers) -> None:
    codes = ("transfers", "transfers_answered", "transfer_in_time_rate", "transfers_recalled", "overdue_rate")
    assert await _figures(client, analyst, "by=department", *codes) == {
        "None": [0, 0, None, 0, 1.0],  # what no department has; of that, what was recalled counts here now
        "power": [1, 1, 0.0, 0, 1.0],
        "water": [3, 2, 1.0, 1, 0.0],
    }
    [[median, p90]] = (
        await _figures(client, analyst, "department=water&by=department", "transfer_median", "transfer_p90")
    ).values()
    assert 12 * 60 <= median <= p90 <= 24 * 60
    by_two = await _figures(client, analyst, "by=department&by=team", "closing_rate", "transfers")
    assert by_two["team-01, water"] == [0.0, 3]


async def test_supervision_orders_by_team_and_officer(client: httpx.AsyncClient, analyst: Headers) -> None:
    codes = ("orders", "order_in_time_rate", "orders_missed", "orders_withdrawn")
    assert (await _figures(client, analyst, "by=team", *codes))["team-01"] == [3, 0.5, 1, 1]
    by_officer = await _figures(client, analyst, "by=officer&community=fulai", *codes)
    assert by_officer["officer-1"] == [3, 0.0, 1, 1]
    assert by_officer["officer-2"] == [0, 1.0, 0, 0]
    by_day = await _figures(client, analyst, "by=day", "orders_missed")
    assert by_day == {"2026-03-01": [0], "2026-03-02": [1], "2026-03-03": [0], "2026-03-04": [0]}


async def test_supporting_work_counts_for_who_supports(client: httpx.AsyncClient, analyst: Headers) -> None:
    by_team = await _figures(client, analyst, "by=team", "contributions", "parts_done")
    assert by_team["team-02"] == [2, 1]
    assert by_team["team-01"] == [0, 0]


async def test_who_has_none_is_ranked_by_numbers(client: httpx.AsyncClient, analyst: Headers) -> None:
    async def ranked(indicator: str) -> list[tuple[str, int]]:
        answer = await client.get(f"/statistics/ranking?{MARCH}&by=team&indicator={indicator}", headers=analyst)
        return [(place["key"], place["rank"]) for place in answer.json()["rows"]]

    assert await ranked("contributions") == [("team-02", 1), ("team-01", 2)]
    assert await ranked("orders_missed") == [("team-02", 1), ("team-01", 2)]


async def test_a_table_has_them_as_columns(client: httpx.AsyncClient, analyst: Headers) -> None:
    path = f"/statistics/indicators?{MARCH}&by=department&indicator=transfers&format=csv&lang=zh"
    answer = await client.get(path, headers=analyst)
    assert answer.text.removeprefix("\ufeff").splitlines()[0] == "转办部门,受理数,应结案数,转办数,转办数 样本数"


async def test_departments_are_called_by_their_names(
    client: httpx.AsyncClient, analyst: Headers, engine: AsyncEngine
) -> None:
    await SUBSCRIPTION.apply(engine, [told(WATER, tenant=TENANT)])
    path = f"/statistics/indicators?{MARCH}&by=department&indicator=transfers&lang=zh"

    rows = (await client.get(path, headers=analyst)).json()["rows"]
    table = (await client.get(f"{path}&format=csv", headers=analyst)).text

    named = {row["key"]["department"]: row["names"] for row in rows}
    assert named[WATER.code] == {"department": {"zh": WATER.name, "en": WATER.name}}
    assert f"\n{WATER.name}," in table


async def test_an_upgrade_makes_the_figures_of_the_entries(
    client: httpx.AsyncClient, analyst: Headers, engine: AsyncEngine
) -> None:
    codes = ("transfers", "transfer_in_time_rate", "orders", "contributions")
    before = await _figures(client, analyst, "by=department", *codes)
    async with engine.begin() as connection:
        await connection.execute(text("UPDATE statistics_state SET edition = 1"))
    refused = await client.get(f"/statistics/indicators?{MARCH}", headers=analyst)
    assert (refused.status_code, refused.json()["type"]) == (503, "urn:jieban:problem:figures-being-made")
    await fold_changes(engine, ZONE)
    assert await _figures(client, analyst, "by=department", *codes) == before
    assert await rebuild(engine, ZONE, wait=True)
    assert await _figures(client, analyst, "by=department", *codes) == before
