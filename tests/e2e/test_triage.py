"""The walks of docs/triage.md as they are printed, what is held, and rejections that race with the work."""

import asyncio
import json
from collections import Counter
from pathlib import Path

import httpx
import pytest

from e2e.county import County
from e2e.people import People, body, eventually
from e2e.printed import prelude, run, section
from e2e.test_races import legal
from jieban.embedded.kafka import Kafka

pytestmark = pytest.mark.own_county
REJECTION = {"reason": "not_ours", "template": "consumer", "note": "消费纠纷"}


async def test_an_operator_rejects_what_is_not_ours(county: County, people: People, tmp_path: Path) -> None:
    lines = prelude(county) + section("docs/triage.md", "An operator's walk")
    printed = await asyncio.to_thread(run, county, lines, tmp_path)

    documents = [json.loads(line) for line in printed.replace("}{", "}\n{").splitlines()]
    templates, rejected, seen, corrected, labels = documents
    assert "consumer" in {each["code"] for each in templates["templates"]}
    assert (rejected["rejection"], seen["status"]) == ("rejected", "rejected")
    assert "12315" in seen["progress"][-1]["advice"]["zh"]
    story = await people.until(seen["id"], "rejected")
    assert legal(story)
    assert (story["timeline"][-1]["type"], story["timeline"][-1]["label"]["zh"]) == ("complaint.rejected", "不予受理")
    case = await people.a("officer").get(f"/dispatch/v1/cases/{seen['id']}")
    assert body(case)["status"] == "rejected"
    assert (corrected["category"], corrected["former"]) == ("street_order.itinerant_vendors", "street_order.parking")
    assert corrected["id"] in {each["id"] for each in labels["items"]}
    story = await people.until(corrected["id"], "assigned")
    assert legal(story)
    assert story["category"] == "street_order.itinerant_vendors"
    assert "变更类别" in {line["label"]["zh"] for line in story["timeline"]}


async def test_of_a_rejection_and_an_acceptance_exactly_one_wins(people: People) -> None:
    async def race(delay: float) -> str:
        complaint = (await people.report())["id"]
        await people.assigned(complaint)

        async def accept() -> httpx.Response:
            await asyncio.sleep(delay)
            return await people.case(complaint, "accept")

        path = f"/intake/v1/complaints/{complaint}/rejection"
        rejected, accepted = await asyncio.gather(people.a("operator").post(path, json=REJECTION), accept())
        assert sorted((rejected.status_code, accepted.status_code)) == [200, 409], (rejected.text, accepted.text)
        winner = "rejected" if rejected.status_code == 200 else "accepted"
        assert legal(await people.until(complaint, winner))
        return winner

    winners = Counter([await race(step * 0.01) for step in range(12)])
    assert sum(winners.values()) == 12


async def test_of_a_rejection_and_a_withdrawal_at_once_one_ending_stands(people: People) -> None:
    complaint = (await people.report())["id"]
    path = f"/intake/v1/complaints/{complaint}"
    withdrawn, rejected = await asyncio.gather(
        people.a("citizen").post(f"{path}/withdrawal", json={}),
        people.a("operator").post(f"{path}/rejection", json=REJECTION),
    )
    assert sorted((withdrawn.status_code, rejected.status_code)) == [200, 409], (withdrawn.text, rejected.text)
    assert legal(await people.until(complaint, "withdrawn" if withdrawn.status_code == 200 else "rejected"))


async def test_an_administrator_tries_a_rule_and_an_operator_releases_what_it_holds(
    county: County, people: People, tmp_path: Path
) -> None:
    lines = prelude(county) + section("docs/triage.md", "An administrator's walk")
    printed = await asyncio.to_thread(run, county, lines, tmp_path)

    trial, queue, released, counts = [json.loads(line) for line in printed.replace("}{", "}\n{").splitlines()]
    assert [(each["code"], each["count"]) for each in trial["rules"]] == [("casino", 0)]
    [item] = queue["items"]
    assert (item["id"], item["held"], item["reasons"][0]["rule"]) == (released["id"], True, "casino")
    assert [step["step"] for step in released["steps"]] == ["flagged", "claimed", "released"]
    assert (counts["waiting"], counts["by_reason"]) == (0, {})


async def test_released_by_two_and_killed_before_anybody_hears_of_it_it_goes_on_once(
    county: County, people: People, kafka: Kafka
) -> None:
    text = "澳门赌场上线啦"
    held = (await people.report(description=text))["id"]
    lapsing = (await people.report(description=text))["id"]
    rejected = (await people.report(description=text))["id"]
    for complaint in (held, lapsing, rejected):
        story = await people.until(complaint, "assigned")
        assert story["team"]["code"] == "duty-desk"
        assert story["timeline"][0]["data"]["suspicions"] == ["casino"]
    refused = await people.a("operator").post(f"/intake/v1/complaints/{rejected}/rejection", json=REJECTION)
    assert refused.status_code == 200
    await kafka.stop()
    try:
        release = f"/intake/v1/triage/{held}/release"
        answers = await asyncio.gather(
            people.a("operator").post(release, json={}), people.a("operator", "operator-2").post(release, json={})
        )
        assert sorted(each.status_code for each in answers) == [200, 409]
        await county.kill()
    finally:
        await kafka.start()
    await county.start()

    async def gone_on() -> dict[str, object] | None:
        story = await people.ledger(held)
        return story if story["team"]["code"] != "duty-desk" else None

    story = await eventually(gone_on)
    assert [line["type"] for line in story["timeline"]] == [
        "complaint.received", "complaint.assigned", "complaint.cleared", "complaint.assigned",
    ]  # fmt: skip
    assert legal(story)
    own = body(await people.a("citizen").get(f"/ledger/v1/complaints/{held}"))
    assert [line["type"] for line in own["timeline"]] == [
        "complaint.received", "complaint.assigned", "complaint.assigned",
    ]  # fmt: skip
    assert "suspicions" not in own["timeline"][0]["data"]
    assert (await people.ledger(lapsing))["team"]["code"] == "duty-desk"

    async def settled() -> bool | None:
        item = body(await people.a("operator").get(f"/intake/v1/triage/{rejected}"))
        return item["outcome"] == "rejected" or None

    assert (await people.until(rejected, "rejected"))["status"] == "rejected"
    assert await eventually(settled, 45)
