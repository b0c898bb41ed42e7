"""Parts go away and come back; nobody intervenes and nothing is lost."""

import asyncio

import pytest

from e2e.county import County
from e2e.people import REPORT, People, body, eventually
from jieban.embedded.kafka import Kafka
from jieban.embedded.postgres import Postgres

pytestmark = pytest.mark.own_county


async def test_without_kafka_intake_accepts_and_everything_flows_when_it_is_back(people: People, kafka: Kafka) -> None:
    citizen = people.a("citizen")
    await kafka.stop()
    try:
        receipts = [await people.report() for _ in range(20)]
        ready = await citizen.get("/intake/v1/readyz")
        assert ready.status_code == 200
        assert body(ready)["checks"]["database"]["ok"]
        assert not body(ready)["checks"]["kafka"]["ok"]
        pending = await citizen.post(f"/intake/v1/complaints/{receipts[0]['id']}/withdrawal", json={})
        assert (pending.status_code, body(pending)["withdrawal"]) == (202, "requested")
    finally:
        await kafka.start()
    await people.until(receipts[0]["id"], "withdrawn")
    for receipt in receipts[1:]:
        await people.until(receipt["id"], "assigned")


async def test_without_postgresql_requests_get_503_and_work_again_by_themselves(
    people: People, county: County, pg: Postgres
) -> None:
    before = await people.report()
    await people.until(before["id"], "assigned")
    await pg.stop()
    try:
        answers = [
            await people.a("citizen").post("/intake/v1/complaints", json=REPORT),
            await people.a("officer").get("/dispatch/v1/cases"),
            await people.a("operator").get(f"/ledger/v1/complaints/{before['id']}"),
        ]
        for answer in answers:
            assert answer.status_code == 503
            assert int(answer.headers["Retry-After"]) > 0
            assert answer.headers["Content-Type"] == "application/problem+json"
        assert (await people.a("citizen").get("/readyz")).status_code == 503
    finally:
        await pg.start()

    async def accepted() -> dict[str, object] | None:
        answer = await people.a("citizen").post("/intake/v1/complaints", json=REPORT)
        return body(answer) if answer.status_code == 201 else None

    receipt = await eventually(accepted)
    await people.until(str(receipt["id"]), "assigned")
    parked = body(await people.a("admin").get("/ledger/v1/parked"))
    ours = {before["id"], str(receipt["id"])}  # the broker has records of counties that were there before
    assert [each for each in parked["items"] if each["key"] in ours] == []


async def test_killed_with_work_in_hand_it_goes_on_where_it_was(people: People, county: County) -> None:
    accepted: list[str] = []

    async def keep_reporting() -> None:
        while True:
            accepted.append((await people.report())["id"])

    load = [asyncio.create_task(keep_reporting()) for _ in range(8)]

    async def enough() -> bool | None:
        return len(accepted) >= 150 or None

    await eventually(enough)
    await county.kill()
    await asyncio.gather(*load, return_exceptions=True)
    await county.start()
    for complaint in accepted:
        story = await people.until(complaint, "assigned")
        assert [line["type"] for line in story["timeline"]] == ["complaint.received", "complaint.assigned"]
