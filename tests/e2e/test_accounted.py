"""The page about what is accounted for, as it is printed, with an event that has to be parked."""

import asyncio
from pathlib import Path
from typing import Any
from uuid import UUID

from contracts.envelope import Event
from contracts.events import ComplaintAccepted
from contracts.lifecycle import EventType
from contracts.topics import LIFECYCLE
from e2e.county import County
from e2e.people import TENANT, People, body, eventually
from e2e.printed import ROOT, examples, prelude, run
from eventbus import outbox
from runtime.clock import now
from runtime.database import create_engine
from runtime.ids import uuid7

PAGE = examples((ROOT / "docs" / "accounted.md").read_text("utf-8"))


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


async def test_the_page_works_and_what_is_parked_is_listed_until_it_is_settled(
    county: County, people: People, tmp_path: Path
) -> None:
    complaint = await an_event_that_nobody_expects(county)

    async def parked() -> list[Any] | None:
        items = body(await people.a("admin").get("/ledger/v1/parked"))["items"]
        return [item for item in items if item["key"] == str(complaint)] or None

    await eventually(parked)
    printed = await asyncio.to_thread(run, county, prelude(county) + PAGE, tmp_path)
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
    printed = await asyncio.to_thread(run, county, prelude(county) + PAGE.replace("accounts-$$", "again-$$"), tmp_path)
    assert str(complaint) not in printed
    assert printed.endswith('{"items":[]}')
