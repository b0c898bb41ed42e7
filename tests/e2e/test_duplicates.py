"""The walk of docs/duplicates.md as it is printed, and merges that race with the work and with each other."""

import asyncio
import json
from collections import Counter
from pathlib import Path
from typing import Any

import httpx

from e2e.county import County
from e2e.people import People, body, eventually
from e2e.printed import ROOT, examples, prelude, run
from e2e.test_races import legal

REASON = {"reason": "同一件事"}


async def merge(people: People, complaint: str, into: str) -> httpx.Response:
    path = f"/intake/v1/complaints/{complaint}/merge"
    return await people.a("operator").post(path, json={"into": into, **REASON})


async def test_the_walk_works_line_by_line(county: County, people: People, tmp_path: Path) -> None:
    page = examples((ROOT / "docs" / "duplicates.md").read_text("utf-8"))
    await asyncio.to_thread(run, county, prelude(county) + page, tmp_path)

    first, second, known, similar, merged, master, track = [
        json.loads((tmp_path / f"{name}.json").read_text())
        for name in ("first", "second", "known", "similar", "merged", "master", "track")
    ]
    assert len(known["items"]) == 2
    assert "搅拌站" not in json.dumps(known, ensure_ascii=False)
    assert similar["items"][0]["id"] == first["id"]
    assert merged["merge"] == "merged"
    assert master["merged"] == [second["id"]]
    assert (track["status"], track["master"]["status"]) == ("merged", "assigned")

    async def again_with_its_unit() -> dict[str, Any] | None:
        case = await people.assigned(second["id"])
        return case if case["status"] == "assigned" else None

    case = await eventually(again_with_its_unit)
    assert case["explanation"]["rule"] == "unmerging"
    story = await people.until(second["id"], "assigned")
    assert legal(story)
    assert [each["label"]["zh"] for each in story["timeline"]][-3:] == ["并案", "取消并案", "派遣"]
    for action in ("accept", "start"):
        assert (await people.case(second["id"], action)).status_code == 200


async def test_of_a_merge_and_an_acceptance_exactly_one_wins(people: People) -> None:
    master = (await people.report())["id"]
    await people.assigned(master)

    async def race(delay: float) -> str:
        complaint = (await people.report())["id"]
        await people.assigned(complaint)

        async def accept() -> httpx.Response:
            await asyncio.sleep(delay)
            return await people.case(complaint, "accept")

        merged, accepted = await asyncio.gather(merge(people, complaint, master), accept())
        assert sorted((merged.status_code, accepted.status_code)) == [200, 409], (merged.text, accepted.text)
        winner = "merged" if merged.status_code == 200 else "accepted"
        assert legal(await people.until(complaint, winner))
        return winner

    winners = Counter([await race(step * 0.01) for step in range(10)])
    assert sum(winners.values()) == 10
    seen = body(await people.a("operator").get(f"/intake/v1/complaints/{master}"))
    assert len(seen["merged"]) == winners["merged"]


async def test_of_two_that_are_merged_into_each_other_at_once_one_stands_for_both(people: People) -> None:
    for _ in range(4):
        one, other = [(await people.report())["id"] for _ in range(2)]
        for each in (one, other):
            await people.assigned(each)
        answers = await asyncio.gather(merge(people, one, other), merge(people, other, one))
        assert sorted(each.status_code for each in answers) == [200, 409], [each.text for each in answers]
        [merged] = [body(each) for each in answers if each.is_success]
        assert (merged["merge"], merged["status"]) == ("merged", "merged")
        rows = [body(await people.a("operator").get(f"/intake/v1/complaints/{each}")) for each in (one, other)]
        assert {row["id"]: row["status"] == "merged" for row in rows} == {
            one: merged["id"] == one,
            other: merged["id"] == other,
        }


async def test_when_the_master_is_withdrawn_the_others_are_with_a_unit_again(people: People) -> None:
    master, other = (await people.report())["id"], (await people.report(subject="citizen-2"))["id"]
    for each in (master, other):
        await people.assigned(each)
    assert (await merge(people, other, master)).status_code == 200
    await people.until(other, "merged")
    unsettled = body(await people.a("operator").get("/ledger/v1/unsettled"))
    assert other not in {each["id"] for each in unsettled["items"]}
    withdrawn = await people.a("citizen").post(f"/intake/v1/complaints/{master}/withdrawal", json={})
    assert withdrawn.status_code == 200
    story = await people.until(other, "assigned")
    assert legal(story)
    assert (await people.case(other, "accept")).status_code == 200


async def test_what_its_unit_had_returned_waits_for_another_when_it_is_unmerged(people: People) -> None:
    master, other = (await people.report())["id"], (await people.report(subject="citizen-2"))["id"]
    for each in (master, other):
        await people.assigned(each)
    asked = body(await people.case(other, "return", {"reason": "不属本网格"}))
    approval = f"return/{asked['requests'][-1]['id']}/approval"
    assert (await people.case(other, approval, {"approved": True}, role="dispatcher")).status_code == 200
    await people.until(other, "received")
    assert (await merge(people, other, master)).status_code == 200
    await people.until(other, "merged")
    parted = await people.a("operator").post(f"/intake/v1/complaints/{other}/unmerge", json={"reason": "另一处"})
    assert parted.status_code == 200, parted.text

    async def promised_anew() -> dict[str, Any] | None:
        story = await people.ledger(other)
        return story if story["timeline"][-1]["type"] == "complaint.rescheduled" else None

    story = await eventually(promised_anew)
    assert (story["status"], legal(story)) == ("received", True)
    assert body(await people.a("operator").get(f"/intake/v1/complaints/{other}"))["status"] == "received"
    given = await people.case(other, "assign", {"team": "team-09"}, role="dispatcher")
    assert given.status_code == 200, given.text
    assert legal(await people.until(other, "assigned"))
