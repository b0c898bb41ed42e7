"""From a template of a roster to a complaint that goes to whoever is on duty."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from e2e.county import County
from e2e.people import People, body
from e2e.printed import prelude, run, section

SHANGHAI = ZoneInfo("Asia/Shanghai")
TEAM, POST, ON_DUTY = "team-12", "post-1201", "officer-1202"


async def a_template(people: People, begins: datetime) -> str:
    """Keep a template by which one officer works the present hours of this weekday, and return where it is."""
    hours = {"name": "临时", "begins": f"{begins:%H:%M}", "ends": f"{begins + timedelta(hours=4):%H:%M}"}
    assert (await people.a("admin").put("/dispatch/v1/shifts/walk", json=hours)).is_success
    place = {"weekday": begins.isoweekday(), "shift": "walk", "subject": ON_DUTY, "post": POST}
    template = {"name": "值守", "team": TEAM, "weeks": [[place]], "holiday": "as_usual", "make_up_workday": "as_usual"}
    kept = await people.a("dispatcher").post("/dispatch/v1/roster-templates", json=template)
    assert kept.status_code == 201, kept.text
    return kept.headers["Location"]


async def chosen(people: People, here: dict[str, float]) -> Any:
    """Report until somebody is chosen: that a county has rosters at all is looked at every few seconds."""
    for _ in range(30):
        receipt = await people.report(location={**here, "crs": "WGS84"})
        case = await people.assigned(receipt["id"])
        if case["explanation"]["choice"] is not None:
            return case
        await asyncio.sleep(0.5)
    raise AssertionError(case)


async def test_a_complaint_goes_to_the_officer_whom_a_template_put_on_duty(people: People) -> None:
    dispatcher, officer = people.a("dispatcher"), people.a("officer", ON_DUTY)
    begins = datetime.now(UTC).astimezone(SHANGHAI) - timedelta(hours=1)
    template = await a_template(people, begins)
    path = f"{template}/application?from={begins.date()}&to={begins.date()}"

    preview = body(await dispatcher.post(f"{path}&dry_run=true"))
    applied = body(await dispatcher.post(path))
    [expected] = body(await dispatcher.get(f"/dispatch/v1/rosters/on-duty?team={TEAM}"))["items"]
    [post] = [
        each for each in body(await officer.get("/dispatch/v1/posts?grid=grid-12"))["items"] if each["code"] == POST
    ]
    here = {"lon": post["lon"], "lat": post["lat"]}
    clocked = body(await officer.post("/dispatch/v1/attendance", json={"way": "in", "position": here}))
    [present] = body(await dispatcher.get(f"/dispatch/v1/rosters/on-duty?team={TEAM}&presence=present"))["items"]
    case = await chosen(people, here)

    assert preview == {**applied, "dry_run": True}
    assert (applied["duties"], applied["conflicts"]) == (1, [])
    assert (expected["subject"], expected["presence"]) == (ON_DUTY, "not_clocked_in")
    assert (clocked["clocked_in"]["on_the_spot"], present["id"]) == (True, expected["id"])
    assert (case["team"]["code"], case["assignee"]) == (TEAM, ON_DUTY)
    choice = case["explanation"]["choice"]
    assert (choice["officer"], choice["why"], choice["on_duty"], choice["located"]) == (ON_DUTY, "only_one", 1, 1)
    assert choice["metres"] == 0


async def test_the_page_plans_a_month_by_a_template(county: County, tmp_path: Path) -> None:
    page = section("docs/rosters.md", "Templates 排班模板")
    printed = await asyncio.to_thread(run, county, prelude(county) + page, tmp_path)

    assert ['"dry_run":true' in printed, '"dry_run":false' in printed, '"duties":10' in printed] == [True] * 3
