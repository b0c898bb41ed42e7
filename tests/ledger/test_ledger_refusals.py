"""Bad input, wrong roles, and what is open to everybody."""

from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from contracts.lifecycle import EventType, Status
from contracts.roles import Role
from histories import OWNER, History
from ledger.conftest import As, Enter
from refusals import code_of, errors_of
from runtime.auth import access_table
from runtime.ids import uuid7

UNKNOWN = "01a20a15-0000-7000-8000-000000000000"
"""A complaint that there is not; named, so that each process that collects the tests names them alike."""


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/method"),
        ({"method": "guess"}, "/method"),
        ({"method": "call", "note": ""}, "/note"),
        ({"method": "call", "note": "长" * 2001}, "/note"),
        ({"method": "call", "outcome": "passed"}, "/outcome"),
        ({"method": "call", "status": "closed"}, "/status"),
        (["call"], ""),
    ],
)
async def test_a_wrong_verification_is_told_where(
    client: httpx.AsyncClient, as_: As, body: object, pointer: str
) -> None:
    answer = await client.post(f"/complaints/{uuid7()}/verification", json=body, headers=as_(Role.INSPECTOR))
    assert (answer.status_code, [error["pointer"] for error in answer.json()["errors"]]) == (422, [pointer])
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"satisfaction": "fine"}, "/satisfaction"),
        ({"satisfaction": None}, "/satisfaction"),
        ({"solved": "yes"}, "/solved"),
        ({"solved": 1}, "/solved"),
        ({"comment": "长" * 2001}, "/comment"),
        ({"actor": "somebody-else"}, "/actor"),
    ],
)
async def test_a_wrong_feedback_is_told_where(
    client: httpx.AsyncClient, as_: As, change: dict[str, Any], pointer: str
) -> None:
    body = {"satisfaction": "satisfied", "solved": True} | change
    answer = await client.post(f"/complaints/{uuid7()}/feedback", json=body, headers=as_(Role.CITIZEN, OWNER))
    assert (answer.status_code, [error["pointer"] for error in answer.json()["errors"]]) == (422, [pointer])


@pytest.mark.parametrize("text", [b"", b"{", b'{"method": NaN}', b'{"method": "call", "note": "\\u0000"}', b"\xff"])
async def test_what_is_no_json_is_400(client: httpx.AsyncClient, as_: As, text: bytes) -> None:
    headers = as_(Role.INSPECTOR) | {"Content-Type": "application/json"}
    answer = await client.post(f"/complaints/{uuid7()}/verification", content=text, headers=headers)
    assert answer.status_code == 400


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("status=done", "query/status/0"),
        ("bbox=1,2,3", "query/bbox"),
        ("bbox=107.3,26,107.2,27", "query/bbox"),
        ("bbox=nan,26,107.2,27", "query/bbox"),
        ("updated_after=yesterday", "query/updated_after"),
        ("updated_after=2026-03-01T08:00:00", "query/updated_after"),
        ("received_from=0001-01-01T00:00:00%2B14:00", "query/received_from"),
        ("limit=0", "query/limit"),
        ("limit=201", "query/limit"),
        ("team=", "query/team"),
    ],
)
async def test_a_wrong_filter_is_told_where(client: httpx.AsyncClient, as_: As, query: str, pointer: str) -> None:
    answer = await client.get(f"/complaints?{query}", headers=as_(Role.ANALYST))
    assert (answer.status_code, [error["pointer"] for error in answer.json()["errors"]]) == (422, [pointer])


@pytest.mark.parametrize(
    ("path", "code", "pointer"),
    [
        ("/complaints?received_from={now}&received_to={earlier}", "period-reversed", "query/received_to"),
        ("/entries?occurred_from={now}&occurred_to={earlier}", "period-reversed", "query/occurred_to"),
        ("/activities?happened_from={now}&happened_to={earlier}", "period-reversed", "query/happened_to"),
        ("/hotspots?active_from={now}&active_to={earlier}", "period-reversed", "query/active_to"),
        ("/bulletin?{backwards}", "period-reversed", "query/to"),
        ("/ledgers/by-source/lines?{backwards}", "period-reversed", "query/to"),
        ("/ledgers/by-source.csv?{backwards}", "period-reversed", "query/to"),
        ("/statistics/indicators?{backwards}", "period-reversed", "query/to"),
        ("/statistics/ranking?by=team&{backwards}", "period-reversed", "query/to"),
        ("/statistics/indicators?from=2016-03-31&to=2026-03-01", "period-too-long", "query/to"),
        ("/statistics/series?step=day&from=2024-03-31&to=2026-03-01", "period-too-long", "query/to"),
        ("/statistics/indicators?from=2026-03-01&to=2026-03-01&as_of=2999-01-01", "as-of-in-future", "query/as_of"),
    ],
)
async def test_a_period_that_cannot_be_is_a_problem_of_its_own_kind(
    client: httpx.AsyncClient, as_: As, path: str, code: str, pointer: str
) -> None:
    backwards = "from=2026-03-02&to=2026-03-01"
    path = path.format(now="2026-03-02T08:00:00Z", earlier="2026-03-01T08:00:00Z", backwards=backwards)
    answer = await client.get(path, headers=as_(Role.ANALYST))
    assert (code_of(answer), errors_of(answer)) == ((422, code), [(pointer, code)])
    assert answer.json()["title"] != code
    assert "{" not in answer.json()["detail"]


@pytest.mark.parametrize("path", ["/complaints/not-a-uuid", "/entries?complaint=1", "/entries?type=received"])
async def test_a_wrong_id_or_type_is_422(client: httpx.AsyncClient, as_: As, path: str) -> None:
    assert (await client.get(path, headers=as_(Role.ANALYST))).status_code == 422


@pytest.mark.parametrize(
    ("method", "path", "role"),
    [
        ("GET", "/entries", Role.CITIZEN),
        ("GET", "/entries", Role.PARTNER),
        ("POST", f"/complaints/{UNKNOWN}/verification", Role.OFFICER),
        ("POST", f"/complaints/{UNKNOWN}/verification", Role.CITIZEN),
        ("POST", f"/complaints/{UNKNOWN}/feedback", Role.OFFICER),
        ("POST", f"/complaints/{UNKNOWN}/feedback", Role.PARTNER),
    ],
)
async def test_other_roles_are_refused(client: httpx.AsyncClient, as_: As, method: str, path: str, role: Role) -> None:
    answer = await client.request(method, path, json={} if method == "POST" else None, headers=as_(role))
    assert (answer.status_code, answer.json()["type"]) == (403, "urn:jieban:problem:access-denied")


async def test_without_a_token_there_is_only_the_flow(client: httpx.AsyncClient) -> None:
    for path in ("/complaints", "/entries", f"/complaints/{uuid7()}"):
        answer = await client.get(path)
        assert (answer.status_code, "WWW-Authenticate" in answer.headers) == (401, True)
    assert (await client.get("/flow")).status_code == 200


def test_every_route_says_who_may_call_it(app: FastAPI) -> None:
    unsaid = [access for access in access_table(app) if access.roles is None]
    assert unsaid == []
    open_to_all = {access.path for access in access_table(app) if access.is_public}
    operations = {
        f"{prefix}/{page}" for prefix in ("/ledger", "/ledger/v1") for page in ("healthz", "readyz", "metrics")
    }
    documents = {"/ledger/docs", "/ledger/openapi.json", "/ledger/v1/docs", "/ledger/v1/flow"}
    words = {"/ledger/v1/feedback", "/ledger/v1/feedback/{token}"}
    open_data = {f"/ledger/v1/public/{{tenant}}/{name}" for name in ("months", "complaints", "map", "figures")}
    assert open_to_all == operations | documents | words | open_data


async def test_the_flow_is_the_state_table(client: httpx.AsyncClient) -> None:
    flow = (await client.get("/flow")).json()
    assert [state["code"] for state in flow["states"]] == list(Status)
    assert {state["code"] for state in flow["states"] if state["final"]} == {
        "closed", "withdrawn", "voided", "rejected", "merged",
    }  # fmt: skip
    assert {transition["event"] for transition in flow["transitions"]} == set(EventType)
    [verified] = [line for line in flow["transitions"] if line["event"] == "complaint.verified"]
    assert verified == {
        "event": "complaint.verified",
        "zh": "核查通过",
        "en": "Verified",
        "from": ["resolved"],
        "to": "verified",
        "owner": "ledger",
        "roles": ["inspector"],
    }
    drawing = await client.get("/flow?format=mermaid")
    assert drawing.headers["content-type"] == "text/plain; charset=utf-8"
    assert "resolved --> verified : 核查通过 verified" in drawing.text
    picture = await client.get("/flow?format=svg")
    assert picture.headers["content-type"] == "image/svg+xml"
    assert picture.text.startswith("<svg")
    refused = await client.get("/flow?format=png")
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["message"] == "应为以下之一：'json', 'mermaid', 'svg'。"


async def test_nul_in_a_filter_is_refused_not_an_error(client: httpx.AsyncClient, as_: As, enter: Enter) -> None:
    history = History()
    history.received()
    await enter(history)
    for query in ("category=a%00b", "source=%ff", "team=%ed%a0%80"):
        answer = await client.get(f"/complaints?{query}", headers=as_(Role.ANALYST))
        assert answer.status_code in {200, 400, 422}, query
