"""The page about hot spots, as it is printed, in a county with a history and one hot spot."""

import asyncio
from pathlib import Path

import pytest

from e2e.county import County
from e2e.people import TENANT
from e2e.printed import ROOT, documents, examples, prelude, run
from ledger.conftest import Enter
from ledger.county import LAMPS
from ledger.county import County as Complaints
from runtime.clock import now
from runtime.database import create_engine

pytestmark = pytest.mark.own_county


async def a_burst(county: County) -> None:
    """Let the ledger know nine quiet weeks, and a dozen complaints about one lamp since yesterday."""
    engine = create_engine(county.database("ledger"), application_name="tests")
    complaints = Complaints(engine, Enter(engine), TENANT, now=now())
    await complaints.past()
    await complaints.burst(12)
    await complaints.look()
    await engine.dispose()


async def test_the_page_works_line_by_line_and_shows_the_hot_spot(county: County, tmp_path: Path) -> None:
    await a_burst(county)
    page = examples((ROOT / "docs" / "hotspots.md").read_text("utf-8"))
    listed, drawn, rules = documents(await asyncio.to_thread(run, county, prelude(county) + page, tmp_path))

    [spot] = listed["items"]
    assert (spot["category"], spot["state"], spot["count"] >= 12) == (LAMPS, "live", True)
    [feature] = drawn["features"]
    assert (drawn["type"], feature["id"]) == ("FeatureCollection", spot["id"])
    assert [level["level"] for level in rules["levels"]] == [2, 1]
