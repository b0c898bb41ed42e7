import json
import logging as stdlib_logging
import sys
from typing import Any

import httpx
import pytest
import structlog

from runtime import logging, tracing
from runtime.log_flood import FloodFilter
from runtime.scrubbing import SCRUBBED, scrub_text

pytestmark = pytest.mark.usefixtures("untouched_logging")
Captured = pytest.CaptureFixture[str]


def lines(captured: Captured) -> list[dict[str, Any]]:
    return [json.loads(line) for line in captured.readouterr().err.splitlines()]


def raised(text: str) -> RuntimeError:
    """An error with a traceback."""

    def fail() -> None:
        raise RuntimeError(text)

    with pytest.raises(RuntimeError) as caught:
        fail()
    return caught.value


def test_one_json_object_a_line(capsys: Captured) -> None:
    logging.configure()
    structlog.get_logger().info("slice_committed", count=3)
    [line] = lines(capsys)
    assert line.pop("timestamp").endswith("Z")
    assert line == {"event": "slice_committed", "count": 3, "level": "info"}


def test_libraries_write_the_same(capsys: Captured) -> None:
    logging.configure()
    stdlib_logging.getLogger("some.library").warning("lost %s of %d", "x", 3)
    stdlib_logging.getLogger("some.library").debug("not this")
    [line] = lines(capsys)
    assert (line["event"], line["logger"], line["level"]) == ("lost x of 3", "some.library", "warning")


def test_the_request_is_named(capsys: Captured) -> None:
    logging.configure()
    context = tracing.RequestContext("r1", tracing.child_of(None))
    token = tracing.current_request.set(context)
    structlog.get_logger().info("a")
    stdlib_logging.getLogger("b").error("b")
    tracing.current_request.reset(token)
    structlog.get_logger().info("c")
    ours, library, outside = lines(capsys)
    assert ours["request_id"] == library["request_id"] == "r1"
    assert ours["trace_id"] == context.trace.trace_id
    assert "request_id" not in outside


SECRETS = ("phone", "email", "name", "token", "authorization", "password", "query_code", "reporter_phone", "Phone")


def test_personal_data_and_secrets_are_scrubbed_at_any_depth(capsys: Captured) -> None:
    logging.configure()
    secrets = dict.fromkeys(SECRETS, "CANARY")
    structlog.get_logger().info("a", deep={"list": [{"x": secrets}]}, **secrets)
    [line] = lines(capsys)
    assert "CANARY" not in json.dumps(line)
    assert line["deep"]["list"][0]["x"]["token"] == line["phone"] == SCRUBBED


def test_names_of_things_stay(capsys: Captured) -> None:
    logging.configure()
    structlog.get_logger().info("a", consumer_name="ledger", worker="relay", number="G1")
    assert lines(capsys)[0]["consumer_name"] == "ledger"


def test_very_deep_values_are_cut_off(capsys: Captured) -> None:
    logging.configure()
    value: Any = "CANARY"
    for _ in range(20):
        value = [value]
    structlog.get_logger().info("a", value=value)
    assert "CANARY" not in json.dumps(lines(capsys))


@pytest.mark.parametrize(
    "secret",
    [
        "Bearer eyJhbGciOi.eyJzdWIi.c2ln",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJtZSJ9.c2lnbmF0dXJl",
        "13812345678",
        "reporter@example.org",
        "postgresql://jieban:CANARY@db/intake",
    ],
)
def test_free_text_is_scrubbed(capsys: Captured, secret: str) -> None:
    logging.configure()
    stdlib_logging.getLogger("library").error("could not use %s today", secret)
    structlog.get_logger().error("failed", note=[secret], exc_info=raised(f"no {secret}"))
    text = json.dumps(lines(capsys))
    assert secret not in text
    assert "CANARY" not in text
    assert "today" in text
    assert "RuntimeError" in text


def test_ordinary_text_is_not() -> None:
    text = "case 5227231381234567801 at 2026-11-23T08:00:00Z, http://127.0.0.1:8000/a, 0.5 s, order 12345678901"
    assert scrub_text(text) == text


def test_the_values_of_a_database_error_stay_out(capsys: Captured) -> None:
    logging.configure()
    quoted = "CANARY"
    error = raised(f"duplicate key\nDETAIL:  Key (contact)=({quoted}) exists.\n[parameters: ('{quoted}',)]")
    structlog.get_logger().error("failed", exc_info=error)
    [line] = lines(capsys)
    assert "duplicate key" in line["exception"]
    assert "CANARY" not in line["exception"]


@pytest.mark.parametrize(
    "hostile",
    ["a\r\nb", "\x1b[31mred", "\u2028", '"}{"x":1', "x" * 1_000_000, "%n%s", "${jndi:ldap://x}", "\ud800", "\0"],
)
def test_nothing_can_break_out_of_its_line(capsys: Captured, hostile: str) -> None:
    logging.configure()
    structlog.get_logger().info(hostile, value=hostile, nested={hostile: hostile})
    stdlib_logging.getLogger("library").error(hostile)
    found = lines(capsys)
    assert len(found) == 2
    assert all(len(line["event"]) <= 10_000 for line in found)


def test_a_librarys_broken_call_is_a_line_too(capsys: Captured) -> None:
    logging.configure()
    stdlib_logging.getLogger("library").error("%d", "x")
    assert lines(capsys)[0]["event"] == "log_line_not_formattable"


def test_a_closed_stderr_fails_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    logging.configure()

    class Closed:
        def write(self, _text: str) -> None:
            raise BrokenPipeError

    monkeypatch.setattr(sys, "stderr", Closed())
    structlog.get_logger().info("a")
    stdlib_logging.getLogger("library").error("b")


async def test_the_line_of_a_request(client: httpx.AsyncClient, capsys: Captured) -> None:
    logging.configure()
    await client.get("/demo/v1/things?cursor=CANARY", headers={"x-request-id": "r1"})
    await client.get("/demo/v1/13812345678/%22路%0A")
    fixed, unknown = lines(capsys)
    assert (fixed["route"], fixed["status"], fixed["request_id"], fixed["level"]) == (
        "/demo/v1/things",
        200,
        "r1",
        "info",
    )
    assert "path" not in fixed
    assert unknown["path"] == f'/demo/v1/{SCRUBBED}/"路\n'
    assert "CANARY" not in json.dumps(fixed)


async def test_requests_can_be_left_out(client: httpx.AsyncClient, capsys: Captured) -> None:
    logging.configure("warning")
    await client.get("/demo/v1/things")
    assert lines(capsys) == []


async def test_the_console_is_for_people(client: httpx.AsyncClient, capsys: Captured) -> None:
    logging.configure("debug", "console")
    logging.get_logger().debug("starting", port=8000)
    await client.get("/demo/v1/things")
    written = capsys.readouterr().err
    assert "starting" in written
    assert "port=8000" in written
    assert "status=200" in written


def test_a_flood_is_held_back_and_counted() -> None:
    time = [0.0]
    flood = FloodFilter(("aiokafka",), seconds=10, clock=lambda: time[0])

    def say(logger: str, template: str, *arguments: object) -> str | None:
        record = stdlib_logging.LogRecord(logger, stdlib_logging.ERROR, "", 0, template, arguments, None)
        return record.getMessage() if flood.filter(record) else None

    assert say("aiokafka.conn", "Connect to %s failed", "a:1") == "Connect to a:1 failed"
    for number in range(99):
        time[0] += 0.1
        assert say("aiokafka.conn", "Connect to %s failed", number) is None
    assert say("aiokafka.conn", "another") == "another"
    assert say("aiokafka", "Connect to %s failed", "b") == "Connect to b failed"
    assert say("aiokafkaesque", "x") == say("aiokafkaesque", "x") == "x"
    time[0] += 0.2
    assert say("aiokafka.conn", "Connect to %s failed", "c") == "Connect to c failed [99 more like this in between]"
    time[0] += 10
    assert say("aiokafka.conn", "Connect to %s failed", "d") == "Connect to d failed"


def test_a_flood_of_different_lines_does_not_fill_the_memory() -> None:
    flood = FloodFilter(("aiokafka",))
    for number in range(5000):
        flood.filter(stdlib_logging.LogRecord("aiokafka", 40, "", 0, f"line {number}", (), None))
    assert len(flood._last) <= 1000


def test_aiokafka_is_held_back_in_the_pipeline(capsys: Captured) -> None:
    logging.configure()
    for _ in range(50):
        stdlib_logging.getLogger("aiokafka.client").error("Unable to connect")
    assert len(lines(capsys)) == 1
