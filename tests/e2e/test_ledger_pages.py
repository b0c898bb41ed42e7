"""Pages about the ledger as they are printed, one after the other in one county."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from contracts.envelope import Event
from contracts.events import ComplaintAccepted, Place
from contracts.lifecycle import EventType
from contracts.topics import LIFECYCLE
from e2e.county import County
from e2e.people import TENANT, People, body, eventually
from e2e.printed import ROOT, examples, prelude, run
from eventbus import outbox
from histories import History, messages
from ledger_service.events.handler import SUBSCRIPTION
from runtime.clock import now
from runtime.database import create_engine
from runtime.ids import uuid7

ACCOUNTED, PUBLIC = (examples((ROOT / "docs" / name).read_text("utf-8")) for name in ("accounted.md", "public.md"))


async def an_event_that_nobody_expects(county: County) -> UUID:
    """Let dispatch publish that a complaint was accepted which nobody has received."""
    complaint, event_id = uuid7(), uuid7()
    data = ComplaintAccepted(actor="officer-demo", team="team-08")
    event = Event(
        event_id, EventType.ACCEPTED, "dispatch", complaint, TENANT, now(), 1, event_id, None, None, data
    )  # fmt: skip
    engine = create_engine(county.database("dispatch"), application_name="tests")
    async with engine.begin() as connection:
        await outbox.append(connection, LIFECYCLE.name, [event])
    await engine.dispose()
    return complaint


async def test_the_page_about_what_is_accounted_for_works_and_what_is_parked_is_listed_until_it_is_settled(
    county: County, people: People, tmp_path: Path
) -> None:
    complaint = await an_event_that_nobody_expects(county)

    async def parked() -> list[Any] | None:
        items = body(await people.a("admin").get("/ledger/v1/parked"))["items"]
        return [item for item in items if item["key"] == str(complaint)] or None

    await eventually(parked)
    printed = await asyncio.to_thread(run, county, prelude(county) + ACCOUNTED, tmp_path)
    assert '"state":"complete"' in printed
    assert str(complaint) in printed

    summary = body(await people.a("supervisor").get("/ledger/v1/unsettled/summary"))
    assert all(summary["stated_at"].values())
    code, told = await county.ask("doctor", "--settle", "0")
    assert code == 1
    assert "Unsettled complaints: 1 parked" in told

    for service in ("intake", "dispatch", "ledger"):
        for item in body(await people.a("admin").get(f"/{service}/v1/parked"))["items"]:
            path = f"/{service}/v1/parked/{item['id']}/discard"
            assert (await people.a("admin").post(path, json={"reason": "nothing of ours"})).is_success
    printed = await asyncio.to_thread(
        run, county, prelude(county) + ACCOUNTED.replace("accounts-$$", "again-$$"), tmp_path
    )
    assert str(complaint) not in printed
    assert printed.endswith('{"items":[]}')


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


async def test_the_page_about_what_is_public_works_and_shows_nobody(county: County, tmp_path: Path) -> None:
    await a_month(county)
    printed = await asyncio.to_thread(run, county, prelude(county) + PUBLIC, tmp_path)
    assert '"received":12' in printed
    assert '"communities":{"fulai":12}' in printed
    assert '"at_least":10' in printed
    assert "张三" not in printed
    assert "3 栋" not in printed
