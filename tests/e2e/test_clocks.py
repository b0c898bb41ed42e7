"""Promised times, suspension and escalation, as all three services tell of them."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

from e2e.people import REPORT, Body, People, body, eventually

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


async def test_a_case_that_reaches_its_limit_gets_an_order_by_rule(people: People) -> None:
    """The superior's deadline is the promised time, so nobody has to wait for hours."""
    tenant = "520199"
    rule = {"levels": [{"level": 100, "answer_within": {"amount": 1, "unit": "hours"}}]}
    put = await people.a("admin", tenant=tenant).put("/dispatch/v1/supervision-rule", json=rule)
    assert put.status_code == 200, put.text
    deadline = datetime.now(UTC) + timedelta(seconds=5)
    report = {
        **REPORT,
        "source": "superior_assigned",
        "order": {"number": "督办〔2026〕1号", "deadline": deadline.isoformat()},
    }
    filed = await people.a("operator", tenant=tenant).post("/intake/v1/complaints", json=report)
    assert filed.status_code == 201, filed.text
    complaint = body(filed)["id"]

    async def ordered() -> Any:
        answer = await people.a("supervisor", tenant=tenant).get(f"/ledger/v1/complaints/{complaint}")
        lines = body(answer)["timeline"] if answer.is_success else []
        return [line for line in lines if line["type"] == "complaint.escalated" and "order" in line["data"]] or None

    (entry,) = await eventually(ordered)
    case = body(await people.a("officer", tenant=tenant).get(f"/dispatch/v1/cases/{complaint}"))
    (order,) = case["supervision"]
    assert (entry["actor"], entry["data"]["level"], entry["data"]["order"]["id"]) == ("rule", 100, order["id"])
    assert (order["ordered_by"], order["level"], case["light"]) == ("rule", 100, "red")
    assert datetime.fromisoformat(order["deadline"]) > deadline + timedelta(minutes=59)
