"""A complaint's life through REST, from the first report to the last word."""

import asyncio
import time

import pytest

from e2e.people import REPORT, People, body, eventually

RESOLUTION = {"handling_mode": "guidance", "result": "车主已挪车"}


async def test_from_received_to_rated(people: People) -> None:
    receipt = await people.report()
    complaint = receipt["id"]
    began = time.monotonic()
    case = await people.assigned(complaint)
    assert time.monotonic() - began < 5
    assert (case["team"]["code"], case["explanation"]["rule"]) == ("team-08", "grid")

    for action, content in (("accept", {}), ("start", {}), ("resolve", RESOLUTION)):
        answer = await people.case(complaint, action, content)
        assert answer.status_code == 200, answer.text
    await people.until(complaint, "resolved")
    inspector, citizen = people.a("inspector"), people.a("citizen")
    verified = await inspector.post(f"/ledger/v1/complaints/{complaint}/verification", json={"method": "on_site"})
    assert (verified.status_code, body(verified)["status"]) == (200, "closed")
    rated = await citizen.post(
        f"/ledger/v1/complaints/{complaint}/feedback", json={"satisfaction": "satisfied", "solved": True}
    )
    assert rated.status_code == 200, rated.text

    story = body(await citizen.get(f"/ledger/v1/complaints/{complaint}"))
    assert [line["type"].removeprefix("complaint.") for line in story["timeline"]] == [
        "received", "assigned", "accepted", "started", "resolved", "verified", "closed", "feedback_received",
    ]  # fmt: skip
    assert {line["actor"] for line in story["timeline"]} == {None}  # the unit, not the person
    assert story["satisfaction"] == "satisfied"


async def test_a_result_that_is_not_good_and_a_reporter_who_is_not_satisfied_mean_two_more_rounds(
    people: People,
) -> None:
    complaint = (await people.report())["id"]
    inspector, citizen = people.a("inspector"), people.a("citizen")

    async def work(number: int) -> None:
        async def there() -> bool | None:
            case = await people.assigned(complaint)
            return True if (case["status"], case["round"]) == ("assigned", number) else None

        await eventually(there)
        for action, content in (("accept", {}), ("start", {}), ("resolve", RESOLUTION)):
            assert (await people.case(complaint, action, content)).status_code == 200
        await people.until(complaint, "resolved")

    await work(1)
    path = f"/ledger/v1/complaints/{complaint}"
    failed = {"method": "photo", "passed": False, "note": "还停着两辆"}
    assert body(await inspector.post(f"{path}/verification", json=failed))["round"] == 2
    await work(2)
    assert body(await inspector.post(f"{path}/verification", json={"method": "photo"}))["status"] == "closed"
    assert body(await citizen.post(f"{path}/reopening", json={"reason": "第二天又停满了"}))["round"] == 3
    await work(3)
    story = body(await citizen.get(path))
    assert [line["type"] for line in story["timeline"]].count("complaint.assigned") == 3
    assert (story["status"], story["round"]) == ("resolved", 3)


async def test_what_an_officer_has_settled_on_the_spot_is_closed_by_one_request(people: People) -> None:
    done = {"handling_mode": "verbal_education", "result": "已劝离，当场清理"}
    receipt = await people.report("officer", source="grid_patrol", self_handled=done)
    story = await people.until(receipt["id"], "closed")
    assert [line["type"].removeprefix("complaint.") for line in story["timeline"]] == [
        "received", "assigned", "accepted", "started", "resolved", "verified", "closed",
    ]  # fmt: skip
    assert story["proactive"]


async def test_reporters_follow_theirs_with_number_and_code(people: People) -> None:
    receipt = await people.report(reporter={"name": "张三", "phone": "13800000000"})
    await people.until(receipt["id"], "assigned")
    anyone = people.a("partner")
    path = f"/intake/v1/track/{receipt['number']}"
    for _ in range(50):
        track = await anyone.get(path, params={"query_code": receipt["query_code"].lower()})
        if body(track)["status"] == "assigned":
            break
        await asyncio.sleep(0.1)
    assert (body(track)["status"], body(track)["unit"]) == ("assigned", "文兴社区网格队")
    assert "张三" not in track.text
    assert "13800000000" not in track.text
    wrong = await anyone.get(path, params={"query_code": "ABCDEFGHJKLM"})
    unknown = await anyone.get("/intake/v1/track/20200101-000000", params={"query_code": receipt["query_code"]})
    assert wrong.status_code == unknown.status_code == 404
    assert {**body(wrong), "request_id": ""} == {**body(unknown), "request_id": ""}


@pytest.mark.parametrize("location", [{"lon": 10.0, "lat": 50.0}, {"address": "某路口"}])
async def test_outside_every_grid_it_goes_to_the_duty_desk_and_on_from_there(people: People, location: object) -> None:
    complaint = (await people.report(location=location))["id"]
    case = await people.assigned(complaint)
    assert (case["team"]["code"], case["explanation"]["rule"]) == ("duty-desk", "duty_desk")
    answer = await people.case(
        complaint, "assign", {"team": "team-03", "note": "电话核实在三号网格"}, role="dispatcher"
    )
    assert (answer.status_code, body(answer)["team"]["code"]) == (200, "team-03")
    assert (await people.case(complaint, "accept", subject="officer-0302")).status_code == 200
    story = await people.until(complaint, "accepted")
    assert [line["type"] for line in story["timeline"]].count("complaint.assigned") == 2


async def test_personal_data_stays_in_intake(people: People) -> None:
    secret = {"name": "李四甲", "phone": "13911112222", "email": "lisi@example.org"}
    complaint = (await people.report("operator", source="hotline", reporter=secret))["id"]
    await people.until(complaint, "assigned")
    for role, path in (
        ("officer", f"/dispatch/v1/cases/{complaint}"),
        ("operator", f"/ledger/v1/complaints/{complaint}"),
        ("analyst", f"/ledger/v1/entries?complaint={complaint}"),
        ("officer", f"/intake/v1/complaints/{complaint}"),
    ):
        answer = await people.a(role).get(path)
        assert answer.status_code == 200
        assert not any(value in answer.text for value in secret.values()), path
    seen = body(await people.a("operator").get(f"/intake/v1/complaints/{complaint}"))
    assert {name: seen["reporter"][name] for name in secret} == secret


async def test_a_repeat_with_the_same_key_gets_the_first_answer(people: People) -> None:
    citizen, headers = people.a("citizen"), {"Idempotency-Key": f"again-{time.time_ns()}"}

    async def send(**changes: object) -> tuple[int, str]:
        answer = await citizen.post("/intake/v1/complaints", json={**REPORT, **changes}, headers=headers)
        return answer.status_code, answer.text

    answers = await asyncio.gather(*(send() for _ in range(10)))
    assert {status for status, _ in answers} == {201}
    assert len({text for _, text in answers}) == 1
    assert (await send(description="另一件事"))[0] == 422


async def test_others_see_nothing_of_it(people: People) -> None:
    complaint = (await people.report())["id"]
    await people.until(complaint, "assigned")
    unknown = "01920000-0000-7000-8000-000000000000"
    strangers = (people.a("citizen", "somebody-else"), people.a("operator", tenant="110000"))
    for stranger in strangers:
        for path in ("/intake/v1/complaints/{}", "/ledger/v1/complaints/{}"):
            theirs, nobodys = await stranger.get(path.format(complaint)), await stranger.get(path.format(unknown))
            assert theirs.status_code == nobodys.status_code == 404
            assert {**body(theirs), "request_id": ""} == {**body(nobodys), "request_id": ""}
        listed = body(await stranger.get("/intake/v1/complaints"))
        assert complaint not in [item["id"] for item in listed["items"]]
