"""Statistics over REST: what is answered, in which form, and what is refused."""

import csv
import io
from collections import Counter
from datetime import UTC, datetime, timedelta
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
from ledger.promised_lives import promised_life
from ledger_service.api.statistics_schemas import IndicatorsView, RankingView, SeriesView, SettingsBody
from ledger_service.service import figures
from ledger_service.service.folding import fold_changes

TENANT = "t-statistics"
MARCH = "from=2026-03-01&to=2026-03-31"


@pytest_asyncio.fixture(scope="module", loop_scope="session", autouse=True)
async def county(engine: AsyncEngine, enter: Enter) -> None:
    """Team 01 is quick, team 02 late and its people are not happy, team 03 has had one case."""
    quick = [promised_life(TENANT, "team-01", hours=2, word="satisfied") for _ in range(6)]
    late = [promised_life(TENANT, "team-02", hours=30, word="dissatisfied") for _ in range(4)]
    basically = [promised_life(TENANT, "team-02", hours=3, word="basically_satisfied", category="noise.night")]
    february = [promised_life(TENANT, "team-01", hours=30, at=BEGIN - timedelta(days=20)) for _ in range(2)]
    late[0].excluded("timeliness")
    late[1].decided(late[1].appealed(late[1].events[-1].id).id)
    await enter(*quick, *late, *basically, *february, promised_life(TENANT, "team-03", hours=1))
    await fold_changes(engine, "Asia/Shanghai")
    voided = Eventful(tenant=TENANT)
    voided.received(received_at=BEGIN, category="noise.night")
    voided.voided()
    await enter(voided)  # and this is not in the roll-ups yet


@pytest.fixture
def analyst(as_: As) -> Headers:
    return as_(Role.ANALYST, tenant=TENANT)


async def _rows(client: httpx.AsyncClient, headers: Headers, query: str) -> list[dict[str, Any]]:
    answer = await client.get(f"/statistics/indicators?{query}", headers=headers)
    assert answer.status_code == 200, answer.text
    IndicatorsView.model_validate(answer.json())
    rows: list[dict[str, Any]] = answer.json()["rows"]
    return rows


async def test_the_whole_in_one_line(client: httpx.AsyncClient, analyst: Headers) -> None:
    [row] = await _rows(client, analyst, MARCH)
    figures = {code: (figure["value"], figure["sample"]) for code, figure in row["figures"].items()}
    assert figures["closing_rate"] == (1.0, 11)
    assert figures["closing_in_time_rate"] == (round(8 / 11, 6), 11)
    assert figures["overdue_rate"] == (round(3 / 11, 6), 11)
    assert figures["filing_accuracy_rate"] == (round(12 / 13, 6), 13)
    assert figures["dispatch_in_time_rate"] == (1.0, 11)
    assert figures["satisfaction_rate"] == (round(6.8 / 10, 6), 10)
    assert figures["solution_rate"] == (0.7, 10)
    assert figures["removal_share"] == (round(8 / 11, 6), 11)
    assert figures["removal_median"][1] == 11


async def test_lines_by_two_things_and_filtered(client: httpx.AsyncClient, analyst: Headers) -> None:
    rows = await _rows(client, analyst, f"{MARCH}&by=team&by=category&indicator=closing_rate&source=resident_app")
    assert [(row["key"]["team"], row["key"]["category"], row["counts"]["received"]) for row in rows] == [
        (None, "noise.night", 1),
        ("team-01", "street_order.parking", 6),
        ("team-02", "noise.night", 1),
        ("team-02", "street_order.parking", 4),
        ("team-03", "street_order.parking", 1),
    ]
    assert rows[1]["names"]["category"] == {"zh": "乱停乱放", "en": "Disorderly parking"}
    [parking] = await _rows(client, analyst, f"{MARCH}&category=street_order&by=none")
    assert parking["counts"]["received"] == 11


@pytest.mark.parametrize("besides", ["", "&by=team", "&by=month", "&source=resident_app&by=team", "&as_of={today}"])
async def test_categories_are_added_up_on_level_one(client: httpx.AsyncClient, analyst: Headers, besides: str) -> None:
    query = f"{MARCH}{besides.format(today=(datetime.now(UTC) + timedelta(hours=8)).date())}"
    added: dict[Any, Counter[str]] = {}
    for line in await _rows(client, analyst, f"{query}&by=category"):
        key = line["key"] | {"category": line["key"]["category"].split(".")[0]}
        added.setdefault(frozenset(key.values()), Counter()).update(line["counts"])
    found = await _rows(client, analyst, f"{query}&by=category_level_one")
    assert {frozenset(line["key"].values()): line["counts"] for line in found} == added
    assert {"zh": "街面秩序", "en": "Street order"} in [line["names"].get("category_level_one") for line in found]


async def test_months_are_compared(client: httpx.AsyncClient, analyst: Headers) -> None:
    rows = await _rows(client, analyst, f"{MARCH}&by=team&compare=month&compare=year&indicator=closing_in_time_rate")
    quick = next(row for row in rows if row["key"]["team"] == "team-01")["figures"]["closing_in_time_rate"]
    assert quick["compared"]["month"] == {"value": 0.0, "change": 1.0, "sample": 2}
    assert quick["compared"]["year"] == {"value": None, "change": None, "sample": 0}
    by_month = await _rows(client, analyst, "from=2026-02-01&to=2026-03-31&by=month&team=team-01")
    assert [(row["key"]["month"], row["counts"]["received"]) for row in by_month] == [
        ("2026-02-01", 2),
        ("2026-03-01", 6),
    ]


async def test_an_answer_names_the_days_that_it_counted_for_comparison(
    client: httpx.AsyncClient, analyst: Headers
) -> None:
    """Of a month that is not over, only the days up to `as_of` are compared, with as many of the month before."""
    path = f"/statistics/indicators?{MARCH}&compare=month&compare=year"
    whole = (await client.get(path, headers=analyst)).json()["compared_with"]
    assert whole == {
        "month": {"from": "2026-02-01", "to": "2026-02-28"},
        "year": {"from": "2025-03-01", "to": "2025-03-31"},
    }
    begun = (await client.get(f"{path}&as_of=2026-03-09", headers=analyst)).json()
    assert begun["compared_with"] == {
        "month": {"from": "2026-02-01", "to": "2026-02-09"},
        "year": {"from": "2025-03-01", "to": "2025-03-09"},
    }
    assert begun["period"] == {"from": "2026-03-01", "to": "2026-03-31"}
    ahead = (await client.get(f"{path}&as_of=2026-02-09", headers=analyst)).json()
    assert ahead["compared_with"] == {}


async def test_a_day_ago_nothing_was_recorded(client: httpx.AsyncClient, analyst: Headers) -> None:
    today = datetime.now(UTC) + timedelta(hours=8)
    [now] = await _rows(client, analyst, f"{MARCH}&as_of={today:%Y-%m-%d}")
    [before] = await _rows(client, analyst, f"{MARCH}&as_of={today - timedelta(days=1):%Y-%m-%d}")
    assert (now["counts"]["received"], before["counts"]["received"]) == (13, 0)


async def test_a_ranking_by_score_has_grades_and_lists_small_samples_without(
    client: httpx.AsyncClient, analyst: Headers
) -> None:
    answer = await client.get(f"/statistics/ranking?{MARCH}&by=team&min_sample=2", headers=analyst)
    RankingView.model_validate(answer.json())
    places = answer.json()["rows"]
    assert [(place["key"], place["rank"], place["grade"]) for place in places] == [
        ("team-01", 1, "A"),
        ("team-02", 2, "D"),
        ("team-03", None, None),
    ]
    assert [place["sample"] for place in places] == [6, 4, 1]
    slow = await client.get(f"/statistics/ranking?{MARCH}&by=team&indicator=overdue_rate&min_sample=1", headers=analyst)
    assert [(place["key"], place["rank"]) for place in slow.json()["rows"]] == [
        ("team-01", 1),
        ("team-03", 1),
        ("team-02", 3),
    ]


async def test_a_series_leaves_no_step_out(client: httpx.AsyncClient, analyst: Headers) -> None:
    query = "from=2025-12-15&to=2026-04-10&by=team&indicator=closing_rate"
    answer = await client.get(f"/statistics/series?{query}", headers=analyst)
    SeriesView.model_validate(answer.json())
    quick = next(each for each in answer.json()["series"] if each["key"]["team"] == "team-01")
    assert [(point["at"], point["counts"]["received"]) for point in quick["points"]] == [
        ("2025-12-01", 0),
        ("2026-01-01", 0),
        ("2026-02-01", 2),
        ("2026-03-01", 6),
        ("2026-04-01", 0),
    ]


async def test_tables_are_in_the_language_asked_for(client: httpx.AsyncClient, analyst: Headers) -> None:
    path = f"/statistics/indicators?{MARCH}&by=category&indicator=satisfaction_rate&compare=month"
    answer = await client.get(path, headers=analyst | {"Accept": "text/csv", "Accept-Language": "zh-CN"})
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    lines = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert lines[0] == ["类别", "受理数", "应结案数", "满意率", "满意率 样本数", "满意率 环比变化"]
    assert ["乱停乱放", "11", "10", "0.666667", "9", ""] in lines
    ranking = await client.get(f"/statistics/ranking?{MARCH}&by=team&format=csv&lang=en", headers=analyst)
    assert ranking.text.removeprefix("\ufeff").startswith("Rank,Team,Score,Grade,Due,Closed in time of due,")
    series = await client.get(f"/statistics/series?{MARCH}&step=day&format=csv", headers=analyst)
    assert len(series.text.splitlines()) == 32


async def test_settings_have_versions_and_answers_name_theirs(
    client: httpx.AsyncClient, as_: As, analyst: Headers
) -> None:
    admin = as_(Role.ADMIN, tenant=TENANT)
    shipped = await client.get("/statistics/settings", headers=analyst)
    assert (shipped.headers["ETag"], shipped.json()["shipped"]) == ('"0"', True)
    own = {name: shipped.json()[name] for name in SettingsBody.model_fields}
    own |= {"basically_satisfied": 0.5, "exclusions": False}
    changed = await client.put("/statistics/settings", headers=admin | {"If-Match": '"0"'}, json=own)
    assert (changed.status_code, changed.headers["ETag"]) == (200, '"1"')
    assert (await client.put("/statistics/settings", headers=admin | {"If-Match": '"0"'}, json=own)).status_code == 412
    assert (await client.put("/statistics/settings", headers=analyst, json=own)).status_code == 403
    answer = await client.get(f"/statistics/indicators?{MARCH}", headers=analyst)
    [row] = answer.json()["rows"]
    assert answer.json()["settings_version"] == 1
    assert row["figures"]["satisfaction_rate"]["value"] == 0.65
    assert row["figures"]["closing_rate"]["sample"] == 12
    yesterday = datetime.now(UTC) + timedelta(hours=8) - timedelta(days=1)
    before = await client.get(f"/statistics/indicators?{MARCH}&as_of={yesterday:%Y-%m-%d}", headers=analyst)
    assert before.json()["settings_version"] == 0
    await client.put("/statistics/settings", headers=admin, json=own | {"exclusions": True, "basically_satisfied": 0.8})
    history = await client.get("/statistics/settings/history?limit=1", headers=analyst)
    assert [each["version"] for each in history.json()["items"]] == [2]
    assert 'rel="next"' in history.headers["Link"]


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("indicators?from=2026-03-31&to=2026-03-01", "period-reversed"),
        ("indicators?from=2016-03-31&to=2026-03-01", "period-too-long"),
        ("indicators?from=2024-03-31&to=2026-03-01&by=day", "period-too-long"),
        ("indicators?from=2026-03-01&to=2026-02-30", "day-invalid"),
        (f"indicators?{MARCH}&as_of=2999-01-01", "as-of-in-future"),
        (f"indicators?{MARCH}&by=weather", "dimension-unknown"),
        (f"indicators?{MARCH}&by=team&by=category&by=source", "dimensions-too-many"),
        (f"indicators?{MARCH}&indicator=happiness", "indicator-unknown"),
        (f"indicators?{MARCH}&by=month&compare=year", "compared-by-steps"),
        (f"ranking?{MARCH}&by=month", "dimension-unknown"),
        (f"ranking?{MARCH}&by=team&indicator=happiness", "indicator-unknown"),
        (f"series?{MARCH}&step=week", "string_pattern_mismatch"),
        ("series?from=2025-04-01&to=2026-03-31&by=team&step=day", "lines-too-many"),
    ],
)
async def test_bad_questions_are_refused(client: httpx.AsyncClient, analyst: Headers, path: str, code: str) -> None:
    answer = await client.get(f"/statistics/{path}", headers=analyst)
    assert answer.status_code == 422
    assert [each["code"] for each in answer.json()["errors"]] == [code]


async def test_details_answer_what_no_roll_up_has(
    client: httpx.AsyncClient, analyst: Headers, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = await _rows(client, analyst, f"{MARCH}&by=team&by=category&indicator=removal_median")
    assert [row["figures"]["removal_median"]["sample"] for row in rows] == [0, 6, 1, 3, 1]
    by_officer = f"{MARCH}&by=officer&source=resident_app"
    rows = await _rows(client, analyst, by_officer)
    assert [(row["key"]["officer"], row["counts"]["in_time"]) for row in rows if row["key"]["officer"]] == [
        ("officer-team-01", 6),
        ("officer-team-02", 1),
        ("officer-team-03", 1),
    ]
    monkeypatch.setattr(figures, "MOST_COMPLAINTS", 12)
    answer = await client.get(f"/statistics/indicators?{by_officer}", headers=analyst)
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "question-too-wide")


async def test_a_day_is_counted_again(client: httpx.AsyncClient, engine: AsyncEngine, as_: As) -> None:
    path, admin = f"/statistics/recount?day={BEGIN:%Y-%m-%d}", as_(Role.ADMIN, tenant=TENANT)
    fine = (await client.get(path, headers=admin)).json()
    assert (fine["complaints"], fine["differing"], fine["differences"]) == (13, 0, [])
    tampering = text("""
        UPDATE statistics_figure SET received = received + :n FROM statistics_term
        WHERE statistics_term.id = two AND cube = 11 AND grain = 1 AND statistics_term.category = 'noise.night'
    """)
    async with engine.begin() as connection:
        await connection.execute(tampering, {"n": 2})
    found = (await client.get(path, headers=admin)).json()
    async with engine.begin() as connection:
        await connection.execute(tampering, {"n": -2})
    [difference] = found["differences"]
    assert (difference["roll_up"], difference["count"]) == ("unit_category", "received")
    assert (difference["key"]["category"], difference["expected"], difference["found"]) == ("noise.night", 1, 3)
    assert (await client.get(path, headers=as_(Role.DISPATCHER, tenant=TENANT))).status_code == 403


async def test_citizens_see_no_statistics_and_counties_only_their_own(client: httpx.AsyncClient, as_: As) -> None:
    citizen = await client.get(f"/statistics/indicators?{MARCH}", headers=as_(Role.CITIZEN, tenant=TENANT))
    assert citizen.status_code == 403
    other = await client.get(f"/statistics/indicators?{MARCH}", headers=as_(Role.ANALYST, tenant="t-elsewhere"))
    assert other.json()["rows"][0]["counts"]["received"] == 0


async def test_nothing_is_counted_twice_by_folding(
    client: httpx.AsyncClient, engine: AsyncEngine, analyst: Headers
) -> None:
    before = await _rows(client, analyst, f"{MARCH}&by=community&by=source")
    assert await fold_changes(engine, "Asia/Shanghai") > 0
    async with engine.connect() as connection:
        assert await connection.scalar(text("SELECT count(*) FROM statistics_change")) == 0
    assert await _rows(client, analyst, f"{MARCH}&by=community&by=source") == before


async def test_figures_are_made_of_the_entries_after_an_upgrade(
    client: httpx.AsyncClient, engine: AsyncEngine, analyst: Headers
) -> None:
    questions = [f"{MARCH}&by=team", f"{MARCH}&by=category&by=source", f"{MARCH}&by=officer&source=resident_app"]
    before = [await _rows(client, analyst, question) for question in questions]
    async with engine.begin() as connection:
        await connection.execute(text("UPDATE statistics_state SET made_at = NULL"))
        await connection.execute(text("TRUNCATE statistics_figure, statistics_time, statistics_detail"))
    refused = await client.get(f"/statistics/indicators?{MARCH}", headers=analyst)
    assert (refused.status_code, refused.json()["type"]) == (503, "urn:jieban:problem:figures-being-made")
    assert refused.headers["Retry-After"] == "30"
    await fold_changes(engine, "Asia/Shanghai")
    assert [await _rows(client, analyst, question) for question in questions] == before
