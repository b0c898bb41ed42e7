"""A planner compares proposals with what was, on a running county."""

import json
from pathlib import Path

import pytest

from e2e.county import County
from e2e.people import People

pytestmark = pytest.mark.own_county

RESULT = {"handling_mode": "guidance", "result": "已劝离"}
RULES = """
rules:
  - code: parking
    name: {zh: 停车, en: Parking}
    when:
      categories: [street_order.parking]
      times: [{begins: 00:00, ends: 23:59}]
    then: {team: team-01}
"""


async def test_a_planner_compares_rules_with_what_was(people: People, county: County, tmp_path: Path) -> None:
    handled, waiting = [(await people.report())["id"] for _ in range(2)]
    for complaint in (handled, waiting):
        await people.assigned(complaint)
    for action, content in (("accept", None), ("start", None), ("resolve", RESULT)):
        assert (await people.case(handled, action, content)).is_success
    rules = tmp_path / "rules.yaml"
    rules.write_text(RULES, "utf-8")

    code, printed = await county.ask("simulate", "--rules", str(rules), "--json")
    refused, reason = await county.ask("simulate", "--from", "2026-02-01", "--to", "2026-01-01", "--lang", "en")

    assert code == 0, printed
    found = json.loads(printed[printed.index("{") :])
    assert (found["cases"], found["recorded"]["kept"], found["recorded"]["open"]) == (2, 1, 1)
    assert found["changes"]["reasons"] == [{"kind": "rule", "before": None, "after": "parking", "cases": 2}]
    assert list(found["proposed"]["teams"]) == ["team-01"]
    assert (refused, "[period-reversed]" in reason, "Traceback" in reason) == (1, True, False)
