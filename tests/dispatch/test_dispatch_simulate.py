"""The planner's simulator on the demo county: what it reads, refuses and shows."""

import json
from collections import Counter
from datetime import date, timedelta
from pathlib import Path
from typing import Any, cast

import pytest
import pytest_asyncio

from contracts.directory import SourceChanged
from contracts.events import ComplaintReceived
from dispatch.duties import plan
from dispatch.ruling import publish, rule
from dispatch.simulating import CSV, printed, simulate, written
from dispatch.test_dispatch_category_limits import tell_of
from dispatch.world import FAR_AWAY, TENANT, World, received
from jieban.errors import UserError
from jieban.simulator.report import as_json
from jieban.simulator.running import Files
from runtime.clock import now

EVENINGS = CSV + "".join(f"team-08,{weekday},evening,officer-0801,post-0801\n" for weekday in range(1, 8))
RULE = {
    "code": "vendors",
    "name": {"zh": "游摊", "en": "Vendors"},
    "when": {"categories": ["street_order"], "words": ["占道"]},
    "then": {"team": "team-01", "grade": "urgent"},
}


@pytest_asyncio.fixture(scope="module", loop_scope="session", autouse=True)
async def cases(world: World) -> None:
    """Two cases in grid-08, one of them handled, and one far away."""
    await world.a_case("accept", "start", "resolve")
    await world.deliver(received(), received(FAR_AWAY))


async def test_without_a_proposal_the_present_is_compared_with_the_record(world: World) -> None:
    report = await simulate(world)
    found = as_json(report)
    shown = printed(report)

    assert found["cases"] == 3
    assert (found["recorded"]["cases"], found["recorded"]["kept"], found["recorded"]["desk"]) == (3, 1, 1)
    assert found["present"]["teams"].keys() == {"team-08", "duty-desk"}
    assert found["fit"]["same_team"] == 3
    assert (found["proposed"], found["changes"]) == (None, None)
    assert len(found["assumptions"]["office_hours_teams"]) == 16
    assert "as it is now" in shown
    assert "as proposed" not in shown
    assert "Teams without a roster (16: duty-desk" in shown


async def test_a_roster_replaces_the_duties_of_its_teams_only(world: World, tmp_path: Path) -> None:
    report = await simulate(world, Files(roster=written(tmp_path, "evenings.csv", EVENINGS)))
    week = [{"weekday": day, "shift": "evening", "subject": "officer-0801", "post": "post-0801"} for day in range(1, 8)]
    document = written(tmp_path, "evenings.json", json.dumps({"team-08": {"week": week}}))
    same = await simulate(world, Files(roster=document))

    assert as_json(report) == as_json(same)
    assert "team-08" not in report.office_teams
    assert len(report.office_teams) == 15
    assert report.comparison.proposed is not None
    assert report.comparison.proposed.teams["team-08"].open == 0


async def test_the_same_question_gets_the_same_answer(world: World, tmp_path: Path) -> None:
    roster = written(tmp_path, "evenings.csv", EVENINGS)

    one, other = [as_json(await simulate(world, Files(roster=roster), seed=7)) for _ in range(2)]

    assert one == other


async def test_rules_from_yaml_say_which_cases_go_elsewhere_and_why(world: World, tmp_path: Path) -> None:
    text = """
        rules:
          - code: vendors
            name: {zh: 游摊, en: Vendors}
            when: {words: [占道], times: [{begins: 00:00, ends: 23:59}]}
            then: {team: team-01, grade: urgent}
    """
    report = await simulate(world, Files(rules=written(tmp_path, "rules.yaml", text)))

    changes = report.comparison.changes
    assert changes is not None
    assert (changes.teams, changes.grades) == (3, 3)
    assert Counter(move.after for move in changes.moves) == {"team-01": 3}
    assert "by rule vendors" in printed(report)
    assert "按规则 vendors" in printed(report, "zh-CN", width=80)


async def test_a_rule_takes_the_cases_of_its_sources_alone(world: World, tmp_path: Path) -> None:
    by_phone = received(source="hotline")
    await world.deliver(by_phone)
    when = {"sources": ["hotline"], "proactive": False}

    report = await simulate(world, Files(rules=written(tmp_path, "rules.json", _rules({"when": when}))))
    await world.run("DELETE FROM dispatch_case WHERE complaint_id = :id", id=by_phone.subject)

    changes = report.comparison.changes
    assert changes is not None
    assert [(move.number, move.after) for move in changes.moves] == [
        (cast(ComplaintReceived, by_phone.data).number, "team-01")
    ]


async def test_a_map_with_another_team_and_that_team(world: World, tmp_path: Path) -> None:
    grids = await _grids(world)
    feature = next(each for each in grids["features"] if each["properties"]["code"] == "grid-08")
    feature["properties"]["team"] = "team-16"
    team = {"name": "新队", "members": [{"subject": "officer-1601", "role": "leader"}]}

    report = await simulate(
        world,
        Files(
            grids=written(tmp_path, "map.geojson", json.dumps(grids)),
            teams=written(tmp_path, "teams.json", json.dumps({"team-16": team})),
        ),
    )

    changes = report.comparison.changes
    assert changes is not None
    assert [(reason.kind, count) for reason, count in changes.reasons.items()] == [("grid_team", 2)]
    assert {move.after for move in changes.moves} == {"team-16"}
    assert report.names["team-16"] == "新队"


async def test_duties_that_are_planned_count_in_the_present(world: World) -> None:
    first = now().date() + timedelta(days=1)
    duties = [
        {"day": str(first + timedelta(days=ahead)), "shift": "morning", "subject": "officer-0901"} for ahead in range(5)
    ]
    assert (await plan(world, "team-09", first, first + timedelta(days=5), {"duties": duties})).status_code == 200

    report = await simulate(world)

    assert "team-09" not in report.office_teams


BAD_ROSTERS = {
    "in-two-places": "team-08,1,morning,officer-0801,\nteam-08,1,noon,officer-0801,\n",
    "unknown-shift": "team-08,1,night,officer-0801,\n",
    "not-a-member": "team-08,1,morning,officer-0101,\n",
    "unknown-post": "team-08,1,morning,officer-0801,nowhere\n",
    "unknown-team": "team-99,1,morning,officer-0801,\n",
    "less_than_equal": "team-08,8,morning,officer-0801,\n",
    "missing": "team-08,1,,officer-0801,\n",
    "string_type": ",1,morning,officer-0801,\n",
    "outside-period": "",
}


@pytest.mark.parametrize("code", BAD_ROSTERS)
async def test_a_roster_that_cannot_be_is_refused_with_its_line(world: World, tmp_path: Path, code: str) -> None:
    with pytest.raises(UserError, match=rf"\[{code}\]") as refused:
        await simulate(world, Files(roster=written(tmp_path, "bad.csv", CSV + BAD_ROSTERS[code])))

    assert code == "outside-period" or f"line {3 if code == 'in-two-places' else 2}" in str(refused.value)


async def test_an_officer_whom_another_team_needs_is_in_two_places(world: World, tmp_path: Path) -> None:
    first = now().date() + timedelta(days=1)
    duty = {"duties": [{"day": str(first), "shift": "morning", "subject": "officer-demo"}]}
    assert (await plan(world, "team-10", first, first, duty)).status_code == 200
    text = f"team,day,shift,subject\nteam-11,{first},noon,officer-demo\n"

    with pytest.raises(UserError, match=r"line 2: officer-demo is on duty .*\[in-two-places\]"):
        await simulate(world, Files(roster=written(tmp_path, "two.csv", text)))


def _rules(*changed: dict[str, Any]) -> str:
    return json.dumps({"rules": [{**RULE, **each} for each in changed]}, ensure_ascii=False)


BAD_FILES = [
    ("rules", "r.json", _rules({"then": {"team": "team-99"}}), "unknown-team"),
    (
        "rules",
        "r.json",
        _rules({"when": {"sources": ["hotline", "rumour"]}}),
        r"/rules/0/when/sources/1: .*unknown-source",
    ),
    ("rules", "r.json", _rules({"when": {"categories": ["weather"]}}), "/when/categories/0: .*unknown-category"),
    ("rules", "r.json", _rules({"when": {"sources": ["grid_patrol"], "proactive": False}}), "sources-contradict"),
    ("rules", "r.json", _rules({}, {}), "duplicate-code"),
    ("rules", "r.json", _rules({"when": {}}, {"code": "b"}), "rule-shadowed"),
    ("rules", "r.json", _rules({"extra": 1}), "extra_forbidden"),
    ("rules", "r.json", "{", "cannot be understood"),
    ("rules", "r.yaml", "rules: [", "cannot be understood"),
    ("teams", "t.json", '{"team-16": {"name": "x", "community": "none", "members": []}}', "unknown-community"),
    ("grids", "g.geojson", '{"type": "FeatureCollection"}', "missing"),
    ("grids", "g.geojson", "[" * 100_000, "cannot be understood"),
]


@pytest.mark.parametrize(("kind", "name", "text", "code"), BAD_FILES)
async def test_a_file_that_cannot_be_gone_by_is_refused(
    world: World, tmp_path: Path, kind: str, name: str, text: str, code: str
) -> None:
    with pytest.raises(UserError, match=code):
        await simulate(world, Files(**{kind: written(tmp_path, name, text)}))


async def test_a_map_that_crosses_itself_or_names_nobody_is_refused(world: World, tmp_path: Path) -> None:
    crossed, strange = await _grids(world), await _grids(world)
    ring = crossed["features"][0]["geometry"]["coordinates"][0]
    ring[1], ring[2] = ring[2], ring[1]
    strange["features"][0]["properties"]["team"] = "team-99"

    for grids, code in ((crossed, r"longitude 107.*\[shape-"), (strange, r"\[unknown-team")):
        with pytest.raises(UserError, match=rf"/features/0/.*{code}"):
            await simulate(world, Files(grids=written(tmp_path, "map.geojson", json.dumps(grids))))


async def test_files_and_periods_that_are_not_there(world: World, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="Cannot read"):
        await simulate(world, Files(rules=tmp_path / "none.json"))
    with pytest.raises(UserError, match="period-reversed"):
        await simulate(world, first=date(2026, 2, 1), last=date(2026, 1, 1))
    with pytest.raises(UserError, match="period-in-future"):
        await simulate(world, first=date(2099, 2, 1), last=date(2099, 3, 1))
    with pytest.raises(UserError, match="no-cases"):
        await simulate(world, first=date(2020, 2, 1), last=date(2020, 3, 1))


async def test_citizens_may_not_ask(world: World) -> None:
    with pytest.raises(UserError, match="403"):
        await simulate(world, role="citizen")


async def test_a_rule_in_force_about_a_source_that_is_gone_is_gone_by(world: World) -> None:
    """As routing goes by it: old cases keep their source."""
    await publish(world, rule("gone", {"sources": ["media"]}, {"team": "team-01"}))
    gone = SourceChanged(version=2, zh="媒体", en="Media", code="media", proactive=True, removed=True)
    await tell_of(world, TENANT, 1, gone)

    assert (await simulate(world)).off == []


async def _grids(world: World) -> dict[str, Any]:
    answer = await world.send("GET", "/dispatch/v1/grids?limit=200", role="analyst")
    grids: dict[str, Any] = answer.json()
    return grids
