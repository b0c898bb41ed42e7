"""The page about activities and the bulletin, as it is printed."""

import asyncio
import json
from pathlib import Path

from e2e.county import County
from e2e.printed import ROOT, documents, examples, prelude, run


async def test_the_page_works_line_by_line_and_the_bulletin_leaves_out_what_was_voided(
    county: County, tmp_path: Path
) -> None:
    page = examples((ROOT / "docs" / "activities.md").read_text("utf-8"))
    printed = await asyncio.to_thread(run, county, prelude(county) + page, tmp_path)

    recorded = json.loads((tmp_path / "activity.json").read_text())
    corrected, voided, erased, entries, bulletin = documents(printed)
    assert [each["id"] for each in (corrected, voided)] == [recorded["id"]] * 2
    assert [each["quantity"] for each in (recorded, corrected, voided)] == [30, 35, 35]
    assert (voided["void_reason"], erased["void_reason"]) == ("重复登记", None)
    assert (erased["quantity"], erased["erased_at"] is None) == (35, False)
    assert [entry["type"].removeprefix("activity.") for entry in entries["items"]] == [
        "erased",
        "voided",
        "corrected",
        "recorded",
    ]
    assert bulletin["period"]["team"] == "team-01"
    assert "leaflets" not in {figure["kind"] for figure in bulletin["figures"]}
    assert printed.rstrip().splitlines()[-1].endswith(".")  # the paragraph of the year, in English
