"""Voiding, forced closing, withdrawal, rejection, work, verification in any order that a slow topic allows: one end.

JIEBAN_ENDING_RACES makes the lives more than a test run can afford.
"""

import asyncio
import os
from random import Random
from typing import Any

import pytest

from contracts.lifecycle import EventType, next_status
from contracts.roles import Role
from ledger import racing
from ledger.racing import race, received
from ledger.rereadings import ledger, read_again
from ledger.three_services import Trio, three_services
from runtime.database import create_engine, run_migrations
from stack import MakeDatabase

LIVES = int(os.environ.get("JIEBAN_ENDING_RACES", "18"))
STEPS = 18
_ENDS = {"complaint.closed", "complaint.force_closed", "complaint.voided", "complaint.withdrawn", "complaint.rejected"}
_STORY = "SELECT complaint_id, type, event_id, status_after FROM entry ORDER BY complaint_id, position"
_SETTLED = "SELECT complaint_id, id, ending, state, decision, decided_by FROM ending_request ORDER BY id"


class Life(racing.Life):
    """One that many want to end, each in their own way."""

    wishes = ("void",) * 4 + ("force",) * 3 + ("withdraw", "reject", "verify", "rework")


@pytest.mark.usefixtures("impatient")
@pytest.mark.timeout(300 + LIVES * STEPS)
async def test_every_interleaving_has_one_end_that_all_agree_on(databases: MakeDatabase) -> None:
    random = Random(7)
    async with three_services(databases) as trio:
        lives = [Life(trio, random, await received(trio)) for _ in range(LIVES)]
        await race(trio, random, lives, STEPS)
        await trio.settle()
        for life in lives:
            statuses = await trio.statuses(life.id)
            assert len(set(statuses.values())) == 1, (life.id, statuses)
        ended = await _check_stories(trio)
        assert {"complaint.voided", "complaint.force_closed", "complaint.withdrawn", "complaint.rejected"} <= ended
        waiting = await trio.one("ledger", "SELECT count(*) FROM ending_request WHERE state = 'approved'")
        assert waiting == 0
        await _check_rebuilt(trio, databases, random)


@pytest.mark.usefixtures("impatient")
async def test_a_voiding_that_is_approved_while_the_result_is_on_its_way_wins_over_the_rules(
    databases: MakeDatabase,
) -> None:
    async with three_services(databases) as trio:
        await trio.post("/ledger/v1/closing-rules", {"rules": [{"gates": []}]}, Role.ADMIN, method="PUT")
        await trio.execute("ledger", "UPDATE closing_rules SET in_force_from = '2020-01-01'")
        lives = [Life(trio, Random(1), await received(trio)) for _ in range(2)]
        disputed, other = (life.id for life in lives)
        await trio.settle()
        for action in ("accept", "start"):
            for life in lives:
                await life.act(action)
        await trio.settle()
        request = (await lives[0].act("void")).json()["id"]
        for life in lives:
            await life.act("resolve")
        decision = f"/ledger/v1/complaints/{disputed}/endings/{request}/decision"
        assert (await trio.post(decision, {"approved": True}, Role.SUPERVISOR)).status_code == 200
        await trio.settle()
        assert set((await trio.statuses(other)).values()) == {"closed"}
        assert set((await trio.statuses(disputed)).values()) == {"voided"}
        assert await _check_stories(trio) == {"complaint.closed", "complaint.voided"}
        [settled] = await trio.rows("ledger", _SETTLED)
        assert settled.state == "done"


async def _check_stories(trio: Trio) -> set[str]:
    """Check that each story is legal and has one end at most, and return the ends there were."""
    status = None
    stories: dict[Any, list[str]] = {}
    for row in await trio.rows("ledger", _STORY):
        story = stories.setdefault(row.complaint_id, [])
        status = next_status(status if story else None, EventType(row.type))
        assert status == row.status_after
        story.append(row.type)
    ends = [[each for each in story if each in _ENDS] for story in stories.values()]
    assert all(len(each) <= 1 for each in ends), stories
    return {each for found in ends for each in found}


async def _check_rebuilt(trio: Trio, databases: MakeDatabase, random: Random) -> None:
    """Check that a ledger that hears the whole topic, its own events too, comes to the same."""
    url = await databases()
    await asyncio.to_thread(run_migrations, "ledger_service", url)
    engine = create_engine(url, application_name="rebuilt", pool_size=1)
    await read_again(engine, trio.topic, random)
    assert await ledger(engine) == await ledger(trio.parts["ledger"].engine)
    await engine.dispose()
