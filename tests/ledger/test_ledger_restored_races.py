"""A ledger that is restored from a backup and reads the topic again comes to what people and rules had made of it.

The topic does not have things in the order in which the ledger entered them: it lagged, or was asked in between. And
the rules may be others than those of the backup. JIEBAN_RESTORED_RACES makes the lives more than a test run can afford.
"""

import os
from collections.abc import Sequence
from contextlib import AsyncExitStack
from random import Random
from typing import Any

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from contracts.roles import Role
from eventbus.brokers import Brokers
from eventbus.slices import Subscription
from intake.reports import REPORT
from intake_service.service import ending
from jieban.embedded.postgres import Postgres
from ledger.rereadings import backup, end_reading, ledger, published, read_again, unattended
from ledger.three_services import SERVICES, Trio, three_services
from ledger_service.api import acting
from stack import MakeDatabase

LIVES = int(os.environ.get("JIEBAN_RESTORED_RACES", "14"))
STEPS = 22
REASON = {"reason": "误报"}
RULES = [
    {"category": "street_order.parking", "gates": []},
    {"category": "street_order.road_occupation", "gates": ["follow_up"]},
    {"category": "city_appearance", "gates": ["verification", "follow_up"]},
]
OTHER_RULES = [
    {"category": "street_order.parking", "gates": ["verification", "follow_up"]},
    {"category": "street_order.road_occupation", "gates": []},
    {"category": "city_appearance", "gates": []},
]
CATEGORIES = ("street_order.parking", "street_order.road_occupation", "city_appearance.litter", "noise_and_fumes.noise")
_FAILED = {"method": "photo", "passed": False, "note": "还在"}
_RESULT = {"handling_mode": "guidance", "result": "好了"}
_ACTIONS: dict[str, tuple[str, Any, Role]] = {
    "accept": ("/dispatch/v1/cases/{}/accept", {}, Role.OFFICER),
    "start": ("/dispatch/v1/cases/{}/start", {}, Role.OFFICER),
    "resolve": ("/dispatch/v1/cases/{}/resolve", _RESULT, Role.OFFICER),
    "verify": ("/ledger/v1/complaints/{}/verification", {"method": "photo"}, Role.INSPECTOR),
    "rework": ("/ledger/v1/complaints/{}/verification", _FAILED, Role.INSPECTOR),
    "void": ("/ledger/v1/complaints/{}/voiding", REASON, Role.DISPATCHER),
    "force": ("/ledger/v1/complaints/{}/forced-closing", REASON, Role.DISPATCHER),
    "exclude": ("/ledger/v1/complaints/{}/exclusion", {"indicators": "all", **REASON}, Role.SUPERVISOR),
    "reopen": ("/ledger/v1/complaints/{}/reopening", REASON, Role.OPERATOR),
    "rate": ("/ledger/v1/complaints/{}/feedback", {"satisfaction": "satisfied", "solved": True}, Role.CITIZEN),
    "withdraw": ("/intake/v1/complaints/{}/withdrawal", REASON, Role.CITIZEN),
}  # fmt: skip
_WISHES = ("void", "force", "exclude", "reopen", "rate", "withdraw", "verify", "rework", *("reclassify",) * 4)
_WORK = ("accept", "start", "resolve")


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
        if drawn < 0.5:
            await self._go_on()
        elif self.request is not None and drawn < 0.8:
            path = f"/ledger/v1/complaints/{{}}/endings/{self.request}/decision"
            await self._post(path, {"approved": self.random.random() < 0.8, **REASON}, Role.SUPERVISOR)
            self.request = None
        else:
            await self._wish(self.random.choice(_WISHES))

    async def _go_on(self) -> None:
        action = next(self.work, None)
        if action is not None:
            await self._post(*_ACTIONS[action])
        elif not await self._call():
            await self._wish("verify")

    async def _wish(self, action: str) -> None:
        if action == "reclassify":
            body = {"category": self.random.choice(CATEGORIES), **REASON}
            await self._post("/intake/v1/complaints/{}/reclassification", body, Role.OPERATOR)
            return
        answer = await self._post(*_ACTIONS[action])
        if action in ("void", "force") and answer.status_code == 201:
            self.request = answer.json()["id"]
        if action in ("rework", "reopen") and answer.status_code == 200:
            self.work = iter(_WORK)

    async def _call(self) -> bool:
        path = f"/ledger/v1/complaints/{self.id}/follow-ups"
        tasks = (await self.trio.post(path, None, Role.OPERATOR, method="GET")).json().get("items", [])
        open_ones = [task["id"] for task in tasks if task["state"] == "open"]
        if open_ones:
            solved = self.random.random() < 0.7
            said = {"outcome": "reached", "satisfaction": "satisfied", "solved": solved, "note": "还在"}
            answer = await self._post(
                f"/ledger/v1/complaints/{{}}/follow-ups/{open_ones[0]}/attempts", said, Role.OPERATOR
            )
            if not solved and answer.status_code == 200:
                self.work = iter(_WORK)
        return bool(open_ones)

    async def _post(self, path: str, body: Any, role: Role) -> httpx.Response:
        subject = "officer-demo" if role is Role.OFFICER else None
        answer = await self.trio.post(path.format(self.id), body, role, subject)
        assert answer.status_code < 500, (path, answer.text)
        return answer


async def _put_rules(trio: Trio, rules: Sequence[dict[str, Any]]) -> None:
    """Put rules that are in force at once."""
    answer = await trio.post("/ledger/v1/closing-rules", {"rules": rules}, Role.ADMIN, method="PUT")
    assert answer.status_code == 200, answer.text
    await trio.execute("ledger", "UPDATE closing_rules SET in_force_from = changed_at")


async def _live(trio: Trio, random: Random, lives: Sequence[Life], steps: int) -> None:
    for _ in range(steps * len(lives)):
        if random.random() < 0.55:
            await random.choice(lives).step()
        else:
            await random.choice((trio.relay, trio.hear))(random.choice(SERVICES), random.choice((1, 2, 5, 30)))


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Others hear of things when the test says so."""
    monkeypatch.setattr(ending, "PATIENCE_SECONDS", 0.0)
    monkeypatch.setattr(acting, "EVENT_SECONDS", 0.0)


@pytest.mark.usefixtures("impatient")
@pytest.mark.timeout(300 + LIVES * STEPS)
async def test_it_comes_to_the_same(
    databases: MakeDatabase, pg: Postgres, brokers: Brokers, reader: Subscription
) -> None:
    async with three_services(databases) as trio, AsyncExitStack() as backups:
        engine, random = trio.parts["ledger"].engine, Random(11)
        restored = await _lives(trio, backups, pg, random, RULES)
        there = await ledger(engine)
        for each in restored:
            await read_again(each, trio.topic, random)
            before = await published(each)
            await end_reading(each, brokers, reader)
            assert await ledger(each) == there
            assert await published(each) == before


@pytest.mark.usefixtures("impatient")
@pytest.mark.timeout(300 + LIVES * STEPS)
async def test_rules_of_which_the_backup_knows_nothing_are_no_matter(
    databases: MakeDatabase, pg: Postgres, brokers: Brokers, reader: Subscription
) -> None:
    async with three_services(databases) as trio, AsyncExitStack() as backups:
        engine, random = trio.parts["ledger"].engine, Random(12)
        restored = await _lives(trio, backups, pg, random, OTHER_RULES)
        there = await ledger(engine)
        for each in restored:
            await read_again(each, trio.topic, random)
            found = await ledger(each)
            assert found | {"tasks": there["tasks"]} == there
            await end_reading(each, brokers, reader)
            assert await unattended(each) == []
            assert {row[0] for row in there["entries"]} <= {row[0] for row in (await ledger(each))["entries"]}


async def _lives(
    trio: Trio, backups: AsyncExitStack, pg: Postgres, random: Random, later: Sequence[dict[str, Any]]
) -> Sequence[AsyncEngine]:
    """Live, with other rules from the middle on, and return backups of the beginning and of the middle."""
    engine = trio.parts["ledger"].engine
    await _put_rules(trio, RULES)
    first = await backups.enter_async_context(backup(pg, engine))
    lives = [await _received(trio, random) for _ in range(LIVES)]
    await _live(trio, random, lives, STEPS // 2)
    middle = await backups.enter_async_context(backup(pg, engine))
    if later is not RULES:
        await _put_rules(trio, later)
    await _live(trio, random, lives, STEPS // 2)
    await trio.settle()
    return first, middle


async def _received(trio: Trio, random: Random) -> Life:
    body = {**REPORT, "category": random.choice(CATEGORIES)}
    answer = await trio.post("/intake/v1/complaints", body, Role.CITIZEN)
    assert answer.status_code == 201, answer.text
    return Life(trio, random, answer.json()["id"])
