"""Promised times, suspension and escalation, as all three services tell of them."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

from e2e.people import Body, People, body, eventually

WHY = {"reason": "等配件到货"}


async def ask_and_approve(people: People, complaint: str, kind: str, content: Body) -> Body:
    asked = await people.case(complaint, kind, content)
    assert asked.status_code == 200, asked.text
    request = next(each["id"] for each in body(asked)["requests"] if each["state"] == "open")
    path = f"{kind}/{request}/approval"
    approved = await people.case(complaint, path, {"approved": True}, role="dispatcher")
    assert approved.status_code == 200, approved.text
    return body(approved)


async def shown_by_intake(people: People, complaint: str, status: str) -> None:
    async def there() -> Any:
        seen = body(await people.a("citizen").get(f"/intake/v1/complaints/{complaint}"))
        return seen if seen["status"] == status else None

    await eventually(there)


async def test_more_time_suspension_resumption_and_an_order_are_in_the_story(people: People) -> None:
    complaint = (await people.report())["id"]
    case = await people.assigned(complaint)
    await people.case(complaint, "accept")
    until = datetime.fromisoformat(case["promised_at"]) + timedelta(days=3)
    extended = await ask_and_approve(people, complaint, "extension", {**WHY, "until": until.isoformat()})
    await ask_and_approve(people, complaint, "suspension", WHY)
    await people.until(complaint, "suspended")
    await shown_by_intake(people, complaint, "suspended")
    await ask_and_approve(people, complaint, "resumption", WHY)
    order = {"text": "请今天完成", "deadline": (datetime.now(UTC) + timedelta(hours=5)).isoformat()}
    assert (await people.case(complaint, "supervision", order, role="supervisor")).status_code == 200
    await people.case(complaint, "resolve", {"handling_mode": "guidance", "result": "已更换"})

    story = await people.until(complaint, "resolved")
    await shown_by_intake(people, complaint, "resolved")
    assert [line["type"].removeprefix("complaint.") for line in story["timeline"]] == [
        "received", "assigned", "accepted", "extended", "suspended", "resumed", "escalated", "resolved",
    ]  # fmt: skip
    assert datetime.fromisoformat(extended["promised_at"]) == until
    assert story["timeline"][1]["data"]["promised_at"] == case["promised_at"]
    seen = body(await people.a("citizen").get(f"/ledger/v1/complaints/{complaint}"))
    assert seen["timeline"][6]["data"].keys() == {"stage", "promised_at"}


async def test_a_suspended_complaint_is_withdrawn_by_its_reporter(people: People) -> None:
    complaint = (await people.report())["id"]
    await people.assigned(complaint)
    await people.case(complaint, "accept")
    await ask_and_approve(people, complaint, "suspension", WHY)

    path = f"/intake/v1/complaints/{complaint}/withdrawal"
    withdrawn, resumed = await asyncio.gather(
        people.a("citizen").post(path, json={"reason": "已解决"}), people.case(complaint, "resumption", WHY)
    )

    assert withdrawn.status_code == 200, withdrawn.text
    assert resumed.status_code in (200, 409)
    await people.until(complaint, "withdrawn")


async def test_a_missed_order_is_told_of_and_unsettled_until_it_is_answered(people: People) -> None:
    complaint = (await people.report())["id"]
    await people.assigned(complaint)
    await people.case(complaint, "accept")
    deadline = datetime.now(UTC) + timedelta(seconds=1)
    order = {"text": "马上到场", "deadline": deadline.isoformat()}
    given = body(await people.case(complaint, "supervision", order, role="supervisor"))["supervision"][0]

    async def unsettled(*, wanted: bool) -> Any:
        query = "/ledger/v1/unsettled?reason=order_overdue&limit=200"
        lines = body(await people.a("supervisor").get(query))["items"]
        found = [line for line in lines if line["complaint_id"] == complaint]
        return found if bool(found) is wanted else None

    async def told(kind: str) -> Any:
        story = body(await people.a("supervisor").get(f"/ledger/v1/complaints/{complaint}"))
        return next((line for line in story["timeline"] if line["type"] == f"complaint.{kind}"), None)

    missed = await eventually(lambda: told("order_missed"))
    (line,) = await eventually(lambda: unsettled(wanted=True))
    assert (missed["data"]["order_id"], missed["data"]["ordered_by"]) == (given["id"], given["ordered_by"])
    assert datetime.fromisoformat(line["since"]) == deadline

    answered = await people.case(complaint, f"supervision/{given['id']}/reply", {"text": "已到场"})
    assert body(answered)["supervision"][0]["late"] is True
    assert (await eventually(lambda: told("order_replied")))["data"]["late"] is True
    assert await eventually(lambda: unsettled(wanted=False)) == []
