"""Voiding, forced closing, withdrawal, rejection, work, verification in any order that a slow topic allows: one end.

JIEBAN_ENDING_RACES makes the lives more than a test run can afford.
"""

import asyncio
import os
from random import Random
from typing import Any

import httpx
import pytest

from contracts.lifecycle import EventType, next_status
from contracts.roles import Role
from intake.reports import REPORT
from intake_service.service import ending
from ledger.three_services import SERVICES, Trio, three_services
from ledger_service.api import acting
from ledger_service.events.handler import SUBSCRIPTION
from runtime.database import create_engine, run_migrations
from stack import MakeDatabase

LIVES = int(os.environ.get("JIEBAN_ENDING_RACES", "18"))
STEPS = 18
REASON = {"reason": "误报"}
_ENDS = {"complaint.closed", "complaint.force_closed", "complaint.voided", "complaint.withdrawn", "complaint.rejected"}
_VERIFIER = Role.INSPECTOR
_ACTIONS: dict[str, tuple[str, Any, Role]] = {
    "accept": ("/dispatch/v1/cases/{}/accept", {}, Role.OFFICER),
    "start": ("/dispatch/v1/cases/{}/start", {}, Role.OFFICER),
    "resolve": ("/dispatch/v1/cases/{}/resolve", {"handling_mode": "guidance", "result": "好了"}, Role.OFFICER),
    "verify": ("/ledger/v1/complaints/{}/verification", {"method": "photo"}, _VERIFIER),
    "rework": ("/ledger/v1/complaints/{}/verification", {"method": "photo", "passed": False, "note": "x"}, _VERIFIER),
    "void": ("/ledger/v1/complaints/{}/voiding", REASON, Role.DISPATCHER),
    "force": ("/ledger/v1/complaints/{}/forced-closing", REASON, Role.DISPATCHER),
    "withdraw": ("/intake/v1/complaints/{}/withdrawal", REASON, Role.CITIZEN),
    "reject": ("/intake/v1/complaints/{}/rejection", {"reason": "spam", "template": "spam"}, Role.OPERATOR),
}  # fmt: skip
_WISHES = ("void",) * 4 + ("force",) * 3 + ("withdraw", "reject", "verify", "rework")
_WORK = ("accept", "start", "resolve")
_STORY = "SELECT complaint_id, type, event_id, status_after FROM entry ORDER BY complaint_id, position"
_SETTLED = "SELECT complaint_id, id, ending, state, decision, decided_by FROM ending_request ORDER BY id"
_PROJECTION = "SELECT complaint_id, status, version, round, closed_at, seq_ledger FROM ledger_complaint ORDER BY 1"


class Life:
    """One complaint, and everybody who wants something of it."""

    def __init__(self, trio: Trio, random: Random, complaint: str) -> None:
        self.trio = trio
        self.random = random
        self.id = complaint
        self.work = iter(_WORK)
        self.request: str | None = None

    async def step(self) -> None:
        """Do something, allowed or not: work goes on in its order, the rest is drawn."""
        drawn = self.random.random()
        if drawn < 0.4:
            action = next(self.work, "verify")
        elif self.request is not None and drawn < 0.8:
            await self._decide()
            return
        else:
            action = self.random.choice(_WISHES)
        answer = await self.act(action)
        if action in ("void", "force") and answer.status_code == 201:
            self.request = answer.json()["id"]
        if action == "rework" and answer.status_code == 200:
            self.work = iter(_WORK)

    async def act(self, action: str) -> httpx.Response:
        """Do one of _ACTIONS, allowed or not."""
        return await self._post(*_ACTIONS[action])

    async def _decide(self) -> None:
        approved = self.random.random() < 0.8
        path = f"/ledger/v1/complaints/{{}}/endings/{self.request}/decision"
        await self._post(path, {"approved": approved, **REASON}, Role.SUPERVISOR)
        self.request = None

    async def _post(self, path: str, body: Any, role: Role) -> httpx.Response:
        subject = "officer-demo" if role is Role.OFFICER else None
        answer = await self.trio.post(path.format(self.id), body, role, subject)
        assert answer.status_code in (200, 201, 202, 404, 409), answer.text
        return answer


@pytest.mark.timeout(300 + LIVES * STEPS)
async def test_every_interleaving_has_one_end_that_all_agree_on(
    databases: MakeDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ending, "PATIENCE_SECONDS", 0.0)  # others hear of things when the test says so
    monkeypatch.setattr(acting, "EVENT_SECONDS", 0.0)
    random = Random(7)
    async with three_services(databases) as trio:
        lives = [await _received(trio, random) for _ in range(LIVES)]
        for _ in range(STEPS * len(lives)):
            if random.random() < 0.55:
                await random.choice(lives).step()
            else:
                await random.choice((trio.relay, trio.hear))(random.choice(SERVICES), random.choice((1, 2, 5, 30)))
        await trio.settle()
        for life in lives:
            statuses = await trio.statuses(life.id)
            assert len(set(statuses.values())) == 1, (life.id, statuses)
        ended = await _check_stories(trio)
        assert {"complaint.voided", "complaint.force_closed", "complaint.withdrawn", "complaint.rejected"} <= ended
        waiting = await trio.one("ledger", "SELECT count(*) FROM ending_request WHERE state = 'approved'")
        assert waiting == 0
        await _check_rebuilt(trio, databases)


async def test_a_voiding_that_is_approved_while_the_result_is_on_its_way_wins_over_the_rules(
    databases: MakeDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(acting, "EVENT_SECONDS", 0.0)
    async with three_services(databases) as trio:
        await trio.post("/ledger/v1/closing-rules", {"rules": [{"gates": []}]}, Role.ADMIN, method="PUT")
        await trio.execute("ledger", "UPDATE closing_rules SET in_force_from = '2020-01-01'")
        lives = [await _received(trio, Random(1)) for _ in range(2)]
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


async def _received(trio: Trio, random: Random) -> Life:
    answer = await trio.post("/intake/v1/complaints", REPORT, Role.CITIZEN)
    assert answer.status_code == 201, answer.text
    return Life(trio, random, answer.json()["id"])


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


async def _check_rebuilt(trio: Trio, databases: MakeDatabase) -> None:
    """Check that a ledger that hears the whole topic, its own events too, comes to the same."""
    url = await databases()
    await asyncio.to_thread(run_migrations, "ledger_service", url)
    engine = create_engine(url, application_name="rebuilt", pool_size=1)
    outcome = await SUBSCRIPTION.apply(engine, trio.topic)
    assert not outcome.misfits
    old, trio.parts["ledger"].engine = trio.parts["ledger"].engine, engine
    rebuilt = [await trio.rows("ledger", query) for query in (_SETTLED, _PROJECTION)]
    entries = {row.event_id for row in await trio.rows("ledger", _STORY)}
    trio.parts["ledger"].engine = old
    assert rebuilt == [await trio.rows("ledger", query) for query in (_SETTLED, _PROJECTION)]
    assert entries == {row.event_id for row in await trio.rows("ledger", _STORY)}
    await engine.dispose()
