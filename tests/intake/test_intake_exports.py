"""Complaints as files, and looking for a person: what is in them, who may, and that it is kept who did."""

import csv
import io
import json
from typing import Any

import httpx
import pytest
import pytest_asyncio
from openpyxl import load_workbook
from sqlalchemy.ext.asyncio import AsyncEngine

from contracts.roles import Role
from intake.configuring import category, configuration
from intake.conftest import As
from intake.reports import report
from intake.searches import put, read, taken
from intake_service.service import exporting
from refusals import code_of, errors_of
from runtime.lifecycle import Service

PHONE = {"name": "王芳", "phone": "138 0000 1234"}
FORMULA = '=HYPERLINK("http://example.org","停车")'


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def made(client: httpx.AsyncClient, engine: AsyncEngine, as_: As) -> list[str]:
    at = {"lon": 107.2, "lat": 26.5, "address": "福来社区3栋"}
    made = [
        await taken(client, as_, FORMULA, reporter=PHONE, location=at),
        await taken(client, as_, "占道\n停车", category="street_order"),
        await taken(client, as_, "停车举报", kind="report", reporter={**PHONE, "confidential": True}),
    ]
    await put(engine, made[1], status="closed")
    await read(engine)
    return made


async def test_a_csv_file_is_safe_and_in_words(client: httpx.AsyncClient, as_: As, made: list[str]) -> None:
    headers = as_(Role.OPERATOR) | {"Accept-Language": "zh-CN"}
    answer = await client.get("/complaints.csv", params={"sort": "oldest"}, headers=headers)
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Disposition"] == 'attachment; filename="complaints.csv"'
    head, *rows = csv.reader(io.StringIO(answer.content.decode("utf-8-sig")))
    assert head[:3] == ["编号", "受理时间", "状态"]
    assert "电话" not in head
    lines = [dict(zip(head, row, strict=True)) for row in rows]
    assert [line["标识"] for line in lines] == made
    assert lines[0]["描述"] == f"'{FORMULA}"
    assert [line["状态"] for line in lines] == ["已受理", "已结案", "已受理"]
    assert lines[1]["类别"] == "街面秩序"
    assert PHONE["phone"] not in answer.text


async def test_a_workbook_has_texts_as_texts(client: httpx.AsyncClient, as_: As, made: list[str]) -> None:
    answer = await client.get("/complaints.xlsx", params={"q": "停车", "lang": "en"}, headers=as_(Role.DISPATCHER))
    sheet = load_workbook(io.BytesIO(answer.content)).active
    rows = list(sheet.iter_rows(values_only=True))
    assert rows[0][0] == "Complaints"
    assert "dispatcher-1" in rows[1][0]
    head = rows[2]
    lines = [dict(zip(head, row, strict=True)) for row in rows[3:]]
    assert [line["Id"] for line in lines] == made[::-1]
    assert lines[2]["Description"] == FORMULA
    assert (lines[2]["Longitude"], lines[2]["Source"]) == (107.2, "12345 hotline")


async def test_lines_of_json_have_codes(client: httpx.AsyncClient, as_: As, made: list[str]) -> None:
    answer = await client.get("/complaints.ndjson", params={"status": "ended"}, headers=as_(Role.ADMIN))
    [line] = map(json.loads, answer.text.splitlines())
    assert (line["id"], line["status"], line["description"]) == (made[1], "closed", "占道\n停车")
    assert line["received_at"].endswith("+00:00")


async def test_things_are_called_as_in_the_version_that_each_complaint_was_filed_under(
    client: httpx.AsyncClient, as_: As, monkeypatch: pytest.MonkeyPatch
) -> None:
    admin, citizen = (as_(role, tenant="440100") for role in (Role.ADMIN, Role.CITIZEN))
    body = report(category="street_order.parking", kind="report")
    assert (await client.post("/complaints", json=body, headers=citizen)).is_success
    given = configuration()
    category(given, "street_order.parking")["zh"] = "违停"
    next(each for each in given["sources"] if each["code"] == "resident_app")["en"] = "Any app"
    assert (await client.put("/configuration/draft", json=given, headers=admin)).is_success
    assert (await client.post("/configuration/publication", json={}, headers=admin)).is_success
    assert (await client.post("/complaints", json={**body, "kind": "help"}, headers=citizen)).is_success
    monkeypatch.setattr(exporting, "BATCH", 1)

    async def lines(form: str, lang: str) -> list[dict[str, Any]]:
        asked = {"sort": "oldest", "lang": lang}
        answer = await client.get(f"/complaints.{form}", params=asked, headers=admin)
        if form == "csv":
            return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
        if form == "ndjson":
            return [json.loads(line) for line in answer.text.splitlines()]
        _, _, head, *rows = load_workbook(io.BytesIO(answer.content)).active.iter_rows(values_only=True)
        return [dict(zip(head, row, strict=True)) for row in rows]

    listed = (await client.get("/complaints", params={"sort": "oldest"}, headers=admin)).json()["items"]
    assert [each["category_name"]["zh"] for each in listed] == ["乱停乱放", "违停"]
    for form in ("csv", "xlsx"):
        chinese, english = await lines(form, "zh"), await lines(form, "en")
        assert [each["类别"] for each in chinese] == ["乱停乱放", "违停"]
        assert [each["Source"] for each in english] == [each["source_name"]["en"] for each in listed]
        assert [each["诉求类型"] for each in chinese] == ["举报", "求助"]
        assert [each["Kind"] for each in english] == ["Report on others", "Request for help"]
    assert [each["kind"] for each in await lines("ndjson", "zh")] == ["report", "help"]


async def test_reporters_are_told_to_whom_may_contact_them(client: httpx.AsyncClient, as_: As, made: list[str]) -> None:
    asked: dict[str, Any] = {"reporters": True, "sort": "oldest"}
    told = {}
    for role in (Role.OPERATOR, Role.SUPERVISOR):
        answer = await client.get("/complaints.ndjson", params=asked, headers=as_(role))
        told[role] = [json.loads(line)["phone"] for line in answer.text.splitlines()]
    assert told[Role.OPERATOR] == [PHONE["phone"], None, None]
    assert told[Role.SUPERVISOR] == [PHONE["phone"], None, PHONE["phone"]]
    refused = await client.get("/complaints.csv", params=asked, headers=as_(Role.DISPATCHER))
    assert code_of(refused) == (403, "access-denied")
    for role in (Role.ANALYST, Role.OFFICER, Role.INSPECTOR, Role.CITIZEN, Role.PARTNER):
        assert (await client.get("/complaints.csv", headers=as_(role))).status_code == 403


async def test_every_file_is_kept_in_mind(client: httpx.AsyncClient, as_: As, made: list[str]) -> None:
    asked: dict[str, Any] = {"q": "停车", "category": "street_order", "reporters": True}
    await client.get("/complaints.csv", params=asked, headers=as_(Role.SUPERVISOR, "auditee"))
    answer = await client.get("/disclosures", headers=as_(Role.SUPERVISOR, "auditee"))
    [kept] = answer.json()["items"]
    expected = {"kind": "export", "actor": "auditee", "form": "csv", "reporters": True, "complaints": 3}
    assert expected.items() <= kept.items()
    assert kept["filters"] == {"q": "停车", "category": ["street_order"]}
    all_of_them = (await client.get("/disclosures?limit=200", headers=as_(Role.ADMIN))).json()["items"]
    assert kept in all_of_them
    assert (await client.get("/disclosures", headers=as_(Role.ADMIN, tenant="110000"))).json()["items"] == []


async def test_a_file_has_its_limits(
    client: httpx.AsyncClient, service: Service, as_: As, made: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = len((await client.get("/disclosures?limit=200", headers=as_(Role.ADMIN))).json()["items"])
    with monkeypatch.context() as patch:
        patch.setattr(service.app.state.exporting, "_most", 2)
        answer = await client.get("/complaints.csv", headers=as_(Role.OPERATOR))
        assert code_of(answer) == (413, "complaints-export-too-large")
        assert "received_from" in answer.json()["detail"]
        for _ in range(3):  # whoever is refused holds nothing
            assert (await client.get("/complaints.csv?status=ended", headers=as_(Role.OPERATOR))).status_code == 200
    monkeypatch.setattr(exporting, "AT_ONCE", 0)
    assert code_of(await client.get("/complaints.csv", headers=as_(Role.OPERATOR))) == (503, "exports-busy")
    after = len((await client.get("/disclosures?limit=200", headers=as_(Role.ADMIN))).json()["items"])
    assert after == before + 3


async def test_a_person_is_found_by_their_number(client: httpx.AsyncClient, as_: As, made: list[str]) -> None:
    for role, expected in ((Role.OPERATOR, [made[0]]), (Role.SUPERVISOR, [made[2], made[0]])):
        answer = await client.post(
            "/complaints/of-reporter", json={"phone": "+86 13800001234"}, headers=as_(role, "seeker")
        )
        assert [each["id"] for each in answer.json()["items"]] == expected
        assert answer.json()["items"][-1]["reporter"]["name"] == "王芳"
    kept = (await client.get("/disclosures", headers=as_(Role.SUPERVISOR, "seeker"))).json()["items"]
    assert [(each["kind"], each["filters"], each["complaints"]) for each in kept] == [
        ("phone", {"phone": "…1234"}, 2),
        ("phone", {"phone": "…1234"}, 1),
    ]
    some = await client.post(
        "/complaints/of-reporter", json={"phone": "13800001234", "limit": 1}, headers=as_(Role.SUPERVISOR)
    )
    assert (len(some.json()["items"]), some.json()["more"]) == (1, True)
    none = await client.post("/complaints/of-reporter", json={"phone": "13800001235"}, headers=as_(Role.SUPERVISOR))
    assert none.json() == {"items": [], "more": False}


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({"phone": "me"}, ("/phone", "phone-invalid")),
        ({"phone": "1" * 41}, ("/phone", "string_too_long")),
        ({"phone": "13800001234", "limit": 201}, ("/limit", "less_than_equal")),
    ],
)
async def test_a_bad_number_is_refused(
    client: httpx.AsyncClient, as_: As, body: dict[str, Any], error: tuple[str, str]
) -> None:
    answer = await client.post("/complaints/of-reporter", json=body, headers=as_(Role.OPERATOR))
    assert errors_of(answer) == [error]
    assert (await client.post("/complaints/of-reporter", json=body, headers=as_(Role.ANALYST))).status_code == 403


async def test_a_map_is_a_file_with_the_same_rights(
    client: httpx.AsyncClient, as_: As, made: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    nowhere = await taken(client, as_, "停车，不知在哪里", location={"address": "某处"})
    monkeypatch.setattr(exporting, "BATCH", 1)
    asked: dict[str, Any] = {"q": "停车", "reporters": True}
    answer = await client.get("/complaints.geojson", params=asked, headers=as_(Role.SUPERVISOR, "mapper"))
    assert answer.headers["Content-Type"] == "application/geo+json"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="complaints.geojson"'
    content = answer.json()
    assert content["type"] == "FeatureCollection"
    features = {each["id"]: each for each in content["features"]}
    assert sorted(features) == sorted(made), "what has no point is on no map"
    first = features[made[0]]
    assert (first["type"], first["geometry"]) == ("Feature", {"type": "Point", "coordinates": [107.2, 26.5]})
    assert first["properties"]["description"] == FORMULA
    assert (first["properties"]["status"], first["properties"]["phone"]) == ("received", PHONE["phone"])
    assert not {"lon", "lat", "id"} & set(first["properties"])
    [kept] = (await client.get("/disclosures", headers=as_(Role.SUPERVISOR, "mapper"))).json()["items"]
    assert (kept["form"], kept["complaints"], kept["reporters"]) == ("geojson", 3, True)

    empty = await client.get("/complaints.geojson?located=false", headers=as_(Role.OPERATOR))
    assert empty.json() == {"type": "FeatureCollection", "features": []}
    assert (await client.get("/complaints.geojson", headers=as_(Role.ANALYST))).status_code == 403
    assert nowhere not in answer.text
