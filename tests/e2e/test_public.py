"""The page about what is public, as it is printed, on a month that the ledger knows."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

from contracts.events import Place
from e2e.county import County
from e2e.people import TENANT
from e2e.printed import ROOT, examples, prelude, run
from histories import History, messages
from ledger_service.events.handler import SUBSCRIPTION
from runtime.database import create_engine

PAGE = examples((ROOT / "docs" / "public.md").read_text("utf-8"))


async def a_month(county: County) -> None:
    """Let the ledger know twelve complaints of a month that is over."""
    made = []
    for day in range(12):
        history = History(tenant=TENANT)
        received_at = datetime(2026, 3, 2, 4, tzinfo=UTC) + timedelta(days=day)
        place = Place(lon=107.2357, lat=26.5807, address="福来社区 3 栋")
        history.received(received_at=received_at, location=place, description="张三家楼下")
        history.assigned()
        made.append(history)
    engine = create_engine(county.database("ledger"), application_name="tests")
    await SUBSCRIPTION.apply(engine, messages(event for history in made for event in history.events))
    await engine.dispose()


async def test_the_page_works_line_by_line_and_shows_nobody(county: County, tmp_path: Path) -> None:
    await a_month(county)
    printed = await asyncio.to_thread(run, county, prelude(county) + PAGE, tmp_path)
    assert '"received":12' in printed
    assert '"communities":{"fulai":12}' in printed
    assert '"at_least":10' in printed
    assert "张三" not in printed
    assert "3 栋" not in printed
