"""Reading the configuration that comes with the service, and reports that it judges."""

from typing import Any

import httpx
import pytest

from contracts.roles import Role
from intake.conftest import As
from intake.reports import HOTLINE, report
from refusals import code_of, errors_of


async def test_the_shipped_categories_are_read_by_everybody(client: httpx.AsyncClient) -> None:
    answer = await client.get("/categories")
    assert answer.headers["X-Configuration-Version"] == "1"
    categories = {each["code"]: each for each in answer.json()}
    assert len(categories) == 27
    cables = categories["safety.charging_cables"]
    assert (cables["parent"], cables["zh"], cables["standing"]) == ("safety", "拉线充电", "active")
    assert cables["limits"]["on_site"] == {"amount": 2, "unit": "hours"}
    assert [question["name"] for question in cables["questions"]] == ["fire"]
    one = await client.get("/categories/safety.charging_cables")
    assert one.json() == cables

    again = await client.get("/categories", headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


async def test_both_duty_lists_and_all_sources(client: httpx.AsyncClient) -> None:
    service = (await client.get("/duty-lists", params={"list": "service"})).json()
    assert [each["zh"] for each in service] == ["宣传", "法治进社区", "纠纷调解", "便民疏导", "议事协调会"]
    management = (await client.get("/duty-lists", params={"list": "management"})).json()
    assert all(each["handling_mode"] and each["subject"] for each in management)
    assert [each["code"] for each in management if not each["limit"]] == ["dogs"]  # as long as any other matter
    sources = (await client.get("/sources")).json()
    assert [source["proactive"] for source in sources] == [False] * 3 + [True] * 6


async def test_what_is_not_there(client: httpx.AsyncClient, as_: As) -> None:
    for path, status, code in (
        ("/categories/no.such", 404, "category-not-found"),
        ("/categories?version=2", 404, "configuration-version-not-found"),
        ("/sources?version=1&at=2026-01-01T00:00:00Z", 422, "validation-failed"),
        ("/sources?version=0", 422, "validation-failed"),
    ):
        answer = await client.get(path)
        assert code_of(answer) == (status, code), path
    assert (await client.get("/sources", headers={"Authorization": "Bearer nonsense"})).status_code == 401


@pytest.mark.parametrize(
    ("body", "pointer", "advice"),
    [
        (report(category="emergency"), "/category", "119"),
        (report(category="safety.strung_wires", attributes={"fire": True}), "/attributes/fire", "ring 119"),
        (report(category="civility.dogs", attributes={"injured": True}), "/attributes/injured", "120"),
    ],
)
async def test_a_report_out_of_scope_is_stopped_with_advice(
    client: httpx.AsyncClient, as_: As, body: dict[str, Any], pointer: str, advice: str
) -> None:
    answer = await client.post("/complaints", json=body, headers=as_(Role.CITIZEN))
    problem = answer.json()
    assert code_of(answer) == (422, "report-out-of-scope")
    assert problem["errors"][0]["pointer"] == pointer
    assert advice in problem["detail"]
    assert problem["advice"]["en"] == problem["detail"] == problem["errors"][0]["message"]
    assert "拨打" in problem["advice"]["zh"]


@pytest.mark.parametrize(
    ("category", "attributes", "wrong"),
    [
        ("city_appearance.small_ads", {"surface": "moon"}, ("/attributes/surface", "attribute-unknown-choice")),
        ("city_appearance.small_ads", {"surface": 3}, ("/attributes/surface", "attribute-type")),
        ("city_appearance.small_ads", {"pieces": 0}, ("/attributes/pieces", "attribute-out-of-range")),
        ("city_appearance.small_ads", {"pieces": True}, ("/attributes/pieces", "attribute-type")),
        ("civility.dogs", {"conduct": ["barking", "barking"]}, ("/attributes/conduct", "attribute-choice-twice")),
        ("civility.dogs", {"conduct": "barking"}, ("/attributes/conduct", "attribute-type")),
        ("unauthorised_building.structure", {"since": "2026-02-30"}, ("/attributes/since", "attribute-type")),
        ("unauthorised_building.structure", {"since": "1848-03-01"}, ("/attributes/since", "attribute-out-of-range")),
        ("facilities.lamps", {"pole": "9" * 41}, ("/attributes/pole", "attribute-out-of-range")),
        ("safety", {"fire": "yes"}, ("/attributes/fire", "attribute-type")),
    ],
)
async def test_an_answer_that_does_not_fit_its_question(
    client: httpx.AsyncClient, as_: As, category: str, attributes: dict[str, Any], wrong: tuple[str, str]
) -> None:
    body = report(category=category, attributes=attributes)
    answer = await client.post("/complaints", json=body, headers=as_(Role.CITIZEN))
    assert errors_of(answer) == [wrong]


async def test_good_answers_are_kept(client: httpx.AsyncClient, as_: As) -> None:
    given = {"conduct": ["unleashed", "fouling"], "injured": False, "breed": "asked by nobody"}
    body = report(category="civility.dogs", attributes=given)
    receipt = (await client.post("/complaints", json=body, headers=as_(Role.CITIZEN))).json()
    view = (await client.get(f"/complaints/{receipt['id']}", headers=as_(Role.CITIZEN))).json()
    assert view["attributes"] == given


async def test_a_partner_on_the_hotline_has_to_give_its_number(client: httpx.AsyncClient, as_: As) -> None:
    answer = await client.post("/complaints", json=HOTLINE, headers=as_(Role.PARTNER))
    assert errors_of(answer) == [("/external_ref", "source-demands")]
    assert (await client.post("/complaints", json=HOTLINE, headers=as_(Role.OPERATOR))).status_code == 201
