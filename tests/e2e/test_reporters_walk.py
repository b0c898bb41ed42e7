"""The walks of docs/reporters.md as they are printed, and a question from its asking to its end, in all services."""

import asyncio
import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from e2e.county import County
from e2e.people import People, body, eventually
from e2e.printed import prelude, run, section
from e2e.test_races import legal

WAIT = """
for _ in $(seq 200); do
  curl -sS $URL/dispatch/v1/cases/$ID -H "$(as officer)" | grep -q '"WORD":[^n]' && break
  sleep 0.1
done
"""
"""A machine that is busy needs more than the second that the document speaks of."""


async def test_reporters_follow_add_and_answer(county: County, people: People, tmp_path: Path) -> None:
    guest = section("docs/reporters.md", "A reporter without an account")
    asked, answered = section("docs/reporters.md", "An operator's question").split("sleep 1\n", 1)
    member = section("docs/reporters.md", "A reporter with an account")
    asked += WAIT.replace("WORD", "waiting_since")
    script = "\n".join([prelude(county), guest, asked, answered, member, "echo; echo $ID $MINE"])
    printed = await asyncio.to_thread(run, county, script, tmp_path)
    told, mine = printed.split()[-2:]
    assert "We have received your complaint." in printed
    assert '"waiting_since":"20' in printed

    async def there() -> dict[str, Any] | None:
        case = body(await people.a("officer").get(f"/dispatch/v1/cases/{told}"))
        return case if case["questions"] and case["questions"][0]["waited_until"] else None

    case = await eventually(there)
    assert case["supplements"][0]["text"] == "车都停在 3 号楼旁"
    assert case["questions"][0]["answer"] == "东侧，靠近公交站"
    assert (case["waiting_since"], len(case["supplements"][0]["attachments"])) == (None, 1)

    async def entered() -> bool | None:
        story = await people.ledger(told)
        kinds = {entry["type"].removeprefix("complaint.") for entry in story.get("timeline", ())}
        return legal(story) if {"supplemented", "question_asked", "question_answered"} <= kinds else None

    assert await eventually(entered)
    listed = body(await people.a("citizen").get("/intake/v1/my/complaints?limit=5"))
    assert mine in json.dumps(listed)


async def test_the_promised_time_of_a_question_that_waited_is_the_same_everywhere(people: People) -> None:
    complaint = (await people.report())["id"]
    before = await people.assigned(complaint)
    path = f"/intake/v1/complaints/{complaint}"
    question = body(await people.a("dispatcher").post(f"{path}/questions", json={"text": "在几号楼？"}))["id"]

    async def waits() -> str | None:
        case = body(await people.a("officer").get(f"/dispatch/v1/cases/{complaint}"))
        since: str | None = case["waiting_since"]
        return since

    await eventually(waits)
    await asyncio.sleep(1)
    answer = {"text": "3 号楼"}
    assert (await people.a("citizen").post(f"{path}/questions/{question}/answer", json=answer)).status_code == 201

    async def rescheduled() -> dict[str, Any] | None:
        case = body(await people.a("officer").get(f"/dispatch/v1/cases/{complaint}"))
        seen = body(await people.a("citizen").get(f"{path}/track"))
        story = await people.ledger(complaint)
        told = [each["data"]["promised_at"] for each in story.get("timeline", ()) if "promised_at" in each["data"]]
        if not told:
            return None
        promises = {case["promised_at"], seen["promised"]["resolve_by"], told[-1]}
        moments = {datetime.fromisoformat(each) for each in promises}
        is_told = seen["timeline"][-1]["kind"] == "rescheduled" and story["timeline"][-1]["type"].endswith(
            "rescheduled"
        )
        return seen if is_told and len(moments) == 1 else None

    seen = await eventually(rescheduled)
    later = datetime.fromisoformat(seen["promised"]["resolve_by"]) - datetime.fromisoformat(before["promised_at"])
    assert timedelta(0) <= later < timedelta(minutes=10)  # nothing has passed where only working time counts
    assert [step["kind"] for step in seen["timeline"]] == [
        "received", "assigned", "question_asked", "question_answered", "rescheduled",
    ]  # fmt: skip
    for action in ("accept", "start"):
        assert (await people.case(complaint, action)).status_code == 200
