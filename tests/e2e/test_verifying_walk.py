"""The walk of docs/verifying.md, as it is printed."""

import asyncio
import re
from pathlib import Path

from e2e.county import County
from e2e.people import Body, People, body, eventually
from e2e.printed import prelude, run, section


async def test_what_was_kept_proves_an_export_and_the_ledger(county: County, people: People, tmp_path: Path) -> None:
    await people.report()

    async def signed() -> Body | None:
        found = body(await people.a("analyst").get("/ledger/v1/checkpoints"))["items"]
        return found[0] if found else None

    await eventually(signed)
    walk = prelude(county) + section("docs/verifying.md", "A walk")
    printed = await asyncio.to_thread(run, county, walk, tmp_path)

    assert re.search(r"✓ [\d,]+ of [\d,]+ entries are signed for: none of these was changed", printed)
    assert "The key was in the file" not in printed
    assert '"sealed":' in printed
    assert (tmp_path / "kept.txt").read_text("utf-8").startswith("jieban/522723\n")
