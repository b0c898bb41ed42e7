"""If-Match and Idempotency-Key."""

from collections.abc import Callable

import httpx
import pytest

from runtime.etag import check, etag
from runtime.idempotency import request_hash
from runtime.problems import Problem

Token = Callable[..., str]


def test_etag() -> None:
    assert etag(3) == '"3"'


@pytest.fixture
def officer(token: Token) -> dict[str, str]:
    return {"authorization": f"Bearer {token('officer')}"}


@pytest.mark.parametrize(
    ("if_match", "status"),
    [
        (None, 200),
        ("*", 200),
        ('"3"', 200),
        ('"2"', 412),
        ('"4"', 412),
        ('W/"3"', 412),
        ("3", 400),
        ('"3', 400),
        ('"03"', 400),
        ('"-3"', 400),
        ('"1", "3"', 400),
        ('""', 400),
        ('"' + "9" * 50_000 + '"', 400),
        ("", 400),
    ],
)
async def test_if_match(client: httpx.AsyncClient, officer: dict[str, str], if_match: str | None, status: int) -> None:
    headers = officer if if_match is None else {**officer, "if-match": if_match}
    answer = await client.post("/demo/v1/things/1/closing", headers=headers)
    assert answer.status_code == status
    if status == 412:
        assert answer.headers["etag"] == answer.json()["current_etag"] == '"3"'


def test_check() -> None:
    check(None, 3)
    check(3, 3)
    with pytest.raises(Problem, match="412 precondition-failed"):
        check(2, 3)


@pytest.mark.parametrize("key", ["a", "7f3d-1", "x" * 255, "!~", '"quoted"'])
async def test_good_key(client: httpx.AsyncClient, citizen: dict[str, str], key: str) -> None:
    headers = {**citizen, "idempotency-key": key}
    answer = await client.post("/demo/v1/things", json={"place": {"lon": 1}}, headers=headers)
    assert answer.json()["key"] == key


@pytest.mark.parametrize("key", [b"", b"x" * 256, b"a b", b"a\tb", "钥匙".encode(), b"\xff", b"x" * 10_000])
async def test_bad_key(client: httpx.AsyncClient, citizen: dict[str, str], key: bytes) -> None:
    headers = {name.encode(): value.encode() for name, value in citizen.items()} | {b"idempotency-key": key}
    answer = await client.post("/demo/v1/things", json={"place": {"lon": 1}}, headers=headers)
    assert answer.status_code == 400
    assert "Idempotency-Key" in answer.json()["detail"]


async def test_no_key_is_no_error(client: httpx.AsyncClient, citizen: dict[str, str]) -> None:
    answer = await client.post("/demo/v1/things", json={"place": {"lon": 1}}, headers=citizen)
    assert answer.json()["key"] is None


def test_what_makes_a_request_another() -> None:
    first = request_hash("POST", "/a", b"{}")
    assert len(first) == 32
    assert first == request_hash("POST", "/a", b"{}")
    others = {request_hash("PUT", "/a", b"{}"), request_hash("POST", "/b", b"{}"), request_hash("POST", "/a", b"{ }")}
    assert len(others | {first}) == 4
