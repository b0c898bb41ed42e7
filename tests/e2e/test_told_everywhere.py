"""What dispatch tells beside the usual way, as the ledger enters it and its readers see it."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from e2e.people import Body, People, body, eventually

ZONE = ZoneInfo("Asia/Shanghai")


async def told(people: People, complaint: str, kind: str) -> Body:
    """Return the line of the story that tells of `kind`, once it is there."""

    async def there() -> Any:
        story = body(await people.a("supervisor").get(f"/ledger/v1/complaints/{complaint}"))
        return next((line for line in story.get("timeline", ()) if line["type"] == f"complaint.{kind}"), None)

    line: Body = await eventually(there)
    return line


async def kinds_for_the_reporter(people: People, complaint: str) -> list[str]:
    story = body(await people.a("citizen").get(f"/ledger/v1/complaints/{complaint}"))
    return [line["type"].removeprefix("complaint.") for line in story["timeline"]]


async def counted(people: People, team: str, indicator: str) -> Any:
    """Return what the statistics of today have of a team."""
    today = datetime.now(ZONE).date()
    path = f"/ledger/v1/statistics/indicators?from={today}&to={today}&by=team&team={team}&indicator={indicator}"
    rows = body(await people.a("analyst").get(path))["rows"]
    return rows[0]["figures"][indicator]["value"] if rows else 0


async def a_day_off(people: People, day: date) -> list[Body]:
    """Make it one, and return what the county's own days of that year were before."""
    admin, path = people.a("admin"), f"/dispatch/v1/calendars/{day.year}"
    before = [
        {name: each[name] for name in ("date", "working", "name")}
        for each in body(await admin.get(path))["days"]
        if each["own"]
    ]
    days = [each for each in before if each["date"] != str(day)]
    changed = await admin.put(path, json={"days": [*days, {"date": str(day), "working": False, "name": "停电检修"}]})
    assert changed.status_code == 200, changed.text
    return before


async def test_another_calendar_moves_what_the_reporter_was_promised(people: People) -> None:
    receipt = await people.report(category="construction.sites")
    complaint = receipt["id"]
    promised_at = datetime.fromisoformat((await people.assigned(complaint))["promised_at"])
    day = (promised_at - timedelta(seconds=1)).astimezone(ZONE).date()
    before = await a_day_off(people, day)
    try:
        line = await told(people, complaint, "rescheduled")
    finally:
        await people.a("admin").put(f"/dispatch/v1/calendars/{day.year}", json={"days": before})
    moved_to = datetime.fromisoformat(line["data"]["promised_at"])
    assert datetime.fromisoformat(line["data"]["promised_before"]) == promised_at < moved_to

    async def seen() -> Any:
        path = f"/intake/v1/track/{receipt['number']}?query_code={receipt['query_code']}"
        track = body(await people.a("partner").get(path))
        moved = [each["promised_at"] for each in track["timeline"] if each["kind"] == "rescheduled"]
        return moved or None

    assert datetime.fromisoformat((await eventually(seen))[0]) == moved_to


async def test_what_a_supporting_officer_adds_is_an_entry_and_counts_for_their_team(people: People) -> None:
    complaint = (await people.report())["id"]
    await people.assigned(complaint)
    before = await counted(people, "team-03", "parts_done")
    support = f"/dispatch/v1/cases/{complaint}/support/team-03"
    assert (await people.a("dispatcher").put(support)).is_success
    done = {"text": "已协助疏导", "position": {"lon": 107.2358, "lat": 26.5806}, "part_done": True}
    added = await people.case(complaint, "contributions", done, subject="officer-0302")
    assert added.status_code in (200, 201), added.text

    data = (await told(people, complaint, "contributed"))["data"]
    assert (data["actor"], data["team"], data["supporting"]) == ("officer-0302", "team-03", True)
    assert (data["text"], data["part_done"]) == ("已协助疏导", True)
    assert await counted(people, "team-03", "parts_done") == before + 1
    assert (await people.ledger(complaint))["status"] == "assigned"


async def test_an_order_that_is_withdrawn_is_told_to_staff_alone(people: People) -> None:
    complaint = (await people.report())["id"]
    await people.assigned(complaint)
    before = await counted(people, "team-08", "orders_withdrawn")
    order = {"text": "请今天完成", "deadline": (datetime.now(UTC) + timedelta(hours=5)).isoformat()}
    given = body(await people.case(complaint, "supervision", order, role="supervisor"))["supervision"][0]
    withdrawal = {"reason": "已电话说明"}
    withdrawn = await people.case(complaint, f"supervision/{given['id']}/withdrawal", withdrawal, role="supervisor")
    assert withdrawn.status_code == 200, withdrawn.text

    data = (await told(people, complaint, "order_withdrawn"))["data"]
    assert (data["order_id"], data["reason"], data["team"]) == (given["id"], "已电话说明", "team-08")
    assert await kinds_for_the_reporter(people, complaint) == ["received", "assigned", "escalated"]
    assert await counted(people, "team-08", "orders_withdrawn") == before + 1
