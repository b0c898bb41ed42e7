"""Photos that show activities are told of, so that they are kept."""

import httpx
from sqlalchemy.ext.asyncio import AsyncEngine

from contracts.field_activity import FieldEvent
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
    assert {(row["type"], row["aggregatetype"]) for row in told} == {("activity.evidenced", FIELD_ACTIVITY.name)}
    assert {row["source"] for row in told} == {FIELD_ACTIVITY.owners[FieldEvent.EVIDENCED]}
    assert {row["traceparent"].rpartition("-")[0].rpartition("-")[0] for row in told} == {trace}
    assert [(row["sequence"], row["data"]) for row in told] == [
        (1, {"actor": "o-1", "photos": [before]}),
        (2, {"actor": "o-1", "photos": [before, after]}),
    ]


async def test_of_papers_nobody_is_told(client: httpx.AsyncClient, engine: AsyncEngine, as_: As) -> None:
    made = await recorded(client, as_(Role.OFFICER, tenant="a-evidence"), evidence=PAPERS)

    assert await published(engine, made["id"]) == []
