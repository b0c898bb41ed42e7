"""Drafts, publications and versions of the configuration, and the reports that come between them."""

from collections.abc import Awaitable, Callable

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from contracts.roles import Role
from intake.configuring import Json, category, configuration, told
from intake.conftest import As
from intake.reports import report
from intake_service.domain.configuration.items import Configuration
from intake_service.domain.configuration.shipped import shipped
from intake_service.service.references import References
from refusals import code_of, errors_of
from runtime.ids import uuid7

Publish = Callable[[Json], Awaitable[httpx.Response]]


@pytest.fixture
def tenant() -> str:
    return f"t{uuid7().hex[-10:]}"


@pytest.fixture
def admin(as_: As, tenant: str) -> dict[str, str]:
    return as_(Role.ADMIN, tenant=tenant)


@pytest.fixture
def citizen(as_: As, tenant: str) -> dict[str, str]:
    return as_(Role.CITIZEN, tenant=tenant)


@pytest.fixture
def publish(client: httpx.AsyncClient, admin: dict[str, str]) -> Publish:
    async def run(configuration: Json) -> httpx.Response:
        draft = await client.put("/configuration/draft", json=configuration, headers=admin)
        assert draft.status_code == 200, draft.text
        return await client.post("/configuration/publication", json={}, headers=admin)

    return run


async def test_a_version_is_published_and_judges_reports(
    client: httpx.AsyncClient, admin: dict[str, str], citizen: dict[str, str], publish: Publish
) -> None:
    before = (await client.post("/complaints", json=report(), headers=citizen)).json()
    given = configuration()
    category(given, "street_order.parking")["zh"] = "违停"
    category(given, "facilities.lamps")["active_to"] = "2026-01-01T00:00:00Z"
    category(given, "facilities.covers")["needs_photo"] = True
    given["categories"].append({"code": "street_order.parking.fire_lane", "zh": "占用消防通道", "en": "In a fire lane",
                                "questions": [{"name": "plate", "zh": "车牌", "en": "Plate", "type": "text",
                                               "required": True, "min": 7, "max": 8}]})  # fmt: skip
    given["categories"].append({"code": "snow", "zh": "积雪", "en": "Snow", "active_from": "2099-01-01T00:00:00Z"})

    published = await publish(given)

    assert (published.status_code, published.json()["version"]) == (201, 2)
    assert published.headers["Location"] == "/intake/v1/configuration/versions/2"
    for body, wrong in (
        (report(category="facilities.lamps"), [("/category", "category-retired")]),
        (report(category="snow"), [("/category", "category-not-yet")]),
        (report(category="facilities.covers"), [("/attachments", "category-needs-photo")]),
        (report(category="street_order.parking.fire_lane"), [("/attributes/plate", "attribute-missing")]),
        (
            report(category="street_order.parking.fire_lane", attributes={"plate": "贵J1"}),
            [("/attributes/plate", "attribute-out-of-range")],
        ),
    ):
        assert errors_of(await client.post("/complaints", json=body, headers=citizen)) == wrong
    good = report(category="street_order.parking.fire_lane", attributes={"plate": "贵J12345"})
    after = (await client.post("/complaints", json=good, headers=citizen)).json()

    views = {each["id"]: each for each in (await client.get("/complaints", headers=citizen)).json()["items"]}
    assert views[before["id"]]["configuration_version"] == 1
    assert views[before["id"]]["category_name"] == {"zh": "乱停乱放", "en": "Disorderly parking"}
    assert views[after["id"]]["configuration_version"] == 2
    assert views[after["id"]]["category_name"]["zh"] == "占用消防通道"
    names = [
        next(each["zh"] for each in answer.json() if each["code"] == "street_order.parking")
        for answer in [await client.get(f"/categories?version={number}", headers=admin) for number in (1, 2)]
    ]
    assert names == ["乱停乱放", "违停"]


async def test_a_retired_category_is_not_suggested(
    client: httpx.AsyncClient, as_: As, tenant: str, publish: Publish
) -> None:
    body = {"description": "门口路灯不亮，晚上一片漆黑"}
    operator = as_(Role.OPERATOR, tenant=tenant)
    first = (await client.post("/categories/suggest", json=body, headers=operator)).json()["suggestions"]
    assert first[0]["code"] == "facilities.lamps"
    given = configuration()
    category(given, "facilities.lamps")["active_to"] = "2026-01-01T00:00:00Z"
    assert (await publish(given)).status_code == 201

    found = (await client.post("/categories/suggest", json=body, headers=operator)).json()["suggestions"]
    assert len(found) == 3
    assert "facilities.lamps" not in {each["code"] for each in found}
    left = report(category=..., **body)
    receipt = (await client.post("/complaints", json=left, headers=operator | {})).json()
    assert receipt["category"] != "facilities.lamps"


async def test_another_replica_sees_it_and_another_tenant_does_not(
    client: httpx.AsyncClient, engine: AsyncEngine, tenant: str, publish: Publish
) -> None:
    replica = References(engine, check_every_seconds=0)
    lazy = References(engine)
    assert {(await each.current(tenant)).version for each in (replica, lazy)} == {1}
    given = configuration()
    given["categories"] = [each for each in given["categories"] if each["code"] != "other"]
    await publish(given)

    assert (await replica.current(tenant)).version == 2
    assert (await lazy.current(tenant)).version == 1, "it looks for news every two seconds"
    assert "other" not in (await replica.current(tenant)).categories
    assert "other" in (await replica.current("somebody-else")).categories


async def test_the_other_services_are_told_of_what_has_changed(
    engine: AsyncEngine, tenant: str, publish: Publish
) -> None:
    given = configuration()
    category(given, "other")["zh"] = "其它"
    await publish(given)
    first = await told(engine, tenant)
    assert len(first) == 27 + 15 + 9, "with its first version, all of it"
    assert {sequence for _, _, sequence in first} == {1}
    cables = next(data for kind, data, _ in first if data["code"] == "safety" and kind == "category_changed")
    assert cables["resolve"] == {"amount": 1, "unit": "days"}
    assert cables["version"] == 2

    category(given, "other")["limits"] = {"resolve": {"amount": 5, "unit": "days"}}
    given["sources"] = [each for each in given["sources"] if each["code"] != "media"]
    await publish(given)
    second = (await told(engine, tenant))[len(first) :]
    assert [(kind, data["code"], data.get("removed"), sequence) for kind, data, sequence in second] == [
        ("category_changed", "other", False, 2),
        ("source_changed", "media", True, 2),
    ]
    assert second[0][1]["resolve"] == {"amount": 5, "unit": "days"}


async def test_all_is_told_again(
    client: httpx.AsyncClient, engine: AsyncEngine, admin: dict[str, str], tenant: str
) -> None:
    for times in (1, 2):
        answer = await client.post("/configuration/republication", headers=admin)
        assert (answer.status_code, answer.json()) == (200, {"items": 51})
        events = await told(engine, tenant)
        assert (len(events), events[-1][1]["version"], events[-1][2]) == (51 * times, 1, times)


async def test_a_broken_configuration_is_refused_with_all_its_flaws(
    client: httpx.AsyncClient, admin: dict[str, str]
) -> None:
    given = configuration()
    given["categories"] += [
        {"code": "other", "zh": "重复", "en": "Twice"},
        {"code": "lost.child", "zh": "孤儿", "en": "Orphan"},
        {"code": "quiz", "zh": "问题", "en": "Quiz", "active_from": "2026-02-01T00:00:00Z",
         "active_to": "2026-01-01T00:00:00Z", "questions": [
             {"name": "which", "zh": "哪个", "en": "Which", "type": "single_choice"},
             {"name": "which", "zh": "哪个", "en": "Which", "type": "yes_no",
              "choices": [{"code": "a", "zh": "甲", "en": "A"}]},
             {"name": "size", "zh": "多大", "en": "Size", "type": "number", "min": 3, "max": 2},
             {"name": "day", "zh": "哪天", "en": "Day", "type": "date", "min": 3},
             {"name": "sure", "zh": "确定", "en": "Sure", "type": "yes_no",
              "stops": [{"answer": "maybe", "zh": "不", "en": "No"}]}]},
    ]  # fmt: skip
    given["duty_items"][0]["category"] = "no.such"
    given["sources"][0]["demands"] = ["order"]
    given["sources"][0]["demands_of"] = {"analyst": ["reporter"]}
    answer = await client.put("/configuration/draft", json=given, headers=admin)
    assert code_of(answer) == (422, "validation-failed")
    assert sorted(errors_of(answer)) == sorted([
        ("/categories/27/code", "code-twice"),
        ("/categories/28/code", "parent-missing"),
        ("/categories/29/active_to", "active-reversed"),
        ("/categories/29/questions/1/name", "code-twice"),
        ("/categories/29/questions/0/choices", "choices-missing"),
        ("/categories/29/questions/1/choices", "choices-of-no-choice"),
        ("/categories/29/questions/2/max", "range-empty"),
        ("/categories/29/questions/3/min", "bound-of-wrong-type"),
        ("/categories/29/questions/4/stops/0/answer", "stop-not-an-answer"),
        ("/duty_items/0/category", "unknown-category"),
        ("/sources/0/demands/0", "demands-what-it-does-not-take"),
        ("/sources/0/demands_of/analyst", "role-not-of-source"),
    ])  # fmt: skip
    assert all(error["message"] for error in answer.json()["errors"])
    again = await client.post("/configuration/check", json=given, headers=admin)
    assert errors_of(again) == errors_of(answer)
    assert (await client.get("/configuration/draft", headers=admin)).headers["ETag"] == '"0"'


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"code": "Upper"}, "/categories/0/code"),
        ({"code": "a.b.c.d"}, "/categories/0/code"),
        ({"handling_mode": "magic"}, "/categories/0/handling_mode"),
        ({"limits": {"resolve": {"amount": 0, "unit": "hours"}}}, "/categories/0/limits/resolve/amount"),
        ({"limits": {"resolve": {"amount": 3, "unit": "fortnights"}}}, "/categories/0/limits/resolve/unit"),
        ({"gates": ["prayer"]}, "/categories/0/gates/0"),
        ({"zh": "  "}, "/categories/0/zh"),
        ({"unheard": 1}, "/categories/0/unheard"),
        ({"active_from": "yesterday"}, "/categories/0/active_from"),
    ],
)
async def test_an_item_that_is_not_well_formed(
    client: httpx.AsyncClient, admin: dict[str, str], change: Json, pointer: str
) -> None:
    given = configuration()
    given["categories"][0] |= change
    answer = await client.put("/configuration/draft", json=given, headers=admin)
    assert code_of(answer) == (422, "validation-failed")
    assert pointer in {where for where, _ in errors_of(answer)}


async def test_stale_empty_and_repeated_publications(
    client: httpx.AsyncClient, engine: AsyncEngine, admin: dict[str, str], tenant: str
) -> None:
    publication = "/configuration/publication"
    assert code_of(await client.post(publication, json={}, headers=admin)) == (409, "no-configuration-draft")
    same = await client.put("/configuration/draft", json=configuration(), headers=admin)
    assert same.headers["ETag"] == '"1"'
    assert code_of(await client.post(publication, json={}, headers=admin)) == (409, "nothing-to-publish")
    stale = await client.put("/configuration/draft", json=configuration(), headers=admin | {"If-Match": '"0"'})
    assert code_of(stale) == (412, "precondition-failed")
    given = configuration()
    category(given, "other")["en"] = "Anything else"
    assert (await client.put("/configuration/draft", json=given, headers=admin)).headers["ETag"] == '"2"'
    late = await client.post(publication, json={}, headers=admin | {"If-Match": '"1"'})
    assert code_of(late) == (412, "precondition-failed")
    assert await told(engine, tenant) == []

    once = admin | {"If-Match": '"2"', "Idempotency-Key": "publish-1"}
    first = await client.post(publication, json={"note": "为什么"}, headers=once)
    repeat = await client.post(publication, json={"note": "为什么"}, headers=once)
    assert (first.status_code, repeat.status_code) == (201, 201)
    assert first.json() == repeat.json()
    versions = (await client.get("/configuration/versions", headers=admin)).json()["items"]
    assert [(each["version"], each["note"], each["published_by"]) for each in versions] == [
        (2, "为什么", "admin-1"),
        (1, None, "shipped"),
    ]
    whole = (await client.get("/configuration/versions/1", headers=admin)).json()["configuration"]
    assert Configuration.model_validate(whole) == shipped().configuration


async def test_what_differs(client: httpx.AsyncClient, admin: dict[str, str], publish: Publish) -> None:
    given = configuration()
    category(given, "other")["en"] = "Anything else"
    checked = (await client.post("/configuration/check", json=given, headers=admin)).json()
    assert [(each["code"], each["change"]) for each in checked["changes"]] == [("other", "changed")]
    assert checked["changes"][0]["fields"] == [{"field": "en", "before": "Other", "after": "Anything else"}]
    await publish(given)
    given["duty_items"].pop(0)
    given["categories"].append({"code": "snow", "zh": "积雪", "en": "Snow"})
    await client.put("/configuration/draft", json=given, headers=admin)

    async def seen(**query: int) -> list[tuple[str, str, str]]:
        found = await client.get("/configuration/differences", params=query, headers=admin)
        return [(each["part"], each["code"], each["change"]) for each in found.json()]

    assert await seen() == [("categories", "snow", "added"), ("duty_items", "publicity", "removed")]
    assert await seen(before=1, after=2) == [("categories", "other", "changed")]
    assert await seen(before=2, after=1) == [("categories", "other", "changed")]
    missing = await client.get("/configuration/differences?after=9", headers=admin)
    assert code_of(missing) == (404, "configuration-version-not-found")


async def test_only_administrators_change_it_and_only_staff_see_drafts(
    client: httpx.AsyncClient, as_: As, tenant: str
) -> None:
    for role in (Role.SUPERVISOR, Role.OPERATOR, Role.CITIZEN):
        for method, path in (("PUT", "draft"), ("POST", "check"), ("POST", "publication")):
            answer = await client.request(method, f"/configuration/{path}", json={}, headers=as_(role, tenant=tenant))
            assert answer.status_code == 403, (role, path)
    for path in ("draft", "versions", "versions/1", "differences"):
        assert (await client.get(f"/configuration/{path}", headers=as_(Role.CITIZEN))).status_code == 403
        assert (await client.get(f"/configuration/{path}")).status_code == 401
