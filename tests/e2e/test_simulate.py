"""A planner compares proposals with what was, on a running county."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from e2e.county import County
from e2e.people import People

RESULT = {"handling_mode": "on_site_rectification", "result": "已劝离"}
CSV = "team,weekday,shift,subject,post\n"
EVENINGS = CSV + "".join(f"team-08,{weekday},evening,officer-0801,post-0801\n" for weekday in range(1, 8))
RULES = """
rules:
  - code: parking
    name: {zh: 停车, en: Parking}
    when:
      categories: [street_order.parking]
      times: [{begins: 00:00, ends: 23:59}]
    then: {team: team-01}
"""
pytestmark = pytest.mark.timeout(180)  # each command is a process that imports dispatch


async def simulate(county: County, *options: str) -> tuple[int, str]:
    return await county.ask("simulate", *options, "--lang", "en")


async def figures(county: County, *options: str) -> dict[str, Any]:
    code, printed = await simulate(county, "--json", *options)
    assert code == 0, printed
    found: dict[str, Any] = json.loads(printed[printed.index("{") :])
    return found


def written(directory: Path, name: str, text: str) -> str:
    path = directory / name
    path.write_text(text, "utf-8")
    return str(path)


async def test_a_planner_compares_a_roster_and_rules_with_what_was(
    people: People, county: County, tmp_path: Path
) -> None:
    code, printed = await simulate(county)
    assert (code, "no-cases" in printed) == (1, True), printed
    handled, waiting = [(await people.report())["id"] for _ in range(2)]
    for complaint in (handled, waiting):
        await people.assigned(complaint)
    for action, content in (("accept", None), ("start", None), ("resolve", RESULT)):
        assert (await people.case(handled, action, content)).is_success

    proposals = ("--roster", written(tmp_path, "evenings.csv", EVENINGS))
    roster = await figures(county, *proposals)
    again = await figures(county, *proposals)
    rules = await figures(county, "--rules", written(tmp_path, "rules.yaml", RULES), "--after", "0")
    code, shown = await simulate(county, "--rules", str(tmp_path / "rules.yaml"))

    assert roster == again
    assert roster["cases"] == 2
    assert (roster["recorded"]["kept"], roster["recorded"]["open"]) == (1, 1)
    assert roster["present"]["teams"]["team-08"]["cases"] == 2
    assert "team-08" in roster["assumptions"]["office_hours_teams"] or roster["proposed"]["open"] == 0
    assert roster["assumptions"]["known_times"] == 1
    assert rules["changes"]["teams"] == 2
    assert rules["changes"]["reasons"] == [{"kind": "rule", "before": None, "after": "parking", "cases": 2}]
    assert {move["after"] for move in rules["changes"]["moves"]} == {"team-01"}
    assert (code, "by rule parking" in shown, "Assumptions" in shown) == (0, True, True), shown


@pytest.mark.parametrize(
    ("options", "codes"),
    [
        (("--roster", CSV + "team-08,1,morning,officer-0801,\nteam-08,1,noon,officer-0801,\n"), ["in-two-places"]),
        (("--roster", CSV + "team-08,1,night,officer-0101,\n"), ["unknown-shift", "not-a-member"]),
        (
            ("--rules", '{"rules": [{"code": "a", "name": {"zh": "a", "en": "a"}, "then": {"team": "x"}}]}'),
            ["unknown-team"],
        ),
        (("--grids", '{"type": "FeatureCollection", "features": [{}]}'), ["/features/0/geometry"]),
        (("--from", "2026-02-01", "--to", "2026-01-01"), ["period-reversed"]),
    ],
)
async def test_what_cannot_be_is_told_in_words_with_a_code(
    county: County, tmp_path: Path, options: Sequence[str], codes: Sequence[str]
) -> None:
    if options[0] != "--from":
        name = "file.csv" if options[1].startswith(CSV) else "file.json"
        options = (options[0], written(tmp_path, name, options[1]))

    code, printed = await simulate(county, *options)

    assert code == 1
    assert [each for each in codes if each not in printed] == [], printed
    assert "Traceback" not in printed
