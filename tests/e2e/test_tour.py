"""The README's tour and the walks of the documents, as they are printed."""

import re
from pathlib import Path

import pytest

from e2e.county import County
from e2e.printed import ROOT, examples, prelude, run, section

pytestmark = pytest.mark.own_county


def test_the_tour_works_line_by_line(county: County, tmp_path: Path) -> None:
    text = (ROOT / "README.md").read_text("utf-8")
    lines = examples(text[text.index("## Five-minute tour") : text.index("The API is documented at")])
    assert "http://127.0.0.1:8000" in lines
    assert ".venv/bin/jieban" in lines
    printed = run(county, lines, tmp_path)
    assert '"status": "closed"' in printed
    assert '"satisfaction": "satisfied"' in printed
    assert re.search(r"created +│ 1 ", printed)
    assert "Everything has arrived" in printed


def test_the_walks_of_a_dispatcher_and_an_officer_work_line_by_line(county: County, tmp_path: Path) -> None:
    walks = section("docs/cases.md", "A dispatcher's walk") + "\n" + section("docs/cases.md", "An officer's walk")
    printed = run(county, prelude(county) + walks, tmp_path)
    assert '"rule":"conference"' in printed
    assert '"state":"answered"' in printed
    assert printed.rstrip().endswith("}")
    assert '"status":"resolved"' in printed.rpartition('{"complaint_id"')[2]
