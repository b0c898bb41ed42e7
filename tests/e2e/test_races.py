"""Two people at once: one wins, the other is told the present state, and the history is legal."""

import asyncio
from collections import Counter

import httpx

from contracts.lifecycle import EventType, Status, next_status
from e2e.people import Body, People, body


def legal(story: Body) -> bool:
    """Whether each line of a story follows from the one before."""
    status: Status | None = None
    for line in story["timeline"]:
        if (line["from"] and Status(line["from"])) != status:
            return False
        status = next_status(status, EventType(line["type"]))
    return status is not None and status == Status(story["status"])


async def withdraw(people: People, complaint: str) -> httpx.Response:
    return await people.a("citizen").post(f"/intake/v1/complaints/{complaint}/withdrawal", json={"reason": "已解决"})


async def test_of_a_withdrawal_and_a_resolution_exactly_one_wins(people: People) -> None:
    async def race(delay: float) -> str:
        complaint = (await people.report())["id"]
        await people.assigned(complaint)
        for action in ("accept", "start"):
            assert (await people.case(complaint, action)).status_code == 200
        work = people.case(complaint, "resolve", {"handling_mode": "guidance", "result": "好了"})

        async def later() -> httpx.Response:
            await asyncio.sleep(delay)
            return await work

        withdrawn, resolved = await asyncio.gather(withdraw(people, complaint), later())
        assert sorted((withdrawn.status_code, resolved.status_code)) == [200, 409], (withdrawn.text, resolved.text)
        loser = withdrawn if withdrawn.status_code == 409 else resolved
        winner = "resolved" if loser is withdrawn else "withdrawn"
        assert body(loser)["present"]["status"] == winner
        assert legal(await people.until(complaint, winner))
        return winner

    winners = Counter([await race(step * 0.008) for step in range(24)])
    assert sum(winners.values()) == 24


async def test_a_withdrawal_right_after_the_report_leaves_a_legal_history(people: People) -> None:
    async def one() -> None:
        complaint = (await people.report())["id"]
        answer = await withdraw(people, complaint)
        assert answer.status_code == 200, answer.text
        story = await people.until(complaint, "withdrawn")
        assert legal(story)
        assert (await people.case(complaint, "accept")).status_code == 409

    await asyncio.gather(*(one() for _ in range(8)))


async def test_of_two_officers_one_accepts(people: People) -> None:
    complaint = (await people.report())["id"]
    await people.assigned(complaint)
    answers = await asyncio.gather(*(people.case(complaint, "accept", subject=f"officer-080{n}") for n in range(1, 6)))
    assert Counter(answer.status_code for answer in answers) == {200: 1, 409: 4}


async def test_a_stale_write_is_refused(people: People) -> None:
    complaint = (await people.report())["id"]
    case = await people.assigned(complaint)
    officer = people.a("officer")
    path = f"/dispatch/v1/cases/{complaint}/accept"
    stale = await officer.post(path, json={}, headers={"If-Match": f'"{case["version"] + 7}"'})
    assert (stale.status_code, stale.headers["ETag"]) == (412, f'"{case["version"]}"')
    fresh = await officer.post(path, json={}, headers={"If-Match": stale.headers["ETag"]})
    assert fresh.status_code == 200
