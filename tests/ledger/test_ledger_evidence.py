"""What is done with activities is told with the photos that show them, so that these are kept."""

import httpx
from sqlalchemy.ext.asyncio import AsyncEngine

from contracts.roles import Role
from contracts.topics import FIELD_ACTIVITY
from ledger.conftest import As
from ledger.test_ledger_activities import body, recorded
from outboxes import published
from runtime.ids import uuid7

PAPERS = ["photo 17", "2024-03"]


async def test_photos_of_what_is_entered_and_corrected_are_told_of(
    client: httpx.AsyncClient, engine: AsyncEngine, as_: As
) -> None:
    trace = "00-4bf92f3577b34da6a3ce929d0e0e4736"
    officer = as_(Role.OFFICER, subject="o-1", tenant="a-evidence") | {"traceparent": f"{trace}-00f067aa0ba902b7-01"}
    before, after = str(uuid7()), str(uuid7())
    made = await recorded(client, officer, evidence=[*PAPERS, before])

    change = {**body(evidence=[before, after]), "reason": "补照片"}
    assert (await client.post(f"/activities/{made['id']}/correction", headers=officer, json=change)).is_success

    told = await published(engine, made["id"])
    assert {(row["aggregatetype"], row["source"]) for row in told} == {(FIELD_ACTIVITY.name, "ledger")}
    assert {row["traceparent"].rpartition("-")[0].rpartition("-")[0] for row in told} == {trace}
    assert [(row["sequence"], row["type"], row["data"]["actor"], row["data"]["evidence"]) for row in told] == [
        (1, "activity.recorded", "o-1", [*PAPERS, before]),
        (2, "activity.corrected", "o-1", [before, after]),
    ]
