"""Classified ledgers as configuration: shipped ones, a tenant's own, versions, and what makes a definition bad."""

from typing import Any

import httpx
import pytest
import yaml

from contracts.roles import STAFF, Role
from e2e.printed import ROOT
from ledger.books import walked
from ledger.conftest import As
from ledger_service.domain.ledger_definitions import Definition, shipped
from ledger_service.domain.names import category_labels, source_labels
from refusals import code_of, errors_of

OWN: dict[str, Any] = {
    "title": {"zh": "停车台账", "en": "Parking"},
    "columns": ["number", "received_at", "status"],
    "filters": {"category": ["street_order.parking"]},
}


def test_what_is_shipped_is_good_and_survives_its_storage() -> None:
    assert {"by-source", "by-category", "by-community", "overdue", "proactive", "activities"} <= set(shipped())
    for definition in shipped().values():
        assert list(definition.flaws()) == []
        assert Definition.of(definition.content()) == definition


@pytest.mark.parametrize(("file", "labels"), [("sources", source_labels()), ("categories", category_labels())])
def test_names_are_those_of_intake(file: str, labels: dict[str, tuple[str, str]]) -> None:
    path = ROOT / "shared/contracts/src/contracts/data" / f"{file}.yaml"
    rows = yaml.safe_load(path.read_text("utf-8"))
    assert dict(labels) == {row["code"]: (row["zh"], row["en"]) for row in rows}


async def test_a_tenant_defines_ledgers_of_its_own(client: httpx.AsyncClient, as_: As) -> None:
    admin = as_(Role.ADMIN, tenant="t-own")
    made = await client.put("/ledgers/parking", headers=admin, json=OWN)
    assert (made.status_code, made.headers["ETag"], made.json()["changed_by"]) == (200, '"1"', "admin-1")
    assert made.json()["filters"] == OWN["filters"]

    stale = await client.put("/ledgers/parking", headers=admin | {"If-Match": '"0"'}, json=OWN)
    assert code_of(stale) == (412, "precondition-failed")
    wider = OWN | {"filters": {"category": ["street_order"]}, "period": "closed_at", "group_by": "grid"}
    changed = await client.put("/ledgers/parking", headers=admin | {"If-Match": '"1"'}, json=wider)
    assert (changed.headers["ETag"], changed.json()["period"]) == ('"2"', "closed_at")

    names = [each["name"] for each in (await client.get("/ledgers", headers=admin)).json()["items"]]
    assert names == [*shipped(), "parking"]
    others = (await client.get("/ledgers", headers=as_(Role.ADMIN, tenant="t-other"))).json()["items"]
    assert [each["name"] for each in others] == [*shipped()]

    assert (await client.delete("/ledgers/parking", headers=admin | {"If-Match": '"2"'})).status_code == 204
    assert code_of(await client.get("/ledgers/parking", headers=admin)) == (404, "ledger-not-found")
    assert code_of(await client.delete("/ledgers/parking", headers=admin)) == (404, "ledger-not-found")
    versions = await walked(client, admin, "/ledgers/parking/versions?limit=2")
    assert [each["version"] for each in versions] == [3, 2, 1]
    assert [each["definition"] and each["definition"]["period"] for each in versions] == [
        None,
        "closed_at",
        "received_at",
    ]
    again = await client.put("/ledgers/parking", headers=admin, json=OWN)
    assert again.headers["ETag"] == '"4"'


async def test_a_shipped_ledger_is_replaced_and_comes_back(client: httpx.AsyncClient, as_: As) -> None:
    admin = as_(Role.ADMIN, tenant="t-shipped")
    before = await client.get("/ledgers/overdue", headers=admin)
    assert (before.headers["ETag"], before.json()["shipped"]) == ('"0"', True)
    assert code_of(await client.delete("/ledgers/overdue", headers=admin)) == (409, "ledger-is-shipped")
    await client.put("/ledgers/overdue", headers=admin, json=OWN)
    assert (await client.get("/ledgers/overdue", headers=admin)).json()["title"] == OWN["title"]
    assert (await client.delete("/ledgers/overdue", headers=admin)).status_code == 204
    after = await client.get("/ledgers/overdue", headers=admin)
    assert (after.headers["ETag"], after.json()["columns"]) == ('"2"', before.json()["columns"])
    assert code_of(await client.delete("/ledgers/overdue", headers=admin)) == (409, "ledger-is-shipped")


@pytest.mark.parametrize(
    ("changes", "pointer", "code"),
    [
        ({"columns": ["number", "shoe_size"]}, "/columns/1", "ledger-column-unknown"),
        ({"columns": ["number", "number"]}, "/columns/1", "ledger-column-twice"),
        ({"columns": []}, "/columns", "too_short"),
        ({"columns": ["owner"]}, "/columns/0", "ledger-column-unknown"),
        ({"filters": {"category": ["street_order..x"]}}, "/filters/category/0", "ledger-category-invalid"),
        ({"filters": {"category": ["a.b.c.d"]}}, "/filters/category/0", "ledger-category-invalid"),
        ({"filters": {"source": ["hotline", "a b"]}}, "/filters/source/1", "ledger-code-invalid"),
        ({"filters": {"handling_mode": ["scolding"]}}, "/filters/handling_mode/0", "ledger-handling-mode-unknown"),
        ({"filters": {"status": ["lost"]}}, "/filters/status/0", "ledger-status-unknown"),
        ({"filters": {"kind": ["leaflets"]}}, "/filters/kind", "ledger-filter-of-other-subject"),
        ({"filters": {"on_time": "no"}}, "/filters/on_time", "bool_type"),
        ({"filters": {"shoe_size": ["44"]}}, "/filters/shoe_size", "extra_forbidden"),
        ({"period": "happened_at"}, "/period", "ledger-period-unknown"),
        ({"group_by": "description"}, "/group_by", "ledger-group-unknown"),
        *(
            (definition, "/filters/status", "ledger-matches-nothing")
            for definition in (
                {"period": "closed_at", "filters": {"status": ["assigned"]}},
                {"period": "closed_at", "filters": {"status": ["voided", "verified"]}},
                {"period": "resolved_at", "filters": {"status": ["received", "in_progress", "withdrawn"]}},
                {"filters": {"status": ["assigned"], "on_time": True}},
                {"filters": {"status": ["suspended", "merged"], "on_time": False}},
            )
        ),
        ({"subject": "activities", "columns": ["status"], "filters": {}}, "/columns/0", "ledger-column-unknown"),
        ({"subject": "cars"}, "/subject", "enum"),
        ({"title": {"zh": "", "en": "x"}}, "/title/zh", "string_too_short"),
    ],
)
async def test_a_definition_that_nothing_can_match_is_refused(
    client: httpx.AsyncClient, as_: As, changes: dict[str, Any], pointer: str, code: str
) -> None:
    answer = await client.put("/ledgers/bad", headers=as_(Role.ADMIN, tenant="t-bad"), json=OWN | changes)
    assert errors_of(answer) == [(pointer, code)]
    assert all(each["message"] for each in answer.json()["errors"])


@pytest.mark.parametrize(
    "changes",
    [
        {"period": "closed_at", "filters": {"status": ["closed", "voided"]}},
        {"period": "resolved_at", "filters": {"status": ["voided"]}},
        {"filters": {"status": ["assigned", "closed"], "on_time": True}},
        {"filters": {"status": ["transferred"], "on_time": False}},
    ],
)
async def test_a_definition_that_something_can_match_is_taken(
    client: httpx.AsyncClient, as_: As, changes: dict[str, Any]
) -> None:
    answer = await client.put("/ledgers/good", headers=as_(Role.ADMIN, tenant="t-good"), json=OWN | changes)
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize("name", ["Parking", "a.b", "a b", "1a", "停车", "a" * 65])
async def test_a_name_is_a_code(client: httpx.AsyncClient, as_: As, name: str) -> None:
    answer = await client.put(f"/ledgers/{name}", headers=as_(Role.ADMIN), json=OWN)
    assert answer.status_code in (404, 405, 422)


async def test_who_may_read_and_define(client: httpx.AsyncClient, as_: As) -> None:
    for role in Role:
        headers = as_(role, tenant="t-roles")
        expected = 200 if role in STAFF else 403
        for path in ("/ledgers", "/ledgers/by-source", "/ledgers/by-source/lines", "/ledgers/by-source/versions"):
            assert (await client.get(path, headers=headers)).status_code == expected
        changed = await client.put("/ledgers/mine", headers=headers, json=OWN)
        assert changed.status_code == (200 if role is Role.ADMIN else 403)


async def test_a_tenant_cannot_define_ledgers_without_end(
    client: httpx.AsyncClient, as_: As, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ledger_service.api.ledgers.MOST_LEDGERS", 2)
    admin = as_(Role.ADMIN, tenant="t-many")
    for name in ("one", "two"):
        assert (await client.put(f"/ledgers/{name}", headers=admin, json=OWN)).status_code == 200
    assert code_of(await client.put("/ledgers/three", headers=admin, json=OWN)) == (409, "too-many-ledgers")
    assert (await client.put("/ledgers/two", headers=admin, json=OWN)).status_code == 200


async def test_a_ledger_that_was_taken_away_makes_room_and_needs_room_to_come_back(
    client: httpx.AsyncClient, as_: As, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ledger_service.api.ledgers.MOST_LEDGERS", 1)
    admin = as_(Role.ADMIN, tenant="t-room")
    for name, other in (("one", "overdue"), ("overdue", "one")):
        assert (await client.put(f"/ledgers/{name}", headers=admin, json=OWN)).status_code == 200
        assert code_of(await client.put(f"/ledgers/{other}", headers=admin, json=OWN)) == (409, "too-many-ledgers")
        assert (await client.delete(f"/ledgers/{name}", headers=admin)).status_code == 204
    assert (await client.put("/ledgers/one", headers=admin, json=OWN)).status_code == 200
