"""What the Open311 façade refuses, each in the words of its code, in JSON and XML."""

from xml.etree.ElementTree import fromstring

import httpx
import pytest

from contracts.roles import Role
from intake.conftest import As
from intake.test_intake_open311 import OPEN311
from runtime.problems.catalogue import field_text, problem_text
from runtime.problems.language import Language

LIMITS = {"most": 1000, "reach": 100_000, "numbers": 200}


@pytest.fixture
def key(as_: As) -> str:
    """A partner's API key."""
    return as_(Role.PARTNER, "app-1")["Authorization"].removeprefix("Bearer ")


@pytest.mark.parametrize("language", ["zh-CN", "en"])
@pytest.mark.parametrize(
    ("path", "query", "status", "code"),
    [
        ("requests", {"api_key": ""}, 403, "open311-key-needed"),
        ("services", {"jurisdiction_id": "elsewhere"}, 404, "open311-jurisdiction-not-found"),
        ("services/nothing", {}, 404, "open311-service-not-found"),
        ("requests/1", {}, 404, "open311-request-not-found"),
        ("tokens/1", {}, 404, "open311-request-not-found"),
        ("requests", {"start_date": "2020-06-01", "end_date": "2020-01-01"}, 400, "open311-span-too-long"),
        ("requests", {"status": "broken"}, 400, "status:open311-status-invalid"),
        ("requests", {"page": "0"}, 400, "page:open311-page-invalid"),
        (
            "requests",
            {"service_request_id": ",".join(map(str, range(201)))},
            400,
            "service_request_id:open311-too-many-ids",
        ),
        ("requests", {"start_date": "yesterday"}, 400, "start_date:open311-date-invalid"),
    ],
)
async def test_reading(
    client: httpx.AsyncClient, key: str, path: str, query: dict[str, str], status: int, code: str, language: Language
) -> None:
    field, _, name = code.rpartition(":")
    words = f"{field}: {field_text(name, language, LIMITS)}" if field else problem_text(name, language, {"days": 90})[1]
    for suffix in ("json", "xml"):
        answer = await client.get(
            f"{OPEN311}/{path}.{suffix}", params={"api_key": key, **query}, headers={"Accept-Language": language}
        )
        assert answer.status_code == status, answer.text
        if suffix == "json":
            assert answer.json() == [{"code": status, "description": words}]
        else:
            assert [each.text for each in fromstring(answer.content)[0]] == [str(status), words]


@pytest.mark.parametrize(
    ("content", "kind", "status", "code"),
    [
        (b"{}", "application/json", 415, "form-needed"),
        (b"description=%FF", "application/x-www-form-urlencoded", 400, "form-invalid"),
        (b"description=a%00b", "application/x-www-form-urlencoded", 400, "form-invalid"),
        (b"attribute%5Ba%00%5D=b", "application/x-www-form-urlencoded", 400, "form-invalid"),
        (b"&".join(b"a=1" for _ in range(200 + 1)), "application/x-www-form-urlencoded", 400, "form-invalid"),
    ],
)
async def test_filing(client: httpx.AsyncClient, key: str, content: bytes, kind: str, status: int, code: str) -> None:
    headers = {"Content-Type": kind, "Authorization": f"Bearer {key}", "Accept-Language": "en"}
    answer = await client.post(f"{OPEN311}/requests.json", content=content, headers=headers)
    assert answer.json() == [{"code": status, "description": problem_text(code, "en", {})[1]}]


async def test_only_a_form_with_files_may_be_long(client: httpx.AsyncClient, key: str) -> None:
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    content = f"api_key={key}&description=".encode() + b"%41" * 400_000
    answer = await client.post(f"{OPEN311}/requests.json", content=content, headers=headers)
    assert answer.status_code == 413
