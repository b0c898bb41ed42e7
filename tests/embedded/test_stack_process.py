"""`jieban stack` as people run it: a process on a terminal, stopped, killed and started again."""

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import asyncpg
import pytest

from embedded.process_table import pids_naming

READ_ANYTHING = ("--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search", "--securebits=+no_setuid_fixup")
AS_NOBODY = ("setpriv", "--reuid=nobody", "--clear-groups", *READ_ANYTHING)
"""With the right to read a Python that lies in root's home, where tests run as root; not to write."""


pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


class StackRun:
    """A `jieban stack` on a directory."""

    def __init__(self, directory: Path, wrapper: Sequence[str] = ()) -> None:
        self.directory = directory
        self._wrapper = wrapper
        self.process: subprocess.Popen[str] | None = None
        self.settings: dict[str, str] = {}

    def command(self) -> list[str]:
        return [*self._wrapper, sys.executable, "-m", "jieban", "stack", "--data-dir", str(self.directory)]

    def start(self) -> None:
        """Start it and wait until it has printed all its settings."""
        self.process = subprocess.Popen(self.command(), stdout=subprocess.PIPE, text=True, cwd="/")
        assert self.process.stdout is not None
        for line in self.process.stdout:
            found = re.fullmatch(r"export (\w+)='?([^']*)'?\n", line)
            assert found, line
            self.settings[found[1]] = found[2]
            if found[1] == "JIEBAN_DATA_DIR":
                return
        pytest.fail("jieban stack ended before it was ready")

    def end(self, number: signal.Signals) -> int:
        assert self.process is not None
        self.process.send_signal(number)
        code = self.process.wait(timeout=10)
        assert self.process.stdout is not None
        self.process.stdout.close()
        return code

    def servers(self) -> list[int]:
        """Return the servers of the directory that run: each names it on its command line."""
        return pids_naming(f"-D {self.directory}/postgres") + pids_naming(f"jieban.data={self.directory}")

    async def execute(self, statement: str) -> object:
        connection = await asyncpg.connect(self.settings["JIEBAN_INTAKE_DATABASE_URL"])
        try:
            return await connection.fetchval(statement)
        finally:
            await connection.close()


@pytest.fixture
def run(tmp_path: Path) -> Iterator[StackRun]:
    stack = StackRun(tmp_path / "接办 with spaces")
    yield stack
    if stack.process and stack.process.poll() is None:
        stack.end(signal.SIGTERM)


@pytest.fixture
def ordinary_run() -> Iterator[StackRun]:
    """A run without the rights of root, in a place that is open to all."""
    if os.geteuid() == 0 and not shutil.which("setpriv"):
        pytest.skip("root cannot become an ordinary user here")
    with tempfile.TemporaryDirectory(prefix="jieban-") as place:
        Path(place).chmod(0o755)
        home = Path(place) / "home"
        home.mkdir()
        wrapper: tuple[str, ...] = ()
        if os.geteuid() == 0:
            shutil.chown(home, "nobody")
            wrapper = AS_NOBODY
        yield StackRun(home / "data", wrapper)


async def test_stopping_and_killing_keep_the_data_and_leave_no_process(run: StackRun) -> None:
    run.start()
    addresses = run.settings.copy()
    await run.execute("CREATE TABLE kept AS SELECT 1 AS id")
    _a_second_one_is_refused(run)
    started_at = time.monotonic()
    assert run.end(signal.SIGTERM) == 0
    assert time.monotonic() - started_at < 8
    assert run.servers() == []

    run.start()
    assert run.settings == addresses
    await run.execute("INSERT INTO kept VALUES (2)")
    run.end(signal.SIGKILL)

    run.start()
    assert run.settings == addresses
    assert await run.execute("SELECT count(*) FROM kept") == 2
    assert run.end(signal.SIGINT) == 0
    assert run.servers() == []


async def test_an_ordinary_user_can_run_it_and_its_servers_do_not_outlive_it(ordinary_run: StackRun) -> None:
    ordinary_run.start()
    assert await ordinary_run.execute("SELECT 1") == 1
    assert len(ordinary_run.servers()) >= 2
    assert 0 not in {path.stat().st_uid for path in ordinary_run.directory.iterdir()}
    ordinary_run.end(signal.SIGKILL)
    _wait_until_gone(ordinary_run)


def _wait_until_gone(run: StackRun) -> None:
    deadline = time.monotonic() + 10
    while run.servers():
        assert time.monotonic() < deadline, "the servers outlived their parent"
        time.sleep(0.1)


def _a_second_one_is_refused(run: StackRun) -> None:
    second = subprocess.run(run.command(), capture_output=True, text=True, cwd="/")
    assert second.returncode == 1
    assert second.stdout == ""
    assert second.stderr.count("\n") == 1
    assert f"is in use by another jieban (process {run.process.pid if run.process else None})" in second.stderr
