"""The walk of docs/privacy.md, as it is printed."""

import asyncio
from pathlib import Path
from typing import Any

from e2e.county import County
from e2e.people import People, body, eventually
from e2e.printed import prelude, run, section

SAID = ("王芳", "13800000000", "3 号楼")
WAIT = """
for _ in $(seq 100); do
  curl -sS -f -o seen.json $URL/dispatch/v1/cases/$COMPLAINT -H "$(as officer)" 2> not-yet.txt && break
  sleep 0.1
done"""
GONE = """
for _ in $(seq 200); do
  curl -sS $URL/ledger/v1/complaints/$COMPLAINT -H "$(as analyst)" | grep -q complaint.erased &&
    curl -sS $URL/dispatch/v1/cases/$COMPLAINT -H "$(as analyst)" | grep -q '"erased_at":"' &&
    curl -sS $URL/ledger/v1/complaints/$COMPLAINT/proof -H "$(as analyst)" | grep -vq '"digest":null' && break
  sleep 0.1
done
"""
"""A machine that is busy needs more than the second that the document speaks of, and an export has what is sealed."""


async def test_a_resident_is_forgotten_and_the_ledger_is_still_proved(
    county: County, people: People, tmp_path: Path
) -> None:
    walk = section("docs/privacy.md", "A walk")
    first, second = walk.split("sleep 1\n")[0], walk.split("sleep 1\n")[2]
    erasing = walk.split("sleep 1\n")[1]
    script = f"{prelude(county)}{first}{WAIT}\n{erasing}\n{GONE}\n{second}\necho; echo $COMPLAINT"
    printed = await asyncio.to_thread(run, county, script, tmp_path)

    complaint = printed.split()[-1]
    assert "本人书面申请" in printed
    assert "of them were erased, each by an entry that says so" in printed
    for word in SAID:
        assert word not in printed
        assert word not in (tmp_path / "ledger.jsonl").read_text("utf-8")

    async def proved() -> Any:
        proof = body(await people.a("analyst").get(f"/ledger/v1/complaints/{complaint}/proof"))
        return proof if all(each["digest"] for each in proof["entries"]) else None

    proof = await eventually(proved)
    assert proof["flaws"] == []
    assert [each["erased"] for each in proof["entries"]] == [True, False, False]
