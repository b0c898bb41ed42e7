"""`jieban import` on a running Jieban."""

import asyncio
import csv
import json
import os
import sys
from pathlib import Path

import asyncpg
import pytest

from e2e.county import County
from e2e.people import People, body

pytestmark = pytest.mark.own_county

MESSAGES = Path(__file__).parents[3] / "shared" / "data" / "citizen-messages.jsonl"


LEGAL = """
    SELECT count(*) FROM (SELECT complaint_id FROM entry GROUP BY complaint_id
    HAVING array_agg(type ORDER BY position) = '{complaint.received,complaint.assigned}') AS legal
"""


async def run_import(county: County, file: Path, *options: str) -> tuple[int, str]:
    """Run the command; return its exit code and its output."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "jieban", "import", str(file), "--url", county.url, "--data-dir", str(county.directory),
        *options, cwd=county.directory, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        env={**os.environ, "COLUMNS": "100"},
    )  # fmt: skip
    output, _ = await process.communicate()
    return process.returncode or 0, output.decode()


async def counted(county: County, service: str, query: str) -> int:
    """Return what a query counts in a service's database."""
    connection = await asyncpg.connect(county.database(service))
    try:
        return int(await connection.fetchval(query))
    finally:
        await connection.close()


async def settled(county: County) -> int:
    """Return how many complaints the ledger holds once the number stands still: other tests left some in the topic."""
    last, now = -1, await counted(county, "ledger", LEGAL)
    while last != now:
        await asyncio.sleep(1.0)
        last, now = now, await counted(county, "ledger", LEGAL)
    return now


async def at_least(county: County, wanted: int) -> None:
    """Wait until intake holds that many complaints."""
    for _ in range(600):
        if await counted(county, "intake", "SELECT count(*) FROM complaint") >= wanted:
            return
        await asyncio.sleep(0.05)
    raise AssertionError("the import does not get there")


async def in_the_ledger(county: County, wanted: int) -> None:
    """Wait until the ledger has entered every complaint twice: received and assigned."""
    for _ in range(600):
        if await counted(county, "ledger", LEGAL) >= wanted:
            return
        await asyncio.sleep(0.1)
    raise AssertionError("the ledger does not catch up")


async def test_rows_that_do_not_fit_are_reported_and_the_others_accepted(people: People, county: County) -> None:
    rows = [
        {"id": "good-1", "text": "路灯不亮", "address": "福来社区"},
        {"id": "no-place", "text": "没有地点"},
        {"id": "bad-time", "text": "x", "address": "y", "time": "昨天"},
        {"id": "nul", "text": "a\x00b", "address": "y"},
        {"id": "surrogate", "text": "\ud800", "address": "y"},
        {"id": "huge", "text": "长" * 10_001, "address": "y"},
        {"id": "good-2", "text": "井盖松动", "lon": 107.2357, "lat": 26.5807},
    ]
    file = county.directory / "mixed.jsonl"
    file.write_text("\n".join(json.dumps(row) for row in rows) + "\nnot json\n", "utf-8")
    code, output = await run_import(county, file)
    assert code == 2, output
    with (county.directory / "mixed.jsonl.rejected.csv").open(encoding="utf-8-sig", newline="") as lines:
        report = list(csv.DictReader(lines))
    assert sorted({int(row["row"]) for row in report}) == [2, 3, 4, 5, 6, 8]
    assert all(row["problem"] for row in report)
    found = body(await people.a("operator").get("/intake/v1/complaints", params={"external_ref": "good-2"}))
    assert [item["location"]["lon"] for item in found["items"]] == [107.2357]


async def test_an_intake_that_is_away_is_one_clear_sentence(county: County, tmp_path: Path) -> None:
    file = tmp_path / "one.jsonl"
    file.write_text('{"id": "x", "text": "y", "address": "z"}\n')
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "jieban", "import", str(file), "--url", "http://127.0.0.1:9", "--patience", "1",
        "--data-dir", str(county.directory),
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    _, errors = await process.communicate()
    assert process.returncode == 1
    assert "Run the same command again" in errors.decode()
    assert "Traceback" not in errors.decode()


async def test_real_messages_are_imported_once_whatever_is_killed(people: People, county: County) -> None:
    if not MESSAGES.exists():
        pytest.skip("the citizens' messages are not beside the project")
    total = len(MESSAGES.read_text("utf-8").splitlines())
    before = await counted(county, "intake", "SELECT count(*) FROM complaint")
    entered = await settled(county)
    half = asyncio.create_task(run_import(county, MESSAGES, "--patience", "1"))
    await at_least(county, before + total // 4)
    await county.kill()
    assert (await half)[0] == 1
    await county.start()
    for expected in ("created", "known before"):
        code, output = await run_import(county, MESSAGES)
        assert code == 0, output
        assert expected in output
    assert await counted(county, "intake", "SELECT count(*) FROM complaint") == before + total
    await in_the_ledger(county, entered + total)
    assert await counted(county, "ledger", LEGAL) == entered + total
    first = body(await people.a("operator").get("/intake/v1/complaints", params={"external_ref": "188006"}))["items"][0]
    assert first["occurred_at"] == "2019-02-28T03:25:05Z"
