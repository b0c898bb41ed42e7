"""The Open311 façade: formats, keys, requests, and what it refuses."""

import json
from typing import Any
from xml.etree import ElementTree

import httpx
import pytest
import pytest_asyncio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from contracts.roles import Role
from intake.attachments.files import picture
from intake.conftest import TENANT, As
from runtime.lifecycle import Service

OPEN311 = "http://intake.test/open311/v2"
PLACE = {"lat": "26.5807", "long": "107.2357"}
PNG = picture("PNG")


@pytest.fixture
def key(as_: As) -> str:
    """A partner's API key."""
    return as_(Role.PARTNER, "app-1")["Authorization"].removeprefix("Bearer ")


def form(key: str | None, **changes: str) -> dict[str, str]:
    known = {"api_key": key or "", "service_code": "facilities.lamps", "description": "路灯不亮", **PLACE}
    return {name: value for name, value in {**known, **changes}.items() if value}


async def filed(client: httpx.AsyncClient, key: str, **changes: str) -> str:
    answer = await client.post(f"{OPEN311}/requests.json", data=form(key, **changes))
    assert answer.status_code == 201, answer.text
    return str(answer.json()[0]["service_request_id"])


@pytest_asyncio.fixture(loop_scope="session")
async def in_public(service: Service) -> Any:
    """Let everybody read, for one test."""
    before = service.app.state.settings
    service.app.state.settings = before.model_copy(update={"open311_public": True})
    yield
    service.app.state.settings = before


async def test_discovery_and_services_in_both_formats(client: httpx.AsyncClient) -> None:
    found = (await client.get(f"{OPEN311}/discovery.json")).json()
    assert found["endpoints"][0]["url"] == OPEN311
    top = ElementTree.fromstring((await client.get(f"{OPEN311}/discovery.xml")).content)
    assert [each.text for each in top.iter("format")] == ["application/json", "text/xml"]
    services = (await client.get(f"{OPEN311}/services.json")).json()
    (lamps,) = [each for each in services if each["service_code"] == "facilities.lamps"]
    assert lamps["service_name"] == "路灯"
    assert (lamps["group"], lamps["type"], lamps["metadata"]) == ("公用设施", "realtime", True)
    answer = await client.get(f"{OPEN311}/services.xml", params={"jurisdiction_id": TENANT})
    assert answer.headers["content-type"] == "text/xml; charset=utf-8"
    assert len(ElementTree.fromstring(answer.content)) == len(services)
    definition = (await client.get(f"{OPEN311}/services/facilities.lamps.json")).json()
    assert definition["service_code"] == "facilities.lamps"
    assert [(each["code"], each["datatype"]) for each in definition["attributes"]] == [("pole", "text")]


@pytest.mark.parametrize("suffix", ["json", "xml"])
@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "services/nothing", 404),
        ("GET", "services/facilities.lamps", 200),
        ("GET", "unheard_of", 404),
        ("PUT", "requests", 405),
        ("GET", "requests", 403),
        ("GET", "requests/1", 403),
        ("POST", "requests", 415),
    ],
)
async def test_errors_are_in_the_format_of_the_address(
    client: httpx.AsyncClient, suffix: str, method: str, path: str, status: int
) -> None:
    answer = await client.request(method, f"{OPEN311}/{path}.{suffix}")
    assert answer.status_code == status
    if status == 200:
        return
    if suffix == "json":
        assert [each["code"] for each in answer.json()] == [status]
    else:
        top = ElementTree.fromstring(answer.content)
        assert (top.tag, top[0].tag, top[0][0].text) == ("errors", "error", str(status))


async def test_a_request_is_filed_read_and_kept_from_others(client: httpx.AsyncClient, key: str, as_: As) -> None:
    more = {"first_name": "三", "last_name": "张", "phone": "13800000000", "attribute[pole]": "3"}
    number = await filed(client, key, **more)
    by_query = await client.get(f"{OPEN311}/requests/{number}.json", params={"api_key": key})
    by_header = await client.get(f"{OPEN311}/requests/{number}.json", headers={"Authorization": f"Bearer {key}"})
    for (told,) in (by_query.json(), by_header.json()):
        assert told["description"] == "路灯不亮"
        assert (told["lat"], told["long"], told["status"]) == (26.5807, 107.2357, "open")
        assert None not in told.values()
    top = ElementTree.fromstring((await client.get(f"{OPEN311}/tokens/{number}.xml", params={"api_key": key})).content)
    assert top[0].findtext("service_request_id") == number
    other = as_(Role.PARTNER, "app-2")
    assert (await client.get(f"{OPEN311}/requests/{number}.json", headers=other)).status_code == 404
    (kept,) = (await client.get("complaints", params={"limit": 1}, headers=as_(Role.OPERATOR))).json()["items"]
    assert kept["number"] == number
    assert kept["reporter"]["phone"] == "13800000000"
    assert kept["attributes"] == {"pole": "3"}


async def test_the_public_sees_no_words_and_no_exact_place(
    client: httpx.AsyncClient, key: str, in_public: None
) -> None:
    number = await filed(client, key, address_string="福来社区三号楼二单元")
    (told,) = (await client.get(f"{OPEN311}/requests.json", params={"service_request_id": number})).json()
    assert not {"description", "address"} & told.keys()
    assert (told["lat"], told["long"]) == (26.581, 107.236)
    assert (await client.get(f"{OPEN311}/requests/{number}.json", params={"api_key": "x"})).status_code == 403


async def test_lists_by_service_state_time_and_page(client: httpx.AsyncClient, key: str, as_: As) -> None:
    mine = as_(Role.PARTNER, "app-3")
    own = mine["Authorization"].removeprefix("Bearer ")
    numbers = [await filed(client, own, service_code=code) for code in ("facilities.lamps", "facilities.covers") * 2]

    async def found(**params: str) -> list[str]:
        answer = await client.get(f"{OPEN311}/requests.json", params=params, headers=mine)
        assert answer.status_code == 200, answer.text
        return [each["service_request_id"] for each in answer.json()]

    assert await found() == numbers[::-1]
    assert await found(service_code="facilities.covers") == [numbers[3], numbers[1]]
    assert await found(status="closed") == []
    assert await found(status="open,closed", page_size="3", page="2") == numbers[:1]
    assert await found(service_request_id=f"{numbers[0]},{numbers[2]}", status="closed") == [numbers[2], numbers[0]]
    assert await found(start_date="2020-01-01", end_date="2020-03-01T00:00:00Z") == []


@pytest.mark.parametrize(
    "params",
    [
        {"start_date": "2020-01-01", "end_date": "2020-06-01"},
        {"start_date": "2020-06-01", "end_date": "2020-01-01"},
        {"start_date": "yesterday"},
        {"start_date": "0001-01-01"},
        {"status": "broken"},
        {"page": "0"},
        {"page": "x"},
        {"page_size": "1001"},
        {"page": "101"},
    ],
)
async def test_lists_that_make_no_sense_are_refused(
    client: httpx.AsyncClient, key: str, params: dict[str, str]
) -> None:
    answer = await client.get(f"{OPEN311}/requests.json", params={"api_key": key, **params})
    assert answer.status_code == 400, answer.text
    assert answer.json()[0]["description"]


@pytest.mark.parametrize(
    ("changes", "status", "word"),
    [
        ({"service_code": ""}, 400, "service_code"),
        ({"service_code": "nothing"}, 404, "service_code"),
        ({"lat": ""}, 400, "lat"),
        ({"lat": "north"}, 400, "lat"),
        ({"lat": "nan"}, 400, "lat"),
        ({"lat": "91"}, 400, "lat"),
        ({"lat": "", "long": ""}, 400, "address_string"),
        ({"description": "x" * 4001}, 400, "description"),
        ({"email": "nobody"}, 400, "email"),
        ({"phone": "call me"}, 400, "phone"),
        ({"jurisdiction_id": "elsewhere"}, 404, "jurisdiction_id"),
        ({"api_key": ""}, 403, "api_key"),
        ({"api_key": "wrong"}, 403, ""),
        ({"description": "\x00"}, 400, ""),
    ],
)
async def test_requests_that_cannot_be_taken(
    client: httpx.AsyncClient, key: str, changes: dict[str, str], status: int, word: str
) -> None:
    headers = {"Accept-Language": "en"}
    answer = await client.post(f"{OPEN311}/requests.json", data=form(key, **changes), headers=headers)
    assert answer.status_code == status, answer.text
    assert word in answer.json()[0]["description"]


async def test_citizens_tokens_are_no_keys(client: httpx.AsyncClient, as_: As) -> None:
    token = as_(Role.CITIZEN)["Authorization"].removeprefix("Bearer ")
    assert (await client.post(f"{OPEN311}/requests.json", data=form(token))).status_code == 403


async def test_a_repeat_with_a_key_files_nothing_twice(client: httpx.AsyncClient, key: str) -> None:
    headers = {"Idempotency-Key": "the-lamp"}
    answers = [await client.post(f"{OPEN311}/requests.json", data=form(key), headers=headers) for _ in range(2)]
    assert answers[0].json() == answers[1].json()
    other = await client.post(f"{OPEN311}/requests.json", data=form(key, description="井盖"), headers=headers)
    assert other.status_code == 400


async def test_a_photo_comes_with_the_form(client: httpx.AsyncClient, key: str, as_: As, service: Service) -> None:
    answer = await client.post(f"{OPEN311}/requests.xml", data=form(key), files={"media": ("a.png", PNG, "image/png")})
    assert answer.status_code == 201, answer.text
    number = ElementTree.fromstring(answer.content)[0].findtext("service_request_id")
    (kept,) = (await client.get("complaints", params={"limit": 1}, headers=as_(Role.OPERATOR))).json()["items"]
    assert kept["number"] == number
    assert len(kept["attachments"]) == 1
    assert staged(service) == []


@pytest.mark.parametrize(
    ("changes", "media", "status"),
    [
        ({"api_key": ""}, PNG, 403),
        ({"service_code": "nothing"}, PNG, 404),
        ({}, b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", 415),
        ({}, b"PK\x03\x04", 415),
        ({"service_code": "civility.dogs", "attribute[conduct]": "flying"}, PNG, 400),
        ({"service_code": "emergency"}, PNG, 400),
    ],
)
async def test_what_is_refused_leaves_no_file(
    client: httpx.AsyncClient, key: str, service: Service, changes: dict[str, str], media: bytes, status: int
) -> None:
    before = await attachments(service)
    files = {"media": ("a.png", media, "image/png")}
    answer = await client.post(f"{OPEN311}/requests.json", data=form(key, **changes), files=files)
    assert answer.status_code == status, answer.text
    assert staged(service) == []
    assert await attachments(service) == before


@given(
    st.binary(max_size=300), st.sampled_from(["application/x-www-form-urlencoded", "multipart/form-data; boundary=x"])
)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_any_bytes_get_an_answer(client: httpx.AsyncClient, key: str, body: bytes, kind: str) -> None:
    headers = {"Content-Type": kind, "Authorization": f"Bearer {key}"}
    answer = await client.post(f"{OPEN311}/requests.json", content=body, headers=headers)
    assert 400 <= answer.status_code < 500
    assert isinstance(json.loads(answer.content), list)


def staged(service: Service) -> list[str]:
    root = service.app.state.attaching.staging.new().parent
    return [each.name for each in root.glob("*")]


async def attachments(service: Service) -> int:
    async with service.app.state.engine.connect() as connection:
        return int((await connection.execute(text("SELECT count(*) FROM attachment"))).scalar_one())


async def test_questions_of_a_category_are_attributes(client: httpx.AsyncClient, key: str, as_: As) -> None:
    services = (await client.get(f"{OPEN311}/services.json")).json()
    asked = [each["service_code"] for each in services if each["metadata"]]
    assert asked
    for code in asked:
        definition = (await client.get(f"{OPEN311}/services/{code}.json")).json()
        top = ElementTree.fromstring((await client.get(f"{OPEN311}/services/{code}.xml")).content)
        assert [each.findtext("code") for each in top.iter("attribute")] == [
            each["code"] for each in definition["attributes"]
        ]


async def test_answers_are_read_as_their_questions_are(client: httpx.AsyncClient, key: str, as_: As) -> None:
    fields = {**form(key, service_code="civility.dogs"), "attribute[conduct][]": ["unleashed"]}
    answer = await client.post(f"{OPEN311}/requests.json", data=fields)
    assert answer.status_code == 201, answer.text
    (kept,) = (await client.get("complaints", params={"limit": 1}, headers=as_(Role.OPERATOR))).json()["items"]
    assert kept["attributes"] == {"conduct": ["unleashed"]}
    for wrong in ({"attribute[conduct][]": ["flying"]}, {"attribute[conduct]": ["unleashed", "unleashed"]}):
        answer = await client.post(f"{OPEN311}/requests.json", data={**fields, **wrong})
        assert answer.status_code == 400
        assert "attribute[conduct]" in answer.json()[0]["description"]
