"""Triage rules: tried on the past, published in versions, and counted by whose reports are."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from contracts.roles import Role
from histories import History
from intake.configuring import category, configuration
from intake.conftest import As
from intake.reports import HOTLINE, report
from intake.test_intake_following import apply
from intake.test_intake_triage import LINKS, SPAM, TEXT, filed, publish, queue
from refusals import code_of, errors_of


async def test_repeats_and_floods_are_counted_by_phone_and_account(client: httpx.AsyncClient, as_: As) -> None:
    tenant = "520118"
    facts = {"zh": "重复", "en": "Repeated", "reason": "spam"}
    await publish(
        client, as_, tenant,
        {**facts, "code": "same", "kind": "repeated_text", "by": "phone", "times": 3, "hours": 24},
        {**facts, "code": "flood", "kind": "too_many", "by": "account", "more_than": 3, "hours": 1},
    )  # fmt: skip
    phone = {"reporter": {"phone": "13985000002"}}
    operator = as_(Role.OPERATOR, tenant=tenant)
    for text in ("盲道上停满了车", "盲道上，停满了车！", "别的事情", "盲道上 停满了车"):
        body = {**HOTLINE, **phone, "description": text}
        assert (await client.post("/complaints", json=body, headers=operator)).status_code == 201
    [repeated] = await queue(client, as_, tenant, rule="same")
    assert repeated["description"] == "盲道上 停满了车"
    ids = [await filed(client, as_, tenant, description=f"第{place}件") for place in range(5)]
    assert [each["id"] for each in await queue(client, as_, tenant, rule="flood")] == ids[3:]


async def test_rules_are_tried_on_the_past_and_published_in_versions(client: httpx.AsyncClient, as_: As) -> None:
    tenant = "520119"
    admin = as_(Role.ADMIN, tenant=tenant)
    shipped = await client.get("/triage/rules", headers=admin)
    assert (shipped.json()["version"], shipped.headers["etag"]) == (0, '"0"')
    assert {rule["action"] for rule in shipped.json()["rules"]} == {"flag"}
    ids = [await filed(client, as_, tenant, description=text) for text in (TEXT, "路灯坏了", TEXT)]
    body = {"rules": [SPAM, LINKS, {**LINKS, "code": "later", "active_to": "2020-01-01T00:00:00Z", "more_than": 3}]}
    trial = (await client.post("/triage/rules/trial", json=body, headers=admin)).json()
    assert (trial["looked_at"], trial["flagged"], trial["held"]) == (3, 2, 2)
    assert [(each["code"], each["count"]) for each in trial["rules"]] == [("casino", 2), ("links", 0), ("later", 0)]
    assert [each["id"] for each in trial["rules"][0]["examples"]] == [ids[2], ids[0]]
    assert await queue(client, as_, tenant, rule="casino") == []
    put = await client.put("/triage/rules", json={**body, "note": "整治"}, headers=admin | {"If-Match": '"0"'})
    assert (put.status_code, put.json()["version"], put.json()["note"]) == (200, 1, "整治")
    same = await client.put("/triage/rules", json=body, headers=admin)
    stale = await client.put("/triage/rules", json={"rules": []}, headers=admin | {"If-Match": '"0"'})
    assert (code_of(same), stale.status_code) == ((409, "nothing-to-publish"), 412)
    assert (await client.put("/triage/rules", json={"rules": []}, headers=admin)).json()["version"] == 2
    old = await client.get("/triage/rules", params={"version": 1}, headers=admin)
    history = (await client.get("/triage/rules/history", headers=admin)).json()["items"]
    assert (len(old.json()["rules"]), [each["version"] for each in history]) == (3, [2, 1])
    none = await client.get("/triage/rules", params={"version": 9}, headers=admin)
    assert code_of(none) == (404, "triage-rules-not-found")


async def test_a_trial_finds_what_would_have_been_found(
    client: httpx.AsyncClient, engine: AsyncEngine, as_: As
) -> None:
    tenant = "520123"
    flood = {"zh": "过多", "en": "Many", "reason": "spam", "code": "flood", "kind": "too_many", "by": "account"}
    rules = [{**flood, "more_than": 1, "hours": 1}, SPAM]
    await publish(client, as_, tenant, *rules)
    partner = as_(Role.PARTNER, tenant=tenant)
    for place in range(3):
        answer = await client.post("/complaints", json=report(external_ref=f"P-{place}"), headers=partner)
        assert answer.status_code == 201, answer.text
    done = {"handling_mode": "guidance", "result": "已劝离"}
    body = report(source="liaison_station", description=TEXT, self_handled=done)
    answer = await client.post("/complaints", json=body, headers=as_(Role.OFFICER, tenant=tenant))
    assert answer.status_code == 201, answer.text
    history = History(tenant=tenant)
    history.id = UUID(answer.json()["id"])
    steps = [history.assigned(), history.accepted(), history.started(), history.resolved()]
    await apply(engine, *(step._replace(time=steps[0].time) for step in steps))
    waiting = await queue(client, as_, tenant)
    assert [(each["reasons"][0]["rule"], each["held"]) for each in waiting] == [
        ("flood", False), ("flood", False), ("casino", False),
    ]  # fmt: skip
    trial = await client.post("/triage/rules/trial", json={"rules": rules}, headers=as_(Role.ADMIN, tenant=tenant))
    assert [each["count"] for each in trial.json()["rules"]] == [2, 1]
    assert (trial.json()["flagged"], trial.json()["held"]) == (3, 0)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"words": ["。。"]}, "word-too-short"),
        ({"words": []}, "too-short"),
        ({"words": ["长" * 51]}, "string-too-long"),
        ({"kind": "regex", "pattern": "(a+)+$"}, "union-tag-invalid"),
        ({"pattern": "(a+)+$"}, "extra-forbidden"),
        ({"active_from": "2026-01-01T00:00:00Z", "active_to": "2025-01-01T00:00:00Z"}, "rule-never-active"),
        ({"action": "delete"}, "literal-error"),
    ],
)
async def test_rules_that_make_no_sense_are_refused(
    client: httpx.AsyncClient, as_: As, change: Mapping[str, Any], code: str
) -> None:
    admin = as_(Role.ADMIN, tenant="520120")
    for send, path in ((client.put, "/triage/rules"), (client.post, "/triage/rules/trial")):
        answer = await send(path, json={"rules": [{**SPAM, **change}]}, headers=admin)
        assert answer.status_code == 422, answer.text
        assert code in {found.replace("_", "-") for _, found in errors_of(answer)}, answer.text
    twice = await client.put("/triage/rules", json={"rules": [SPAM, SPAM]}, headers=admin)
    assert [code for _, code in errors_of(twice)] == ["rule-twice"]


async def test_what_is_reported_of_a_zone_at_its_hours_is_looked_at_first(client: httpx.AsyncClient, as_: As) -> None:
    tenant, place = "520127", {"lon": 107.15, "lat": 26.15}
    ring = [[107.1, 26.1], [107.2, 26.1], [107.2, 26.2], [107.1, 26.2], [107.1, 26.1]]
    zone = {
        "code": "works",
        "zh": "施工管控区",
        "en": "Works",
        "reason": "out_of_scope",
        "action": "hold",
        "kind": "zone",
        "area": {"type": "Polygon", "coordinates": [ring]},
        "categories": ["street_order"],
        "hours": {"begins": "00:00", "ends": "00:00"},
    }
    before = await filed(client, as_, tenant, location=place)
    trial = await client.post("/triage/rules/trial", json={"rules": [zone]}, headers=as_(Role.ADMIN, tenant=tenant))
    await publish(client, as_, tenant, zone)

    within = await filed(client, as_, tenant, location=place)
    for other in ({"location": {"lon": 107.3, "lat": 26.15}}, {"location": {"address": "福来社区3栋"}}):
        await filed(client, as_, tenant, **other)
    await filed(client, as_, tenant, location=place, category="city_appearance.litter")

    [waiting] = await queue(client, as_, tenant, rule="works")
    assert (waiting["id"], waiting["held"]) == (within, True)
    assert (trial.json()["held"], trial.json()["rules"][0]["examples"][0]["id"]) == (1, before)


async def test_a_zone_that_crosses_itself_is_refused_with_its_place(client: httpx.AsyncClient, as_: As) -> None:
    ring = [[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]]
    zone = {"code": "works", "zh": "施", "en": "W", "reason": "spam", "kind": "zone"}
    body = {"rules": [{**zone, "area": {"type": "Polygon", "coordinates": [ring]}}]}

    refused = await client.put("/triage/rules", json=body, headers=as_(Role.ADMIN, tenant="520128"))

    [(pointer, code)] = errors_of(refused)
    assert code == "zone-invalid"
    assert pointer.startswith("/rules/0")


async def test_a_zone_is_of_categories_that_there_are(client: httpx.AsyncClient, as_: As) -> None:
    tenant = "520129"
    admin, given = as_(Role.ADMIN, tenant=tenant), configuration()
    category(given, "city_appearance.litter")["active_to"] = "2020-01-01T00:00:00Z"
    assert (await client.put("/configuration/draft", json=given, headers=admin)).is_success
    assert (await client.post("/configuration/publication", json={}, headers=admin)).is_success
    ring = [[107.1, 26.1], [107.2, 26.1], [107.2, 26.2], [107.1, 26.1]]
    facts = {"code": "works", "zh": "施", "en": "W", "reason": "spam", "kind": "zone"}
    zone = {**facts, "area": {"type": "Polygon", "coordinates": [ring]}}
    categories = ["street_order", "no_such_category", "city_appearance.litter"]
    body = {"rules": [SPAM, {**zone, "categories": categories}]}
    for send, path in ((client.put, "/triage/rules"), (client.post, "/triage/rules/trial")):
        assert errors_of(await send(path, json=body, headers=admin)) == [
            ("/rules/1/categories/1", "unknown-category"),
            ("/rules/1/categories/2", "category-retired"),
        ]
