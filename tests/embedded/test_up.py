"""`jieban up` from its first start to its second: what it prints works, and it is modest."""

import json
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from embedded.process_table import resident_megabytes

FIRST_START_SECONDS = 60
SECOND_START_SECONDS = 60
STOP_SECONDS = 10
IDLE_MEGABYTES = 650


class UpRun:
    """A `jieban up` that shall listen on a port."""

    def __init__(self, directory: Path, port: int) -> None:
        self.command = [sys.executable, "-m", "jieban", "up", "--port", str(port), "--data-dir", str(directory)]
        self.url = f"http://127.0.0.1:{port}"
        self.process: subprocess.Popen[str] | None = None

    def start(self) -> tuple[str, float]:
        """Start it; return all that it printed until it was ready, and the seconds that took."""
        began, printed = time.monotonic(), ""
        self.process = subprocess.Popen(self.command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        assert self.process.stdout is not None
        for line in self.process.stdout:
            printed += line
            if line.startswith("Ctrl-C stops"):
                return printed, time.monotonic() - began
        pytest.fail(f"jieban up ended before it was ready: {printed}")

    def stop(self, number: signal.Signals = signal.SIGTERM) -> tuple[int, float]:
        """Send the signal; return the exit code and the seconds until the end."""
        assert self.process is not None
        began = time.monotonic()
        self.process.send_signal(number)
        rest, _ = self.process.communicate(timeout=2 * STOP_SECONDS)
        assert rest.endswith("Stopped.\n")
        return self.process.returncode, time.monotonic() - began


@pytest.fixture
def up(tmp_path: Path, free_port: Callable[[], int]) -> Iterator[UpRun]:
    run = UpRun(tmp_path / "data", free_port())
    yield run
    if run.process and run.process.poll() is None:
        run.process.terminate()
        run.process.communicate(timeout=2 * STOP_SECONDS)


@pytest.mark.skipif(sys.platform != "linux" or not shutil.which("curl"), reason="reads /proc and runs curl")
def test_what_is_printed_works_at_the_first_start_and_the_second_is_quick_and_small(up: UpRun) -> None:
    printed, first = up.start()
    assert first < FIRST_START_SECONDS
    number = _complaint_by_the_printed_line(printed)
    for page in re.findall(r"http://\S+/docs", printed):
        assert httpx.get(page).status_code == 200
    _a_port_in_use_is_told(up)
    code, seconds = up.stop(signal.SIGINT)
    assert (code, seconds < STOP_SECONDS) == (0, True)

    printed, seconds = up.start()
    assert seconds < min(first, SECOND_START_SECONDS)
    assert httpx.get(f"{up.url}/readyz").status_code == 200
    assert number in _complaints(up, _token(printed, "OPERATOR"))
    assert up.process is not None
    assert resident_megabytes(up.process.pid) < IDLE_MEGABYTES
    code, seconds = up.stop()
    assert (code, seconds < STOP_SECONDS) == (0, True)


def _complaint_by_the_printed_line(printed: str) -> str:
    """Run the curl command as it is printed and return the number of the complaint that it made."""
    command = printed[printed.index("  curl ") : printed.index("Ctrl-C stops")]
    answer = subprocess.run(["sh", "-c", command], capture_output=True, text=True)
    return str(json.loads(answer.stdout)["number"])


def _token(printed: str, role: str) -> str:
    found = re.search(rf"export {role}=(\S+)", printed)
    assert found
    return found[1]


def _complaints(up: UpRun, token: str) -> set[str]:
    answer = httpx.get(f"{up.url}/intake/v1/complaints", headers={"Authorization": f"Bearer {token}"})
    return {item["number"] for item in answer.json()["items"]}


def _a_port_in_use_is_told(up: UpRun) -> None:
    second = subprocess.run(up.command, capture_output=True, text=True)
    assert second.returncode == 1
    assert re.fullmatch(r"jieban: Port \d+ of 127\.0\.0\.1 is in use: .*\n", second.stderr)
