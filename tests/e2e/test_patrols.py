"""The page about patrols, as it is printed, with a hot spot that the ledger publishes."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from contracts.envelope import Event
from contracts.hotspots import HotspotDetected, HotspotEvent
from contracts.topics import HOTSPOTS
from e2e.county import County
from e2e.people import CENTRE, TENANT, People, body, eventually
from e2e.printed import ROOT, examples, prelude, run
from eventbus import outbox
from runtime.database import create_engine
from runtime.ids import uuid7


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


async def test_the_page_works_line_by_line_and_the_ledger_has_the_patrol(
    county: County, people: People, tmp_path: Path
) -> None:
    await a_hot_spot(county)

    async def listed(path: str) -> Any:
        return body(await people.a("dispatcher").get(path))["items"] or None

    [suggestion] = await eventually(lambda: listed("/dispatch/v1/patrol-suggestions?state=open"))
    page = examples((ROOT / "docs" / "patrols.md").read_text("utf-8"))
    printed = await asyncio.to_thread(run, county, prelude(county) + page, tmp_path)

    assert '"state":"done"' in printed
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
