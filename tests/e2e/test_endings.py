"""The walk of docs/endings.md as it is printed, and endings that race with the work."""

import asyncio
from collections import Counter
from pathlib import Path

import httpx

from e2e.county import County
from e2e.people import People, body
from e2e.printed import documents, prelude, run, section
from e2e.test_races import legal


async def test_a_supervisor_voids_what_was_filed_in_error(county: County, people: People, tmp_path: Path) -> None:
    lines = prelude(county) + section("docs/endings.md", "A supervisor's walk")
    printed = await asyncio.to_thread(run, county, lines, tmp_path)

    waiting, decided, seen, excluded, appeals = documents(printed)
    [request] = waiting["items"]
    assert (request["state"], request["reason"]) == ("pending", "重复来电，现场无此事")
    assert decided["id"] == seen["id"] == excluded["id"] == request["complaint"]["id"]
    assert (seen["status"], seen["progress"][-1]["reason"]) == ("voided", "重复来电，现场无此事")
    assert appeals == {"items": []}
    story = await people.until(seen["id"], "voided")
    assert legal(story)
    assert story["timeline"][-1]["label"]["zh"] == "剔除"
    case = await people.a("officer").get(f"/dispatch/v1/cases/{seen['id']}")
    assert body(case)["status"] == "voided"


async def test_an_officer_appeals_against_a_rating_and_is_upheld(
    county: County, people: People, tmp_path: Path
) -> None:
    lines = prelude(county) + section("docs/endings.md", "Appeals 申诉")
    waiting, decided, upheld = documents(await asyncio.to_thread(run, county, lines, tmp_path))

    [appeal] = [each for each in waiting["items"] if each["complaint"]["id"] == decided["id"]]
    assert (appeal["state"], appeal["reason"]) == ("pending", "次日的车与本件无关，照片为证")
    [settled] = [each for each in upheld["items"] if each["id"] == appeal["id"]]
    assert (settled["state"], settled["decision_reason"]) == ("upheld", "照片属实")
    story = await people.ledger(decided["id"])
    assert [line["type"].removeprefix("complaint.") for line in story["timeline"][-3:]] == [
        "feedback_received",
        "rating_appealed",
        "appeal_decided",
    ]
    assert story["satisfaction"] == "dissatisfied"  # the word stays what it was


async def test_of_a_voiding_and_a_withdrawal_exactly_one_wins(people: People) -> None:
    async def race(delay: float) -> str:
        complaint = (await people.report())["id"]
        await people.assigned(complaint)
        path = f"/ledger/v1/complaints/{complaint}"
        asked = await people.a("operator").post(f"{path}/voiding", json={"reason": "误报"})
        assert asked.status_code == 201, asked.text

        async def approve() -> httpx.Response:
            await asyncio.sleep(delay)
            decision = f"{path}/endings/{asked.json()['id']}/decision"
            return await people.a("supervisor").post(decision, json={"approved": True})

        withdrawal = people.a("citizen").post(f"/intake/v1/complaints/{complaint}/withdrawal", json={})
        withdrawn, approved = await asyncio.gather(withdrawal, approve())
        winner = "withdrawn" if withdrawn.status_code == 200 else "voided"
        assert (withdrawn.status_code, approved.status_code) in {(200, 200), (200, 409), (409, 200)}
        assert legal(await people.until(complaint, winner))
        return winner

    winners = Counter([await race(step * 0.006) for step in range(8)])
    assert sum(winners.values()) == 8
