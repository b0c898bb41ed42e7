"""Activities and bulletins over REST."""

import asyncio
import json
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from contracts.roles import Role
from ledger.conftest import As, Headers
from ledger.exports import exported, verify
from ledger.test_ledger_seals import assert_sealed, rows
from ledger_service.demo import load
from ledger_service.service.proving import seal_and_sign, sign_all
from ledger_service.service.sealing import seal_all
from runtime.clock import now

ARTICLE = "from=2024-01-01&to=2024-10-14"
SUMS = {
    "small_ads": 8100, "leaflets": 1150, "explanations": 1350, "dog_cases": 160, "officer_deployments": 80,
    "verbal_educations": 40, "reported_cases": 2, "cases_filed": 4, "vendors": 1500, "road_occupation": 500,
    "parking": 1000, "charging_cables": 60,
}  # fmt: skip


def body(**changes: object) -> dict[str, object]:
    said: dict[str, object] = {
        "kind": "leaflets",
        "quantity": 30,
        "happened_at": "2024-03-05T23:30:00+08:00",
        "location": {"lon": 107.2357, "lat": 26.5807},
        "community": "community-01",
        "grid": "grid-01",
        "team": "team-01",
        "people": 3,
        "evidence": ["photo 17"],
        "note": "农贸市场",
    }
    return {name: value for name, value in (said | changes).items() if value is not None}


async def recorded(client: httpx.AsyncClient, headers: Headers, **changes: object) -> Any:
    answer = await client.post("/activities", headers=headers, json=body(**changes))
    assert answer.status_code == 201, answer.text
    return answer.json()


async def bulletin(client: httpx.AsyncClient, headers: Headers, query: str) -> Any:
    answer = await client.get(f"/bulletin?{query}", headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_an_activity_is_recorded_corrected_and_voided(
    client: httpx.AsyncClient, engine: AsyncEngine, as_: As
) -> None:
    officer, colleague, supervisor = (
        as_(role, subject, tenant="a-life")
        for role, subject in ((Role.OFFICER, "o-1"), (Role.OFFICER, "o-2"), (Role.SUPERVISOR, "s-1"))
    )
    answer = await client.post("/activities", headers=officer, json=body())
    made = answer.json()
    path = f"/activities/{made['id']}"
    assert (answer.status_code, answer.headers["Location"]) == (201, f"/ledger/v1{path}")
    assert (made["day"], made["version"], made["recorded_by"]) == ("2024-03-05", 1, "o-1")
    assert made["label"] == {"zh": "发放宣传资料", "en": "Leaflets handed out"}
    shown = await client.get(path, headers=colleague)
    assert (shown.json(), shown.headers["ETag"]) == (made, '"1"')

    change = body(quantity=1, happened_at="2024-03-06T00:30:00+08:00", reason="数错了")
    refused = await client.post(f"{path}/correction", headers=colleague, json=change)
    assert (refused.status_code, refused.json()["type"]) == (403, "urn:jieban:problem:activity-of-another")
    stale = await client.post(f"{path}/correction", headers=officer | {"If-Match": '"2"'}, json=change)
    assert stale.status_code == 412
    corrected = await client.post(f"{path}/correction", headers=officer | {"If-Match": '"1"'}, json=change)
    assert (corrected.status_code, corrected.headers["ETag"]) == (200, '"2"')
    assert corrected.json() == made | {
        "quantity": 1, "happened_at": "2024-03-05T16:30:00Z", "day": "2024-03-06", "version": 2
    }  # fmt: skip
    assert (await bulletin(client, officer, "from=2024-03-05&to=2024-03-05"))["figures"] == []
    said = await bulletin(client, officer, "from=2024-03-06&to=2024-03-06")
    assert said["text"] == "On 6 March 2024: 1 leaflet handed out."

    why = {"reason": "重复登记"}
    assert (await client.post(f"{path}/voiding", headers=officer, json=why)).status_code == 403
    voided = await client.post(f"{path}/voiding", headers=supervisor, json=why)
    assert (voided.status_code, voided.json()["void_reason"]) == (200, "重复登记")
    for action, again in (("correction", change), ("voiding", why)):
        refused = await client.post(f"{path}/{action}", headers=supervisor, json=again)
        assert (refused.status_code, refused.json()["type"]) == (409, "urn:jieban:problem:activity-voided")
        assert refused.json()["present"] == {"status": "voided", "version": 3}
    said = await bulletin(client, officer, "from=2024-03-01&to=2024-03-31")
    assert said["text"] == "From 1 March 2024 to 31 March 2024: no activity was recorded."
    entries = (await client.get(f"/entries?subject={made['id']}", headers=officer)).json()["items"]
    assert [each["type"] for each in entries] == ["activity.voided", "activity.corrected", "activity.recorded"]
    assert [each["actor"] for each in entries] == ["s-1", "o-1", "o-1"]
    assert entries[1]["data"]["reason"] == "数错了"
    await seal_all(engine)
    await assert_sealed(engine, "a-life", 3)


async def test_a_repeat_with_the_same_key_is_recorded_once(client: httpx.AsyncClient, as_: As) -> None:
    headers = as_(Role.INSPECTOR, tenant="a-keys") | {"Idempotency-Key": "once"}
    answers = await asyncio.gather(*(client.post("/activities", headers=headers, json=body()) for _ in range(5)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert (await client.post("/activities", headers=headers, json=body(quantity=2))).status_code == 422
    listed = (await client.get("/activities", headers=headers)).json()["items"]
    assert [each["quantity"] for each in listed] == [30]


@pytest.mark.parametrize(
    ("change", "pointer", "code"),
    [
        ({"kind": "parades"}, "/kind", "unknown-activity-kind"),
        ({"quantity": 0}, "/quantity", "quantity-out-of-range"),
        ({"quantity": 10**15}, "/quantity", "quantity-out-of-range"),
        ({"quantity": 1.5}, "/quantity", "int_type"),
        ({"people": 0}, "/people", "people-out-of-range"),
        ({"happened_at": (now() + timedelta(hours=1)).isoformat()}, "/happened_at", "in-the-future"),
        ({"location": {"lon": 107.0}}, "/location", "half-a-point"),
        ({"note": ""}, "/note", "string_too_short"),
        ({"colour": "red"}, "/colour", "extra_forbidden"),
    ],
)
async def test_what_cannot_be_is_refused(
    client: httpx.AsyncClient, as_: As, change: dict[str, object], pointer: str, code: str
) -> None:
    answer = await client.post("/activities", headers=as_(Role.OFFICER, tenant="a-refused"), json=body(**change))
    assert answer.status_code == 422, answer.text
    assert [(each["pointer"], each["code"]) for each in answer.json()["errors"]] == [(pointer, code)]


@pytest.mark.parametrize(
    ("path", "pointer", "code"),
    [
        ("/bulletin?from=2024-02-01&to=2024-01-31", "query/to", "period-reversed"),
        ("/bulletin?from=2024-02-30&to=2024-03-31", "query/from", "day-invalid"),
        ("/bulletin?from=2024-02-01&to=1704067200", "query/to", "day-invalid"),
        ("/activities?kind=parades", "query/kind", "unknown-activity-kind"),
        (
            "/activities?happened_from=2024-02-01T00:00:00Z&happened_to=2024-01-01T00:00:00Z",
            "query/happened_to",
            "period-reversed",
        ),
    ],
)
async def test_queries_that_make_no_sense_are_refused(
    client: httpx.AsyncClient, as_: As, path: str, pointer: str, code: str
) -> None:
    answer = await client.get(path, headers=as_(Role.ANALYST))
    assert answer.status_code == 422
    assert [(each["pointer"], each["code"]) for each in answer.json()["errors"]] == [(pointer, code)]


async def test_who_may_do_what(client: httpx.AsyncClient, as_: As) -> None:
    for role in (Role.CITIZEN, Role.PARTNER):
        assert (await client.get(f"/bulletin?{ARTICLE}", headers=as_(role))).status_code == 403
        assert (await client.get("/activities", headers=as_(role))).status_code == 403
    assert (await client.post("/activities", headers=as_(Role.ANALYST), json=body())).status_code == 403
    made = await recorded(client, as_(Role.OPERATOR, tenant="a-one"))
    other = await client.get(f"/activities/{made['id']}", headers=as_(Role.SUPERVISOR, tenant="a-other"))
    assert (other.status_code, other.json()["type"]) == (404, "urn:jieban:problem:activity-not-found")


async def test_lists_are_filtered_and_paged(client: httpx.AsyncClient, as_: As) -> None:
    headers = as_(Role.OFFICER, tenant="a-lists")
    made = [
        await recorded(client, headers, happened_at=f"2024-01-0{n}T12:00:00+08:00", kind=kind, team=team)
        for n, kind, team in (
            (1, "leaflets", "t-1"),
            (2, "vendors", "t-1"),
            (2, "vendors", "t-2"),
            (3, "parking", None),
        )
    ]

    async def listed(query: str) -> set[int]:
        items = (await client.get(f"/activities?{query}", headers=headers)).json()["items"]
        return {made.index(each) for each in items}

    assert await listed("kind=vendors&team=t-2") == {2}
    assert await listed("community=community-01&grid=grid-01") == {0, 1, 2, 3}
    assert await listed("happened_from=2024-01-02T04:00:00Z&happened_to=2024-01-03T04:00:00Z") == {1, 2}
    assert await listed("bbox=107.2,26.5,107.3,26.6") == {0, 1, 2, 3}
    assert await listed("bbox=108.2,26.5,108.3,26.6") == set()
    assert await listed("voided=true") == set()
    seen, path = [], "/activities?limit=1"
    while path:
        answer = await client.get(path.removeprefix("/ledger/v1"), headers=headers)
        seen += [each["day"] for each in answer.json()["items"]]
        path = answer.links.get("next", {}).get("url", "")
    assert seen == ["2024-01-03", "2024-01-02", "2024-01-02", "2024-01-01"]


async def test_the_demo_county_says_what_the_article_says(
    client: httpx.AsyncClient, database_url: str, engine: AsyncEngine, as_: As
) -> None:
    staff = as_(Role.ANALYST, tenant="a-demo")
    for _ in range(2):
        await load(database_url, "a-demo", "Asia/Shanghai")
    found = await bulletin(client, staff, ARTICLE)
    assert {each["kind"]: each["quantity"] for each in found["figures"]} == SUMS
    assert found["text"] == (
        "From 1 January 2024 to 14 October 2024: 8,100 small ads cleared, 1,150 leaflets handed out, 1,350 "
        "person-times of on-site explanation and 160 dog cases dealt with; 80 officer deployments, 40 verbal "
        "educations, 2 reported cases handled and 4 cases filed; 1,500 vendors guided, 500 cases of road "
        "occupation and out-of-door trading put right, 1,000 vehicles moved that were parked disorderly and "
        "60 charging-cable guidances."
    )
    plain = await client.get(f"/bulletin?{ARTICLE}&lang=zh", headers=staff | {"Accept": "text/plain"})
    assert plain.headers["Content-Type"].startswith("text/plain")
    assert plain.text.startswith("2024年1月1日至2024年10月14日，清理喷绘、灯杆电杆小广告8100处，发放宣传资料1150份，")
    entries = await rows(engine, "SELECT data FROM entry WHERE tenant = 'a-demo' AND type = 'activity.recorded'")
    from_entries: Counter[str] = Counter()
    for said in (json.loads(row.data) for row in entries):
        assert said["generated"] is True
        if said["day"] <= "2024-10-14":
            from_entries[said["kind"]] += said["quantity"]
    assert from_entries == SUMS
    communities: Counter[str] = Counter()
    for number in range(1, 16):
        part = await bulletin(client, staff, f"{ARTICLE}&community=community-{number:02}&team=team-{number:02}")
        communities.update({each["kind"]: each["quantity"] for each in part["figures"]})
    assert communities == SUMS


async def test_a_changed_activity_is_found_by_verify(
    client: httpx.AsyncClient, app: FastAPI, engine: AsyncEngine, as_: As, tmp_path: Path
) -> None:
    staff = as_(Role.SUPERVISOR, tenant="600003")
    made = [await recorded(client, staff) for _ in range(3)]
    await seal_and_sign(engine, None)
    await sign_all(engine, app.state.signer_of, every=timedelta())
    assert verify(await exported(client, staff, tmp_path / "whole.jsonl"))[0] == 0
    async with engine.begin() as connection:
        await connection.execute(text("SET LOCAL session_replication_role = replica"))
        change = text("UPDATE entry SET data = replace(data, '30', '3000') WHERE subject = :id")
        await connection.execute(change, {"id": made[1]["id"]})
    code, said = verify(await exported(client, staff, tmp_path / "changed.jsonl"))
    assert (code, "changed: entry 1 " in said) == (1, True)
