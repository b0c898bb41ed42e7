from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import httpx
import pytest
from structlog.testing import capture_logs

from runtime.problems import PROBLEM_RESPONSES, FieldError, Problem, register_texts
from runtime.problems.catalogue import field_text, problem_text
from runtime.problems.language import preferred_language
from runtime.problems.texts import FIELD_TEXTS, PROBLEM_TEXTS
from runtime.problems.validation import pointer_to, problem_of


@pytest.mark.parametrize(
    ("header", "language"),
    [
        (None, "zh-CN"),
        ("", "zh-CN"),
        ("en", "en"),
        ("en-GB,en;q=0.9,zh;q=0.8", "en"),
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh-CN"),
        ("fr, en;q=0.5", "en"),
        ("fr", "zh-CN"),
        ("*", "zh-CN"),
        ("en;q=0", "zh-CN"),
        ("en;q=0.2, zh;q=0.7", "zh-CN"),
        ("en;q=x", "zh-CN"),
        (",;=,;q=1;;" * 5000, "zh-CN"),
    ],
)
def test_language(header: str | None, language: str) -> None:
    assert preferred_language(header) == language


async def test_chinese_unless_english_is_wanted(client: httpx.AsyncClient) -> None:
    chinese = await client.get("/demo/nowhere")
    english = await client.get("/demo/nowhere", headers={"accept-language": "en"})
    assert chinese.status_code == english.status_code == 404
    assert chinese.headers["content-language"] == "zh-CN"
    assert english.headers["content-language"] == "en"
    assert english.headers["content-type"] == "application/problem+json"
    assert chinese.json()["title"] == "未找到"
    assert "未找到".encode() in chinese.content
    body = english.json()
    assert body.pop("request_id") == english.headers["x-request-id"]
    assert body == {
        "type": "urn:jieban:problem:not-found",
        "title": "Not found",
        "status": 404,
        "detail": "There is nothing here, or not for you.",
    }


async def test_field_messages_come_in_both_languages(client: httpx.AsyncClient, citizen: dict[str, str]) -> None:
    body = {"place": {"lon": 200}}
    chinese = await client.post("/demo/v1/things", json=body, headers=citizen)
    english = await client.post("/demo/v1/things", json=body, headers={**citizen, "accept-language": "en"})
    assert chinese.json()["errors"][0]["message"] == "不得大于 180.0。"
    assert english.json()["errors"][0]["message"] == "Must be at most 180.0."
    assert english.json()["detail"] == "1 part(s) of the request are not valid, see errors."


async def test_parameters_are_named_by_where_they_stand(client: httpx.AsyncClient) -> None:
    answer = await client.get("/demo/v1/things?limit=201")
    assert answer.json()["errors"][0]["pointer"] == "query/limit"


async def test_a_wrong_method_names_the_right_ones(client: httpx.AsyncClient) -> None:
    answer = await client.put("/demo/v1/things")
    assert answer.status_code == 405
    assert answer.headers["allow"] == "GET, POST"


async def test_a_bug_is_logged_and_not_told(client: httpx.AsyncClient) -> None:
    with capture_logs() as lines:
        answer = await client.get("/demo/v1/troubles/bug")
    assert answer.status_code == 500
    assert answer.json()["type"] == "urn:jieban:problem:internal-error"
    assert answer.json()["request_id"] == answer.headers["x-request-id"]
    assert "138" not in answer.text.replace(answer.headers["x-request-id"], "")
    assert [line["log_level"] for line in lines if line["event"] == "request_failed"] == ["error"]


async def test_an_outage_is_503_and_worth_a_retry(client: httpx.AsyncClient) -> None:
    answer = await client.get("/demo/v1/troubles/outage")
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "2"
    assert answer.json()["type"] == "urn:jieban:problem:database-unavailable"


def test_services_add_their_own_texts() -> None:
    register_texts({"demo-late": ("迟到", "Late", "迟到 {minutes} 分钟。", "{minutes} minutes late.")})
    register_texts({"demo_colour": ("应为红色。", "Must be red.")})
    assert problem_text("demo-late", "en", {"minutes": 3}) == ("Late", "3 minutes late.")
    assert problem_text("demo-late", "zh-CN", {}) == ("迟到", "迟到 {minutes} 分钟。")
    assert field_text("demo_colour", "zh-CN", {}) == "应为红色。"
    assert field_text("demo-late", "en", {"minutes": 1}) == "1 minutes late."
    with pytest.raises(ValueError, match="demo-late"):
        register_texts({"demo-late": ("a", "b", "c", "d")})


def test_moments_are_told_by_the_clock_of_the_county() -> None:
    register_texts({"demo-over": ("已过", "Over", "{at} 已过。", "It was over at {at}.")})
    register_texts({"demo_at": ("应晚于 {at}。", "Must lie after {at}.")})
    zone, params = ZoneInfo("Asia/Shanghai"), {"at": datetime(2026, 3, 1, 20, 30, 15, tzinfo=UTC)}
    assert problem_text("demo-over", "en", params, zone) == ("Over", "It was over at 2026-03-02 04:30.")
    assert field_text("demo_at", "zh-CN", params, zone) == "应晚于 2026-03-02 04:30。"
    assert field_text("demo-over", "zh-CN", params, zone) == "2026-03-02 04:30 已过。"


def test_an_unknown_code_is_no_error_of_its_own() -> None:
    assert problem_text("demo-unheard-of", "en", {}) == ("demo-unheard-of", "demo-unheard-of")
    assert field_text("demo_unheard_of", "en", {}) == "The value is not valid."


def test_every_text_has_its_twin_with_the_same_values() -> None:
    for _title_zh, _title_en, zh, en in PROBLEM_TEXTS.values():
        assert ("{line}" in zh) == ("{line}" in en)
        assert zh
        assert en
    assert all(zh and en for zh, en in FIELD_TEXTS.values())


@pytest.mark.parametrize(
    ("location", "pointer"),
    [
        (("body",), ""),
        (("body", "a/b", 0, "~"), "/a~1b/0/~0"),
        (("query", "limit"), "query/limit"),
        (("body", "x" * 5000), "/" + "x" * 199),
    ],
)
def test_pointers(location: tuple[str | int, ...], pointer: str) -> None:
    assert pointer_to(location) == pointer


def test_a_thousand_findings_make_fifty_errors() -> None:
    problem = problem_of([{"type": "missing", "loc": ("body", n)} for n in range(1000)])
    assert len(problem.errors) == 50
    assert problem.params == {"count": 1000}


def test_a_problem_carries_what_it_was_given() -> None:
    problem = Problem(409, "conflict", errors=[FieldError("/a", "missing")], extra={"state": "closed"}, number=1)
    assert str(problem) == "409 conflict"
    assert problem.errors == (FieldError("/a", "missing"),)
    assert (problem.extra, problem.params) == ({"state": "closed"}, {"number": 1})


def test_all_statuses_are_documented_as_problem_json() -> None:
    assert set(PROBLEM_RESPONSES) == {400, 401, 403, 404, 409, 412, 413, 415, 422, 429, 503}
    assert all("application/problem+json" in response["content"] for response in PROBLEM_RESPONSES.values())
