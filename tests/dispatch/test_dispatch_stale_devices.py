"""What a device still had to send from a round that has ended, or from before an upgrade."""

import hashlib
import json
from datetime import UTC, datetime, timedelta

import pytest

from contracts.lifecycle import EventType
from dispatch.asking import shown
from dispatch.offline import codes, item, outcomes, sync
from dispatch.world import World, later


async def test_the_work_of_one_round_is_not_taken_for_that_of_the_next(world: World) -> None:
    event = await world.a_case("accept", "start", "resolve")
    await world.deliver(later(event, EventType.REWORK_ORDERED))
    results = await sync(world, item(event, "accept"), item(event, "start"), item(event, "resolve"))
    assert outcomes(results) == ["conflict", "held_back", "held_back"]
    assert codes(results)[0] == "precondition-failed"
    assert (await shown(world, event))["status"] == "assigned"
    assert outcomes(await sync(world, item(event, "note"))) == ["done"]
    assert outcomes(await sync(world, item(event, "accept", minutes_ago=0))) == ["done"]


async def test_a_round_is_not_started_before_it_began(world: World) -> None:
    event = await world.a_case("accept", "start", "resolve")
    await world.deliver(later(event, EventType.REWORK_ORDERED))
    await world.act(event, "accept", role="officer")
    early = {"started_at": (datetime.now(UTC) - timedelta(minutes=10)).isoformat()}
    refused = await world.act(event, "start", early, role="officer")
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (422, "start-out-of-range")
    assert (await world.act(event, "start", {}, role="officer")).status_code == 200


@pytest.mark.parametrize("taken", ["done", "refused"])
async def test_what_was_answered_before_blanks_were_refused_is_answered_again(world: World, taken: str) -> None:
    """A device sends once more what an older version has taken; what it did since is not held back."""
    event = await world.a_case(*(["accept"] if taken == "done" else []))
    old, new = item(event, "suspension", body={"reason": "停电"}), item(event, "note")
    await sync(world, old)
    blank = old | {"body": {"reason": " "}}
    digest = hashlib.sha256(json.dumps(blank, sort_keys=True).encode()).digest()
    await world.run("UPDATE offline_action SET digest = :digest WHERE id = :id", digest=digest, id=old["id"])

    results = await sync(world, blank, new)

    assert outcomes(results) == {"done": ["done*", "done"], "refused": ["conflict*", "held_back"]}[taken]
    assert codes(await sync(world, blank | {"body": {"reason": "  "}})) == ["action-id-reused"]
