"""A ledger that is restored from a backup and reads the topic again comes to what people and rules had made of it.

The topic does not have things in the order in which the ledger entered them: it lagged, or was asked in between. And
the rules may be others than those of the backup. JIEBAN_RESTORED_RACES makes the lives more than a test run can afford.
"""

import os
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from random import Random
from typing import Any

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from contracts.roles import Role
from eventbus.brokers import Brokers
from eventbus.slices import Subscription
from jieban.embedded.postgres import Postgres
from ledger import racing
from ledger.racing import REASON, WORK, race, received
from ledger.rereadings import Ledger, backup, end_reading, ledger, published, read_again, unattended
from ledger.three_services import Trio, three_services
from stack import MakeDatabase

LIVES = int(os.environ.get("JIEBAN_RESTORED_RACES", "14"))
STEPS = 22
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


class Life(racing.Life):
    """One that is called about, and put into other categories."""

    wishes = ("void", "force", "exclude", "reopen", "rate", "withdraw", "verify", "rework", *("reclassify",) * 4)
    working = 0.5

    async def go_on(self) -> None:
        action = next(self.work, None)
        if action is not None or not await self._call():
            await self.act(action or "verify")

    async def act(self, action: str) -> httpx.Response:
        if action != "reclassify":
            return await super().act(action)
        body = {"category": self.random.choice(CATEGORIES), **REASON}
        return await self.post("/intake/v1/complaints/{}/reclassification", body, Role.OPERATOR)

    async def _call(self) -> bool:
        path = f"/ledger/v1/complaints/{self.id}/follow-ups"
        tasks = (await self.trio.post(path, None, Role.OPERATOR, method="GET")).json().get("items", [])
        task = next((each["id"] for each in tasks if each["state"] == "open"), None)
        if task is not None:
            said = {
                "outcome": "reached",
                "satisfaction": "satisfied",
                "solved": self.random.random() < 0.7,
                "note": "还在",
            }
            answer = await self.post(f"/ledger/v1/complaints/{{}}/follow-ups/{task}/attempts", said, Role.OPERATOR)
            if not said["solved"] and answer.status_code == 200:
                self.work = iter(WORK)
        return task is not None


async def _put_rules(trio: Trio, rules: Sequence[dict[str, Any]]) -> None:
    """Put rules that are in force at once."""
    answer = await trio.post("/ledger/v1/closing-rules", {"rules": rules}, Role.ADMIN, method="PUT")
    assert answer.status_code == 200, answer.text
    await trio.execute("ledger", "UPDATE closing_rules SET in_force_from = changed_at")


@pytest.mark.usefixtures("impatient")
@pytest.mark.timeout(300 + LIVES * STEPS)
async def test_it_comes_to_the_same(
    databases: MakeDatabase, pg: Postgres, brokers: Brokers, reader: Subscription
) -> None:
    async with _lived(databases, pg, Random(21), RULES) as (there, restored):
        for each in restored:
            before = await published(each)
            await end_reading(each, brokers, reader)
            assert await ledger(each) == there
            assert await published(each) == before


@pytest.mark.usefixtures("impatient")
@pytest.mark.timeout(300 + LIVES * STEPS)
async def test_rules_of_which_the_backup_knows_nothing_are_no_matter(
    databases: MakeDatabase, pg: Postgres, brokers: Brokers, reader: Subscription
) -> None:
    async with _lived(databases, pg, Random(12), OTHER_RULES) as (there, restored):
        for each in restored:
            assert await ledger(each) | {"tasks": there["tasks"]} == there
            await end_reading(each, brokers, reader)
            assert await unattended(each) == []
            assert {row[0] for row in there["entries"]} <= {row[0] for row in (await ledger(each))["entries"]}


@asynccontextmanager
async def _lived(
    databases: MakeDatabase, pg: Postgres, random: Random, later: Sequence[dict[str, Any]]
) -> AsyncIterator[tuple[Ledger, Sequence[AsyncEngine]]]:
    """Live, by other rules from the middle on; give what the ledger says, and two that were restored and have read all.

    Their backups are of the beginning and of the middle.
    """
    async with three_services(databases) as trio, AsyncExitStack() as backups:
        engine = trio.parts["ledger"].engine
        await _put_rules(trio, RULES)
        restored = [await backups.enter_async_context(backup(pg, engine))]
        ids = [await received(trio, category=random.choice(CATEGORIES)) for _ in range(LIVES)]
        lives = [Life(trio, random, each) for each in ids]
        await race(trio, random, lives, STEPS // 2)
        restored.append(await backups.enter_async_context(backup(pg, engine)))
        if later is not RULES:
            await _put_rules(trio, later)
        await race(trio, random, lives, STEPS // 2)
        await trio.settle()
        for each in restored:
            await read_again(each, trio.topic, random)
        yield await ledger(engine), restored
