"""Rankings by a score that weighs times of work, which only some roll-ups keep."""

from typing import Any

import httpx
import pytest
import pytest_asyncio
from sqlalchemy.ext.asyncio import AsyncEngine

from contracts.roles import Role
from ledger.conftest import As, Enter, Headers
from ledger.promised_lives import promised_life
from ledger_service.api.statistics_schemas import RankingView, SettingsBody
from ledger_service.service.folding import fold_changes
from refusals import errors_of

TENANT = "t-scores"
RANKING = "/statistics/ranking?from=2026-03-01&to=2026-03-31&by=team&min_sample=1"


@pytest_asyncio.fixture(scope="module", loop_scope="session", autouse=True)
async def county(client: httpx.AsyncClient, engine: AsyncEngine, enter: Enter, as_: As) -> None:
    """Both teams had their cases at once, and closed them; the score weighs both alike."""
    lives = [
        promised_life(TENANT, team, hours=2, source=source)
        for team in ("team-01", "team-02")
        for source in ("hotline", "hotline", "resident_app")
    ]
    await enter(*lives)
    await fold_changes(engine, "Asia/Shanghai")
    admin = as_(Role.ADMIN, tenant=TENANT)
    shown = (await client.get("/statistics/settings", headers=admin)).json()
    own = {name: shown[name] for name in SettingsBody.model_fields}
    own["weights"] = {"dispatch_in_time_rate": 50, "closing_rate": 50}
    assert (await client.put("/statistics/settings", headers=admin, json=own)).status_code == 200


@pytest.fixture
def analyst(as_: As) -> Headers:
    return as_(Role.ANALYST, tenant=TENANT)


async def _ranked(client: httpx.AsyncClient, headers: Headers, query: str) -> list[dict[str, Any]]:
    answer = await client.get(f"{RANKING}{query}", headers=headers)
    assert answer.status_code == 200, answer.text
    RankingView.model_validate(answer.json())
    rows: list[dict[str, Any]] = answer.json()["rows"]
    return rows


@pytest.mark.parametrize(("query", "sample"), [("", 3), ("&source=hotline", 2), ("&category=street_order", 3)])
async def test_a_score_is_made_of_times_of_work_whatever_is_filtered(
    client: httpx.AsyncClient, analyst: Headers, query: str, sample: int
) -> None:
    rows = await _ranked(client, analyst, query)
    figures = {"dispatch_in_time_rate", "closing_rate"}
    assert [(row["key"], row["value"], row["rank"]) for row in rows] == [("team-01", 100.0, 1), ("team-02", 100.0, 1)]
    assert all(row["figures"].keys() == figures for row in rows)
    assert [row["figures"]["dispatch_in_time_rate"] for row in rows] == [
        {"value": 1.0, "numerator": sample, "sample": sample}
    ] * 2


async def test_a_ranking_says_what_it_was_made_of(client: httpx.AsyncClient, analyst: Headers) -> None:
    answer = (await client.get(f"{RANKING}&source=hotline", headers=analyst)).json()
    assert {each["code"] for each in answer["indicators"]} == {"dispatch_in_time_rate", "closing_rate"}
    table = await client.get(f"{RANKING}&source=hotline&format=csv&lang=en", headers=analyst)
    assert table.text.splitlines()[1] == "1,team-01,100.0,A,2,1.0,2,1.0,2"


async def test_a_score_over_too_many_complaints_is_refused(
    client: httpx.AsyncClient, analyst: Headers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ledger_service.service.figures.MOST_COMPLAINTS", 5)
    answer = await client.get(f"{RANKING}&source=hotline", headers=analyst)
    assert errors_of(answer) == [("query/by", "question-too-wide")]
    assert [row["sample"] for row in await _ranked(client, analyst, "")] == [3, 3]
