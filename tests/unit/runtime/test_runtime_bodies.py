from collections.abc import AsyncIterator, Callable

import httpx
import pytest
from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send

from runtime.http.shell import Shell

Token = Callable[..., str]

GOOD = b'{"place":{"lon":107.2}}'


@pytest.mark.parametrize(
    "content_type", ["application/json", "application/json; charset=UTF-8", 'APPLICATION/JSON;charset="utf-8"']
)
async def test_takes_json_however_it_is_spelt(
    client: httpx.AsyncClient, citizen: dict[str, str], content_type: str
) -> None:
    answer = await client.post("/demo/v1/things", content=GOOD, headers={**citizen, "content-type": content_type})
    assert answer.status_code == 201


@pytest.mark.parametrize(
    "content_type",
    [None, "", "text/plain", "application/json; charset=gbk", "application/x-www-form-urlencoded", "json", "a/json;;="],
)
async def test_anything_else_is_415(
    client: httpx.AsyncClient, citizen: dict[str, str], content_type: str | None
) -> None:
    headers = {k: v for k, v in citizen.items() if k != "content-type"}
    if content_type is not None:
        headers["content-type"] = content_type
    answer = await client.post("/demo/v1/things", content=GOOD, headers=headers)
    assert answer.status_code == 415
    assert answer.json()["type"] == "urn:jieban:problem:media-type-unsupported"


async def test_of_several_content_types_the_first_counts(client: httpx.AsyncClient, citizen: dict[str, str]) -> None:
    headers = [(name, value) for name, value in citizen.items() if name != "content-type"]
    answers = []
    for first, last in (("text/plain", "application/json"), ("application/json", "multipart/form-data; boundary=x")):
        both = [*headers, ("content-type", first), ("content-type", last)]
        answers.append((await client.post("/demo/v1/things", content=GOOD, headers=both)).status_code)
    assert answers == [415, 201]


async def test_of_several_content_types_the_first_says_how_long_a_body_may_be() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await JSONResponse({})(scope, receive, send)

    shell = Shell(app, 100, {}, {"/form": 10_000})
    kinds = ("application/json", "multipart/form-data; boundary=x")
    async with httpx.AsyncClient(transport=httpx.ASGITransport(shell), base_url="http://shell") as client:
        for given, status in ((kinds, 413), (kinds[::-1], 200)):
            headers = [("content-type", kind) for kind in given]
            assert (await client.post("/form", content=b" " * 1_000, headers=headers)).status_code == status


async def test_a_missing_body_is_400(client: httpx.AsyncClient, citizen: dict[str, str]) -> None:
    answer = await client.post("/demo/v1/things", headers=citizen)
    assert answer.status_code == 400
    assert answer.json()["type"] == "urn:jieban:problem:body-missing"


async def test_an_optional_body_may_be_missing(client: httpx.AsyncClient, token: Token) -> None:
    headers = {"authorization": f"Bearer {token('officer')}"}
    answer = await client.post("/demo/v1/things/7/closing", headers=headers)
    assert answer.json() == {"number": 7, "note": None}
    answer = await client.post("/demo/v1/things/7/closing", json={"text": "done"}, headers=headers)
    assert answer.json() == {"number": 7, "note": "done"}
    answer = await client.post("/demo/v1/things/7/closing", content=b"[NaN]", headers=headers)
    assert answer.status_code == 415


async def test_a_declared_length_over_the_limit_is_413_before_it_is_read(
    client: httpx.AsyncClient, citizen: dict[str, str]
) -> None:
    answer = await client.post("/demo/v1/things", content=b"x" * 200_001, headers=citizen)
    assert answer.status_code == 413
    assert "200000" in answer.json()["detail"]


async def test_an_absurd_length_is_413(client: httpx.AsyncClient, citizen: dict[str, str]) -> None:
    headers = {**citizen, "content-length": "9" * 5000}
    answer = await client.post("/demo/v1/things", content=GOOD, headers=headers)
    assert answer.status_code == 413


async def test_an_endless_stream_is_413_once_the_limit_is_passed(
    client: httpx.AsyncClient, citizen: dict[str, str]
) -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while True:
            sent += 10_000
            yield b" " * 10_000

    answer = await client.post("/demo/v1/things", content=endless(), headers=citizen)
    assert answer.status_code == 413
    assert sent <= 220_000


@pytest.mark.parametrize("url", ["/demo/v1/things?cursor=%00", "/demo/v1/%00"])
async def test_nul_in_the_url_is_400(client: httpx.AsyncClient, url: str) -> None:
    answer = await client.get(url)
    assert answer.status_code == 400
    assert answer.json()["type"] == "urn:jieban:problem:url-invalid"


@pytest.mark.parametrize(
    ("body", "pointer", "code"),
    [
        ({"place": {"lon": True}}, "/place/lon", "float_type"),
        ({"place": {"lon": "1.0"}}, "/place/lon", "float_type"),
        ({"place": {"lon": 180.0000001}}, "/place/lon", "less_than_equal"),
        ({"place": {}}, "/place/lon", "missing"),
        ({"place": {"lon": 1}, "a/b~c": 1}, "/a~1b~0c", "extra_forbidden"),
        ({"place": {"lon": 1}, "tags": ["a", 1]}, "/tags/1", "string_type"),
        ({"place": {"lon": 1}, "count": 1.0}, "/count", "int_type"),
        ({"place": {"lon": 1}, "count": 2**63}, "/count", "less_than_equal"),
        ({"place": {"lon": 1}, "count": False}, "/count", "int_type"),
        ({"place": {"lon": 1}, "at": "2024-10-15"}, "/at", "instant_invalid"),
        ({"place": {"lon": 1}, "at": "2024-10-15T08:00:00"}, "/at", "timezone_aware"),
        ({"place": {"lon": 1}, "at": "2024-10-15T23:59:60Z"}, "/at", "datetime_from_date_parsing"),
        ({"place": {"lon": 1}, "at": "0001-01-01T00:00:00+14:00"}, "/at", "instant_invalid"),
        ({"place": {"lon": 1}, "at": 1728979200}, "/at", "instant_invalid"),
        ({"place": {"lon": 1}, "at": "1728979200"}, "/at", "instant_invalid"),
        ({"place": {"lon": 1}, "title": "STOP"}, "/title", "value_error"),
        ([], "", "model_attributes_type"),
    ],
)
async def test_points_at_what_does_not_fit(
    client: httpx.AsyncClient, citizen: dict[str, str], body: object, pointer: str, code: str
) -> None:
    answer = await client.post("/demo/v1/things", json=body, headers=citizen)
    problem = answer.json()
    assert answer.status_code == 422
    assert [(error["pointer"], error["code"]) for error in problem["errors"]] == [(pointer, code)]
    assert "{" not in problem["errors"][0]["message"]


async def test_null_is_no_object(client: httpx.AsyncClient, citizen: dict[str, str]) -> None:
    answer = await client.post("/demo/v1/things", content=b"null", headers=citizen)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == ""


async def test_an_instant_is_kept_in_utc(client: httpx.AsyncClient, citizen: dict[str, str]) -> None:
    body = {"place": {"lon": 1}, "at": "2024-10-15T08:00:00+08:00"}
    answer = await client.post("/demo/v1/things", json=body, headers=citizen)
    assert answer.json()["thing"]["at"] == "2024-10-15T00:00:00Z"


async def test_nothing_that_was_sent_comes_back(client: httpx.AsyncClient, citizen: dict[str, str]) -> None:
    body = {"place": {"lon": "CANARY"}, "title": "CANARY" * 10, "at": "CANARY", "tags": "CANARY"}
    answer = await client.post("/demo/v1/things", json=body, headers=citizen)
    assert answer.status_code == 422
    assert "CANARY" not in answer.text
