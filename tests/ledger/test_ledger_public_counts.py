"""What public months count: without what supervisors took out of figures, and what has no category under a code."""

from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest
import pytest_asyncio
from sqlalchemy.ext.asyncio import AsyncEngine

from contracts.roles import Role
from ledger.conftest import As, Enter
from ledger.eventful import Eventful
from ledger.promised_lives import promised_life
from ledger_service.api.statistics_schemas import SettingsBody
from ledger_service.service.publishing import publish_due

TENANTS = ("t-out", "t-counted")
"""The second has chosen that exclusions count for nothing."""
CHOICE = {"is_on": True, "first_month": "2026-03", "category_level": 2, "k": 3}


def _lives(tenant: str) -> list[Eventful]:
    happy = [promised_life(tenant, "team-01", hours=2, word="satisfied") for _ in range(21)]
    for life, indicators in zip(happy, ["timeliness"] * 4 + ["satisfaction"] * 4 + ["all"] * 3, strict=False):
        life.excluded(indicators)
    happy[20].excluded("all")
    happy[20].excluded("all", excluded=False)
    late = [promised_life(tenant, "team-02", hours=30, word="dissatisfied") for _ in range(5)]
    unclassified = [promised_life(tenant, "team-01", hours=2, category=None) for _ in range(6)]
    return [*happy, *late, *unclassified]


@pytest_asyncio.fixture(scope="module", loop_scope="session", autouse=True)
async def published(client: httpx.AsyncClient, engine: AsyncEngine, enter: Enter, as_: As) -> None:
    for tenant in TENANTS:
        admin = as_(Role.ADMIN, tenant=tenant)
        await enter(*_lives(tenant))
        shown = (await client.get("statistics/settings", headers=admin)).json()
        own = {name: shown[name] for name in SettingsBody.model_fields} | {"exclusions": tenant == "t-out"}
        assert (await client.put("statistics/settings", headers=admin, json=own)).status_code == 200
        assert (await client.put("public/settings", headers=admin, json=CHOICE)).status_code == 200
    assert await publish_due(engine, ZoneInfo("Asia/Shanghai")) >= len(TENANTS)


async def _get(client: httpx.AsyncClient, path: str) -> Any:
    answer = await client.get(path)
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.mark.parametrize(
    ("tenant", "timed", "in_time", "rated", "satisfied"), [("t-out", 25, 20, 19, 14), ("t-counted", 32, 27, 26, 21)]
)
async def test_what_was_excluded_is_left_out_of_what_it_was_excluded_from(
    client: httpx.AsyncClient, tenant: str, timed: int, in_time: int, rated: int, satisfied: int
) -> None:
    figures = await _get(client, f"public/{tenant}/figures?month=2026-03")
    assert (figures["received"], figures["closed"]) == (32, 32)
    assert (figures["timed"], figures["in_time"]) == (timed, in_time)
    assert (figures["rated"], figures["satisfied"]) == (rated, satisfied)


async def test_what_has_no_category_has_a_code_that_can_be_asked_for(client: httpx.AsyncClient) -> None:
    figures = await _get(client, "public/t-out/figures?month=2026-03")
    assert {row["category"]: row["received"] for row in figures["categories"]} == {
        "_unclassified": 6,
        "street_order.parking": 26,
    }
    items = (await _get(client, "public/t-out/complaints?month=2026-03&limit=100"))["items"]
    assert {each["category"] for each in items} == {"_unclassified", "street_order.parking"}
    asked = (await _get(client, "public/t-out/complaints?month=2026-03&category=_unclassified"))["items"]
    assert [each["ref"] for each in asked] == [each["ref"] for each in items if each["category"] == "_unclassified"]
