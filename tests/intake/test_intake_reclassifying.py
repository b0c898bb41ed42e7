"""Putting a complaint into another category."""

from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from contracts.roles import Role
from histories import History
from intake.configuring import category, configuration, publish
from intake.conftest import As
from intake.reports import report
from intake.test_intake_following import apply, history, view
from intake.test_intake_rejecting import filed
from outboxes import published
from refusals import code_of, errors_of
from runtime.ids import uuid7

__all__ = ["history"]
OTHER = "street_order.itinerant_vendors"
BODY = {"category": OTHER, "reason": "现场是游摊"}


async def test_it_has_the_category_a_history_of_it_and_tells_the_others(
    client: httpx.AsyncClient, engine: AsyncEngine, as_: As
) -> None:
    receipt = await filed(client, as_)
    path = f"/complaints/{receipt['id']}"
    headers = as_(Role.OPERATOR, **{"If-Match": '"1"'})
    done = await client.post(f"{path}/reclassification", json=BODY, headers=headers)
    assert (done.status_code, done.headers["etag"]) == (200, '"2"')
    assert done.json() == {
        "id": receipt["id"], "status": "received", "category": OTHER, "former": "street_order.parking", "version": 2,
    }  # fmt: skip
    seen = (await client.get(path, headers=as_(Role.DISPATCHER))).json()
    [step] = seen["reclassifications"]
    assert (seen["category"], step["former"], step["by"], step["reason"]) == (
        OTHER, "street_order.parking", "operator-1", BODY["reason"],
    )  # fmt: skip
    [own] = (await client.get(path, headers=as_(Role.CITIZEN))).json()["reclassifications"]
    assert (own["category"], own["by"], own["reason"]) == (OTHER, None, None)
    last = (await published(engine, receipt["id"]))[-1]
    assert (last["type"], last["data"]["former"]) == ("complaint.reclassified", "street_order.parking")
    stale = await client.post(f"{path}/reclassification", json=BODY, headers=headers)
    assert stale.status_code == 412


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"category": "street_order.parking"}, ("/category", "category-unchanged")),
        ({"category": "nothing.such"}, ("/category", "unknown-category")),
        ({"category": None}, ("/category", "string_type")),
        ({"reason": "  "}, ("/reason", "blank-text")),
        ({"reason": ""}, ("/reason", "string_too_short")),
    ],
)
async def test_what_makes_no_sense_is_refused_and_changes_nothing(
    client: httpx.AsyncClient, as_: As, changes: dict[str, Any], error: tuple[str, str]
) -> None:
    receipt = await filed(client, as_)
    path = f"/complaints/{receipt['id']}"
    answer = await client.post(f"{path}/reclassification", json={**BODY, **changes}, headers=as_(Role.OPERATOR))
    assert errors_of(answer) == [error]
    seen = (await client.get(path, headers=as_(Role.OPERATOR))).json()
    assert (seen["version"], seen["reclassifications"]) == (1, [])


async def test_who_may_and_what_has_ended(
    client: httpx.AsyncClient, engine: AsyncEngine, as_: As, history: History
) -> None:
    path = f"/complaints/{history.id}/reclassification"
    for role in (Role.CITIZEN, Role.OFFICER, Role.PARTNER):
        assert (await client.post(path, json=BODY, headers=as_(role))).status_code == 403
    elsewhere = await client.post(path, json=BODY, headers=as_(Role.OPERATOR, tenant="520102"))
    nowhere = await client.post(f"/complaints/{uuid7()}/reclassification", json=BODY, headers=as_(Role.OPERATOR))
    assert (elsewhere.status_code, nowhere.status_code) == (404, 404)
    await apply(engine, history.assigned(), history.accepted(), history.started(), history.resolved())
    assert (await client.post(path, json=BODY, headers=as_(Role.DISPATCHER))).status_code == 200
    async with engine.begin() as connection:
        await connection.execute(sa.text("UPDATE complaint SET status = 'closed' WHERE id = :id"), {"id": history.id})
    late = await client.post(path, json={**BODY, "category": "street_order.parking"}, headers=as_(Role.DISPATCHER))
    assert (code_of(late), late.json()["present"]["status"]) == ((409, "illegal-transition"), "closed")
    assert (await view(client, as_, history))["category"] == OTHER


async def test_corrections_are_labels_for_the_suggestion_of_categories(client: httpx.AsyncClient, as_: As) -> None:
    admin = as_(Role.ADMIN, tenant="520102")
    filed_here = [
        (await client.post("/complaints", json=report(), headers=as_(Role.CITIZEN, tenant="520102"))).json()["id"]
        for _ in range(3)
    ]
    for complaint in filed_here[:2]:
        path = f"/complaints/{complaint}/reclassification"
        assert (await client.post(path, json=BODY, headers=as_(Role.OPERATOR, tenant="520102"))).status_code == 200
    first = await client.get("/category-labels", params={"limit": 1}, headers=admin)
    rest = await client.get(str(first.url.join(first.links["next"]["url"])), headers=admin)
    found = [*first.json()["items"], *rest.json()["items"]]
    assert [each["id"] for each in found] == [filed_here[1], filed_here[0]]
    assert {(each["text"], each["category"]) for each in found} == {(report()["description"], OTHER)}
    assert "next" not in rest.links
    assert (await client.get("/category-labels", headers=as_(Role.OPERATOR))).status_code == 403


async def test_its_source_keeps_its_name(client: httpx.AsyncClient, as_: As) -> None:
    operator, admin = [as_(role, tenant="520103") for role in (Role.OPERATOR, Role.ADMIN)]
    body = report(source="hotline", category="street_order.parking")
    path = f"/complaints/{(await client.post('/complaints', json=body, headers=operator)).json()['id']}"

    async def put_into(code: str) -> tuple[int, bool, bool]:
        moved = {"category": code, "reason": "归类有误"}
        answer = await client.post(f"{path}/reclassification", json=moved, headers=operator)
        assert answer.status_code == 200, answer.text
        seen = (await client.get(path, headers=operator)).json()
        return seen["configuration_version"], seen["category_name"] is not None, seen["source_name"] is not None

    given = configuration()
    category(given, "facilities.lamps")["zh"] = "路灯与景观灯"
    await publish(client, admin, given)
    assert await put_into("facilities.lamps") == (2, True, True)
    given["sources"] = [each for each in given["sources"] if each["code"] != "hotline"]
    await publish(client, admin, given)
    assert await put_into("facilities.covers") == (2, True, True)
