"""A planner's questions: who has how much to do, and what is within a walk in the course of a day."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from e2e.county import County
from e2e.people import People, body
from e2e.printed import ROOT, examples, prelude, run

SHANGHAI = ZoneInfo("Asia/Shanghai")
API = "/dispatch/v1"


async def shares(people: People, path: str, community: str, what_if: object = None) -> Any:
    """Return what is said of a community."""
    planner = people.a("dispatcher")
    answer = await (planner.get(f"{API}/{path}") if what_if is None else planner.post(f"{API}/{path}", json=what_if))
    assert answer.status_code == 200, answer.text
    found = body(answer)
    return next(each for each in found.get("summary", found)["communities"] if each["community"] == community)


async def test_a_planner_sees_who_has_work_and_what_a_day_covers(people: People) -> None:
    today = datetime.now(SHANGHAI).date()
    days = [today, today + timedelta(days=1)]  # midnight may be near
    listed = body(await people.a("officer").get(f"{API}/posts?community=community-11"))["items"]
    post = next(each for each in listed if each["kind"] == "post")
    place = {"lon": post["lon"], "lat": post["lat"]}
    admin = people.a("admin")
    corner = body(await people.a("officer").get(f"{API}/posts?community=community-13"))["items"][0]
    kiosk = {"name": "便民岗亭", "kind": "kiosk", "community": "community-13", "hours": "08:00-20:00"}
    kiosk |= {name: corner[name] for name in ("lon", "lat")}
    for path, thing in (
        ("shifts/whole-day", {"name": "全天", "begins": "00:00", "ends": "00:00"}),
        ("posts/day-kiosk", kiosk),
    ):
        assert (await admin.put(f"{API}/{path}", json=thing)).status_code == 201
    duties = [{"day": f"{day}", "shift": "whole-day", "subject": "officer-1101", "post": post["code"]} for day in days]
    roster = f"{API}/rosters/team-11?from={days[0]}&to={days[1]}"
    planned = await people.a("dispatcher").put(roster, json={"duties": duties})
    assert planned.status_code == 200, planned.text

    complaint = (await people.report(location={**place, "crs": "WGS84"}))["id"]
    assert (await people.assigned(complaint))["team"]["code"] == "team-11"
    assert (await people.case(complaint, "accept", subject="officer-1101")).is_success

    load = body(await people.a("dispatcher").get(f"{API}/workload?team=team-11&on_duty=true"))
    [officer] = load["teams"][0]["officers"]
    assert (officer["subject"], officer["open"], officer["on_duty"]) == ("officer-1101", 1, True)

    now = await shares(people, "coverage", "community-11")
    gone = await shares(people, "coverage", "community-11", {"removed": [post["code"]]})
    assert now["cases_covered"] >= 1
    assert gone["area_share"] < now["area_share"]
    course = await shares(people, f"coverage/day?day={today}", "community-11")
    assert course["area_shares"] == [now["area_share"]] * 24
    kiosk_hours = (await shares(people, f"coverage/day?day={today}", "community-13"))["area_shares"]
    assert kiosk_hours[7] < kiosk_hours[8] == kiosk_hours[19] > kiosk_hours[20]

    for path in ("posts/day-kiosk", "shifts/whole-day"):
        assert (await admin.delete(f"{API}/{path}")).status_code == 204
    await people.a("dispatcher").put(roster, json={})


def test_the_examples_of_the_page_on_coverage_run_as_they_are_printed(county: County, tmp_path: Path) -> None:
    page = examples((ROOT / "docs" / "coverage.md").read_text("utf-8"))
    printed = run(county, prelude(county) + page, tmp_path)
    assert printed.count('"type":"FeatureCollection"') == 3
    assert printed.count('"slices"') == 4  # three days, and one as it is beside what would be
