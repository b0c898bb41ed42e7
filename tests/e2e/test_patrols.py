"""The page about patrols, as it is printed, with a hot spot that the ledger publishes."""

import asyncio
import os
import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from contracts.envelope import Event
from contracts.hotspots import HotspotDetected, HotspotEvent
from contracts.topics import HOTSPOTS
from e2e.county import County
from e2e.people import CENTRE, TENANT, People, body, eventually
from eventbus import outbox
from runtime.database import create_engine
from runtime.ids import uuid7

DOCS = Path(__file__).parents[2] / "docs"
README = DOCS.parent / "README.md"


def blocks(page: Path, begin: str, end: str) -> str:
    """Return what a part of a page tells to type."""
    text = page.read_text("utf-8")
    part = text[text.index(begin) : text.index(end) if end else len(text)]
    return "\n".join(re.findall(r"```sh\n(.*?)```", part, re.DOTALL))


async def a_hot_spot(county: County) -> None:
    """Publish one as the ledger does."""
    now = datetime.now(UTC)
    spot = HotspotDetected(
        category="street_order.vendors",
        lon=CENTRE["lon"],
        lat=CENTRE["lat"],
        radius_metres=400,
        count=17,
        expected=3.5,
        score=9.0,
        trend="rising",
        first_at=now - timedelta(days=2),
        last_at=now,
    )
    event = Event(uuid7(), HotspotEvent.DETECTED, "ledger", uuid7(), TENANT, now, 1, uuid7(), None, None, spot)
    engine = create_engine(county.database("ledger"), application_name="tests")
    async with engine.begin() as connection:
        await outbox.append(connection, HOTSPOTS.name, [event])
    await engine.dispose()


@pytest.mark.timeout(240)
async def test_the_page_works_line_by_line_and_the_ledger_has_the_patrol(
    county: County, people: People, tmp_path: Path
) -> None:
    await a_hot_spot(county)

    async def listed(path: str) -> Any:
        return body(await people.a("dispatcher").get(path))["items"] or None

    [suggestion] = await eventually(lambda: listed("/dispatch/v1/patrol-suggestions?state=open"))
    lines = blocks(README, "## Five-minute tour", "**1. A resident") + blocks(DOCS / "patrols.md", "# Patrols", "")
    lines = lines.replace("http://127.0.0.1:8000", county.url).replace(
        ".venv/bin/jieban", f'"{sys.executable}" -m jieban'
    )
    environment = {**os.environ, "JIEBAN_DATA_DIR": str(county.directory), "JIEBAN_URL": county.url}
    command = ["bash", "-c", f"set -e\n{lines}"]
    done = await asyncio.to_thread(
        subprocess.run, command, env=environment, cwd=tmp_path, capture_output=True, text=True
    )

    assert done.returncode == 0, done.stderr
    assert "urn:jieban:problem" not in done.stdout
    assert '"state":"done"' in done.stdout
    accepted = body(await people.a("officer").get(f"/dispatch/v1/patrol-suggestions/{suggestion['id']}"))
    assert (accepted["state"], accepted["team"]) == ("accepted", "team-08")
    [entered] = await eventually(lambda: listed("/ledger/v1/activities?kind=patrols"))
    [patrol] = await listed("/dispatch/v1/patrols?state=done")
    assert entered["id"] == patrol["activity"]
    assert entered["evidence"] == [f"patrol {patrol['id']}"]


async def test_the_demo_county_has_patrols_soon_after_the_start(people: People) -> None:
    async def made() -> Any:
        plans = body(await people.a("officer").get("/dispatch/v1/patrol-plans?ended=false"))["items"]
        generated = [plan["id"] for plan in plans if plan["generated"]]
        found = [
            body(await people.a("officer").get(f"/dispatch/v1/patrols?plan={plan}"))["items"] for plan in generated
        ]
        return found if found and all(found) else None

    assert len(await eventually(made)) == 4
