"""The examples of docs/county.md, as they are printed."""

from pathlib import Path

import pytest

from e2e.county import County
from e2e.printed import ROOT, examples, prelude, run

pytestmark = pytest.mark.timeout(300)  # a command and twenty requests, on a machine that may be busy


def test_a_county_is_made_as_the_document_says(county: County, tmp_path: Path) -> None:
    text = (ROOT / "docs" / "county.md").read_text("utf-8")
    printed = run(county, prelude(county) + examples(text), tmp_path)
    assert '"skills":["dog_handling","electric"]' in printed
    assert '"pattern_gaps":[{"role":"enforcement_assistant","wanted":2,"present":0}' in printed
    assert printed.count('"created":["hill-1"]') == 2  # the dry run, and the real one
    assert '"retired":[]' in printed
    assert "things of the directory are published again" in printed
    assert (tmp_path / "officers.xlsx").read_bytes().startswith(b"PK")
