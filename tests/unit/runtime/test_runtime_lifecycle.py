"""A real process on a real port, stopped by real signals."""

import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

PROGRAM = Path(__file__).with_name("trivial_process.py")
READY_SECONDS = 20


class Process:
    """The program, its words as they come, and its port."""

    def __init__(self, roles: str, environment: dict[str, str], port: int) -> None:
        self.port = port
        self._process = subprocess.Popen(
            [sys.executable, PROGRAM, str(port), roles],
            env={**os.environ, **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self.words: list[str] = []
        self._said: queue.Queue[str | None] = queue.Queue()
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as stdout:
            for line in stdout:
                self._said.put(line.strip())
        self._said.put(None)

    def await_word(self, word: str) -> None:
        while word not in self.words:
            said = self._said.get(timeout=READY_SECONDS)
            assert said is not None, f"ended without saying {word!r}"
            self.words.append(said)

    def send(self, number: int) -> float:
        self._process.send_signal(number)
        return time.monotonic()

    def ended(self) -> tuple[int, list[str], list[dict[str, object]]]:
        """Wait for the end; return exit code, all words and the log."""
        assert self._process.stderr is not None
        errors = self._process.stderr.read()
        code = self._process.wait(READY_SECONDS)
        while (said := self._said.get(timeout=READY_SECONDS)) is not None:
            self.words.append(said)
        self._process.stderr.close()
        return code, self.words, [json.loads(line) for line in errors.splitlines() if line.startswith("{")]

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()
        if self._process.stderr is not None:
            self._process.stderr.close()

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"


@pytest.fixture
def start(free_port: Callable[[], int]) -> Iterator[Callable[..., Process]]:
    started: list[Process] = []

    def launch(roles: str = "api,relay,consumer", **environment: str) -> Process:
        process = Process(roles, environment, free_port())
        started.append(process)
        return process

    yield launch
    for process in started:
        process.kill()


def slow_request(process: Process, seconds: float) -> Callable[[], int | None]:
    """Begin a slow request; the returned function waits for its status, None if the connection was cut."""
    status: list[int] = []

    def ask() -> None:
        try:
            status.append(httpx.get(process.url(f"/demo/v1/slow?seconds={seconds}"), timeout=30).status_code)
        except httpx.HTTPError:
            return

    thread = threading.Thread(target=ask)
    thread.start()
    process.await_word("slow begins")

    def wait() -> int | None:
        thread.join()
        return status[0] if status else None

    return wait


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_stops_in_order_and_finishes_open_requests(start: Callable[..., Process], number: int) -> None:
    process = start()
    process.await_word("ready")
    assert httpx.get(process.url("/readyz")).status_code == 200
    status = slow_request(process, 0.7)
    sent = process.send(number)
    code, words, log = process.ended()
    assert time.monotonic() - sent < 4
    assert (code, status()) == (0, 200)
    assert words[0] == "open"
    assert sorted(words[1:3]) == ["consumer runs", "relay runs"]
    assert words[3:6] == ["ready", "slow begins", "slow ends"]
    assert sorted(words[6:8]) == ["consumer stopped", "relay stopped"]
    assert words[8:] == ["close", "done"]
    assert {"serving", "stopping"} <= {line["event"] for line in log}
    assert not [line for line in log if line["level"] in {"error", "warning"}]


def test_what_does_not_end_in_time_is_cancelled(start: Callable[..., Process]) -> None:
    process = start(STUBBORN="1", CLOSE_SECONDS="60")
    process.await_word("ready")
    status = slow_request(process, 60)
    sent = process.send(signal.SIGTERM)
    code, words, log = process.ended()
    assert 3 < time.monotonic() - sent < 6
    assert (code, status()) == (0, 503)
    assert "relay stopped" not in words
    assert words[-2:] == ["close", "done"]
    assert {"stopped_before_it_was_done", "service_not_closed_cleanly"} <= {line["event"] for line in log}


def test_requests_are_taken_while_it_drains(start: Callable[..., Process]) -> None:
    process = start(DRAIN_SECONDS="1.5")
    process.await_word("ready")
    sent = process.send(signal.SIGTERM)
    time.sleep(0.3)
    ready = httpx.get(process.url("/readyz"))
    assert (ready.status_code, ready.json()["status"]) == (503, "draining")
    assert slow_request(process, 0.2)() == 200
    code, words, _ = process.ended()
    assert (code, words[-1]) == (0, "done")
    assert 1.5 < time.monotonic() - sent < 5


def test_a_second_signal_does_not_wait(start: Callable[..., Process]) -> None:
    process = start(STUBBORN="1", DRAIN_SECONDS="60")
    process.await_word("ready")
    status = slow_request(process, 60)
    process.send(signal.SIGINT)
    time.sleep(0.3)
    sent = process.send(signal.SIGINT)
    code, words, _ = process.ended()
    assert time.monotonic() - sent < 2
    assert (code, status(), words[-1]) == (0, 503, "done")


def test_a_signal_during_the_start_ends_it(start: Callable[..., Process]) -> None:
    process = start(OPEN_SECONDS="60")
    process.await_word("open")
    sent = process.send(signal.SIGTERM)
    code, words, _ = process.ended()
    assert time.monotonic() - sent < 3
    assert (code, words) == (0, ["open", "close", "done"])


def test_a_service_that_does_not_open_is_closed_and_reported(start: Callable[..., Process]) -> None:
    code, words, _ = start(OPEN_FAILS="1").ended()
    assert code == 1
    assert words == ["open", "close"]


def test_a_port_in_use_is_said_before_anything_is_opened(start: Callable[..., Process]) -> None:
    first = start()
    first.await_word("ready")
    second = Process("api", {}, first.port)
    code, words, _ = second.ended()
    assert (code, words) == (1, [])


def test_roles_choose_what_runs(start: Callable[..., Process]) -> None:
    process = start("relay", ALWAYS="1")
    process.await_word("ready")
    assert httpx.get(process.url("/healthz")).status_code == 200
    assert httpx.get(process.url("/demo/healthz")).status_code == 404
    process.send(signal.SIGTERM)
    _, words, _ = process.ended()
    assert "relay runs" in words
    assert {"watch runs", "watch stopped"} <= set(words)
    assert "consumer runs" not in words
