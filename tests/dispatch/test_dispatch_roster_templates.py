"""Templates of rosters over REST: kept by week, applied on the county's calendar."""

from datetime import date
from typing import Any

import pytest

from dispatch.duties import a_duty, get, plan
from dispatch.world import NEIGHBOUR, World

PATH = "/dispatch/v1/roster-templates"
MONDAY = {"weekday": 1, "shift": "morning", "subject": "officer-0801", "post": "post-0801"}
WEDNESDAY = {"weekday": 3, "shift": "noon", "subject": "officer-0802", "post": None}
SUNDAY = {"weekday": 7, "shift": "evening", "subject": "officer-0803", "post": None}
WEEK = [MONDAY, WEDNESDAY, SUNDAY]


def body(name: str, **given: Any) -> dict[str, Any]:
    return {"name": name, "team": "team-08", "weeks": [WEEK], **given}


async def keep(world: World, name: str, **given: Any) -> Any:
    response = await world.send("POST", PATH, role="dispatcher", json=body(name, **given))
    assert response.status_code == 201, response.text
    return response


async def apply(world: World, template: Any, days: str, *, dry_run: bool = False, **options: Any) -> Any:
    first, last = days.split("/")
    path = f"{PATH}/{template.json()['id']}/application?from={first}&to={last}&dry_run={str(dry_run).lower()}"
    return await world.send("POST", path, role=options.pop("role", "dispatcher"), **options)


async def planned(world: World, days: str, team: str = "team-08") -> list[tuple[str, str, str]]:
    first, last = days.split("/")
    duties = await get(world, f"rosters?team={team}&from={first}T00:00:00%2B08:00&to={last}T23:59:59%2B08:00")
    return [(each["day"], each["subject"], each["state"]) for each in duties]


async def test_a_template_is_kept_read_changed_and_removed(world: World) -> None:
    created = await keep(world, "平时", turns_from="2026-01-05", holiday="as_sunday")
    read = await world.send("GET", created.headers["Location"], role="officer")
    twin = await world.send("POST", PATH, role="dispatcher", json=body("平时"))
    tag = {"If-Match": read.headers["ETag"]}
    path = created.headers["Location"]
    changed = await world.send("PUT", path, role="supervisor", json=body("夏季", weeks=[WEEK, []]), headers=tag)
    late = await world.send("PUT", path, role="dispatcher", json=body("夏季"), headers=tag)
    [listed] = await get(world, "roster-templates?team=team-08")

    assert read.json() == created.json()
    assert created.json()["weeks"] == [WEEK]
    assert (created.json()["holiday"], created.json()["make_up_workday"]) == ("as_sunday", "as_replaced")
    assert (twin.status_code, twin.json()["type"]) == (409, "urn:jieban:problem:template-name-taken")
    assert (changed.status_code, changed.headers["ETag"], late.status_code) == (200, '"2"', 412)
    assert listed == changed.json()
    assert await get(world, "roster-templates?team=team-09") == await get(world, "roster-templates", tenant=NEIGHBOUR)
    foreign = await world.send("GET", path, role="dispatcher", tenant=NEIGHBOUR)
    stale = await world.send("DELETE", path, role="dispatcher", headers=tag)
    gone = await world.send("DELETE", path, role="dispatcher", headers={"If-Match": '"2"'})
    after = await world.send("GET", path, role="dispatcher")
    assert [foreign.status_code, stale.status_code, gone.status_code, after.status_code] == [404, 412, 204, 404]


@pytest.mark.parametrize(
    ("change", "pointer", "code"),
    [
        ({"team": "team-99"}, "/team", "unknown-team"),
        ({"weeks": [[], [{**MONDAY, "shift": "midnight"}]]}, "/weeks/1/0", "unknown-shift"),
        ({"weeks": [[MONDAY, {**MONDAY, "subject": "officer-0101"}]]}, "/weeks/0/1", "not-a-member"),
        ({"weeks": [[{**MONDAY, "post": "nowhere"}]]}, "/weeks/0/0", "unknown-post"),
        ({"weeks": [[MONDAY, {**MONDAY, "shift": "noon"}]]}, "/weeks/0/1", "in-two-places"),
        ({"weeks": []}, "/weeks", None),
        ({"weeks": [[{**MONDAY, "weekday": 8}]]}, "/weeks/0/0/weekday", None),
        ({"holiday": "sometimes"}, "/holiday", None),
        ({"turns_from": "9999-12-31"}, "/turns_from", None),
    ],
)
async def test_a_template_that_cannot_be_is_refused(
    world: World, change: dict[str, Any], pointer: str, code: str | None
) -> None:
    response = await world.send("POST", PATH, role="dispatcher", json={**body("错"), **change})

    assert response.status_code == 422, response.text
    [error] = response.json()["errors"]
    assert error["pointer"] == pointer
    assert code is None or error["code"] == code


async def test_only_planners_keep_and_apply_templates(world: World) -> None:
    template = await keep(world, "谁")

    answers = [
        await world.send("POST", PATH, role="officer", json=body("谁")),
        await world.send("PUT", template.headers["Location"], role="analyst", json=body("谁")),
        await world.send("DELETE", template.headers["Location"], role="officer"),
        await apply(world, template, "2031-01-06/2031-01-06", role="officer"),
        await apply(world, template, "2031-01-06/2031-01-06", tenant=NEIGHBOUR),
    ]

    assert [answer.status_code for answer in answers] == [403, 403, 403, 403, 404]


async def test_holidays_are_left_out_and_make_up_workdays_are_worked(world: World) -> None:
    """The 1st to 7th of October are off, and Saturday the 12th is worked, as a Monday since no notice is known."""
    off = [{"date": f"2030-10-0{number}", "working": False, "name": "国庆节"} for number in range(1, 8)]
    own = {"days": [*off, {"date": "2030-10-12", "working": True, "name": "调休"}]}
    await world.send("PUT", "/dispatch/v1/calendars/2030", role="admin", json=own)
    template, days = await keep(world, "国庆"), "2030-09-30/2030-10-13"

    preview = await apply(world, template, days, dry_run=True)
    before = await planned(world, days)
    applied = await apply(world, template, days)
    again = await apply(world, template, days)

    assert before == []
    assert preview.json() == {**applied.json(), "dry_run": True}
    assert await planned(world, days) == [
        ("2030-09-30", "officer-0801", "planned"),
        ("2030-10-09", "officer-0802", "planned"),
        ("2030-10-12", "officer-0801", "planned"),
        ("2030-10-13", "officer-0803", "planned"),
    ]
    answer = applied.json()
    assert (answer["duties"], answer["replaced"], answer["holidays_known"], answer["conflicts"]) == (4, 0, False, [])
    assert [(each["day"], each["why"], each["worked_as"]) for each in answer["days"]] == [
        *((f"2030-10-0{number}", "holiday", None) for number in range(1, 8)),
        ("2030-10-12", "make_up_workday", 1),
    ]
    assert [(each["day"], each["subject"], each["reason"]) for each in answer["left_out"]] == [
        ("2030-10-02", "officer-0802", "holiday"),
        ("2030-10-06", "officer-0803", "holiday"),
        ("2030-10-07", "officer-0801", "holiday"),
    ]
    assert again.json() == applied.json()


async def test_the_tenants_own_calendar_and_single_days_count(world: World) -> None:
    own = {"days": [{"date": "2027-05-12", "working": False, "name": "斗篷节"}]}
    await world.send("PUT", "/dispatch/v1/calendars/2027", role="admin", json=own)
    template, days = await keep(world, "州庆", holiday="as_sunday"), "2027-05-10/2027-05-16"

    answer = (
        await apply(world, template, days, json={"days_off": ["2027-05-10"], "as_weekday": {"2027-05-15": 1}})
    ).json()

    assert answer["holidays_known"] is False
    assert await planned(world, days) == [
        ("2027-05-12", "officer-0803", "planned"),
        ("2027-05-15", "officer-0801", "planned"),
        ("2027-05-16", "officer-0803", "planned"),
    ]
    assert [(each["day"], each["why"]) for each in answer["days"]] == [
        ("2027-05-10", "day_off"),
        ("2027-05-12", "holiday"),
        ("2027-05-15", "as_weekday"),
    ]


async def test_who_is_on_leave_is_left_out_and_the_leave_stays(world: World) -> None:
    template, days = await keep(world, "请假"), "2031-09-01/2031-09-03"
    duty = await a_duty(world, "officer-0801", date(2031, 9, 1))
    asked = await world.send(
        "POST",
        f"/dispatch/v1/duties/{duty['id']}/requests",
        role="officer",
        subject="officer-0801",
        json={"kind": "leave", "reason": "家中有事"},
    )
    decision = f"/dispatch/v1/duty-requests/{asked.json()['id']}/decision"
    await world.send("POST", decision, role="dispatcher", json={"approved": True})

    answer = (await apply(world, template, days)).json()

    assert (answer["duties"], answer["replaced"], answer["holidays_known"]) == (1, 0, False)
    assert answer["left_out"] == [
        {
            "day": "2031-09-01",
            "shift": "morning",
            "subject": "officer-0801",
            "post": "post-0801",
            "reason": "leave",
        }
    ]
    assert await planned(world, days) == [
        ("2031-09-01", "officer-0801", "leave"),
        ("2031-09-03", "officer-0802", "planned"),
    ]


async def test_conflicts_are_all_told_before_and_nothing_is_planned(world: World) -> None:
    days = "2031-10-06/2031-10-12"
    shared = [{"weekday": 1, "shift": "morning", "subject": "officer-demo"}, WEDNESDAY]
    for team in ("team-08", "team-09"):
        await world.run(
            "INSERT INTO team_member VALUES ('522723', :team, 'officer-demo', 'leader') ON CONFLICT DO NOTHING",
            team=team,
        )
    elsewhere = {"day": "2031-10-06", "shift": "noon", "subject": "officer-demo"}
    await plan(world, "team-09", date(2031, 10, 6), date(2031, 10, 6), {"duties": [elsewhere]})
    await a_duty(world, "officer-0802", date(2031, 10, 8))
    await world.run("UPDATE duty SET clocked_in_at = begins_at WHERE day = '2031-10-08'")
    template = await keep(world, "冲突", weeks=[shared])

    preview = await apply(world, template, days, dry_run=True)
    refused = await apply(world, template, days)

    assert preview.status_code == 200
    assert [(each["day"], each["subject"], each["code"]) for each in preview.json()["conflicts"]] == [
        ("2031-10-08", "officer-0802", "duty-begun"),
        ("2031-10-06", "officer-demo", "in-two-places"),
    ]
    assert preview.json()["conflicts"][1]["begins"].startswith("2031-10-06T1")
    assert (refused.status_code, refused.json()["type"]) == (409, "urn:jieban:problem:roster-conflicts")
    assert refused.json()["conflicts"] == preview.json()["conflicts"]
    assert await planned(world, days) == [("2031-10-08", "officer-0802", "planned")]


async def test_weeks_take_turns_over_the_end_of_a_period(world: World) -> None:
    weeks = [[{**WEDNESDAY, "subject": f"officer-080{number}"}] for number in (1, 2, 3)]
    template = await keep(world, "轮班", weeks=weeks, turns_from="2031-11-03")

    for days in ("2031-11-03/2031-11-16", "2031-11-17/2031-11-30"):
        assert (await apply(world, template, days)).status_code == 200

    subjects = [subject for _, subject, _ in await planned(world, "2031-11-03/2031-11-30")]
    assert subjects == ["officer-0801", "officer-0802", "officer-0803", "officer-0801"]


@pytest.mark.parametrize(
    ("days", "code"),
    [
        ("2031-03-05/2031-03-04", "period-reversed"),
        ("2031-03-05/2032-03-05", "period-too-long"),
        ("9999-12-30/9999-12-31", "validation-failed"),
        ("2031-01-01/2031-12-31", "too-many-duties"),
    ],
)
async def test_a_period_that_cannot_be_is_refused(world: World, days: str, code: str) -> None:
    week = [{"weekday": each, "shift": "morning", "subject": "officer-0801"} for each in range(1, 8)]
    template = await keep(world, f"期间 {code}", weeks=[week])
    if code == "too-many-duties":  # more than the checks of a template would let in
        await world.run(
            "UPDATE roster_template SET weeks = jsonb_build_array("
            "(SELECT jsonb_agg(place) FROM jsonb_array_elements(weeks->0) AS place, generate_series(1, 16)))"
            " WHERE name = :name",
            name=f"期间 {code}",
        )

    response = await apply(world, template, days, dry_run=True)

    assert (response.status_code, response.json()["type"]) == (422, f"urn:jieban:problem:{code}")
