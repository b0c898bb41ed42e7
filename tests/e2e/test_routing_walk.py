"""The walk of docs/routing.md, as it is printed."""

import json
from pathlib import Path

import pytest

from e2e.county import County
from e2e.printed import prelude, run, section

pytestmark = pytest.mark.own_county


def test_a_dispatcher_walks_from_a_draft_to_a_case_that_says_why(county: County, tmp_path: Path) -> None:
    printed = run(county, prelude(county) + section("docs/routing.md", "A dispatcher's walk"), tmp_path)

    case = json.JSONDecoder().raw_decode(printed[printed.index('{\n    "complaint_id"') :])[0]
    assert (case["team"]["code"], case["grade"]) == ("team-09", "emergency")
    assert [each["team"] for each in case["supporting"]] == ["team-07"]
    assert (case["explanation"]["rule_code"], case["explanation"]["rules"]) == ("school", ["gas", "school"])
    assert '"in_force":null' in printed
    assert '"note":"秋季"' in printed


def test_the_policy_of_the_document_is_the_one_that_is_shipped(county: County, tmp_path: Path) -> None:
    printed = run(county, prelude(county) + section("docs/routing.md", "The officer"), tmp_path)

    shipped, put = (json.loads(line) for line in printed.replace("}{", "}\n{").splitlines())
    assert (shipped["shipped"], put["shipped"]) == (True, False)
    facts = {"shipped", "changed_at", "changed_by"}
    assert {key: value for key, value in shipped.items() if key not in facts} == {
        key: value for key, value in put.items() if key not in facts
    }
