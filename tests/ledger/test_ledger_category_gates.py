"""Closing gates that categories say in intake's configuration, kept in versions of the closing rules."""

from collections.abc import Sequence

import httpx
import pytest_asyncio
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from contracts.directory import CategoryChanged
from ledger.closings import ASK_FIRST, Closings
from ledger.conftest import As, Enter
from ledger.test_ledger_directory import told
from ledger_service.events.directory import SUBSCRIPTION


class Configured(Closings):
    """Beside that, intake's configuration says things."""

    async def tell(self, sequence: int, code: str, gates: Sequence[str] | None, *, removed: bool = False) -> None:
        facts = {"version": 2, "code": code, "zh": "类别", "en": "Category", "gates": gates, "removed": removed}
        await SUBSCRIPTION.apply(self.engine, [told(CategoryChanged.model_validate(facts), sequence)])
        async with self.engine.begin() as connection:
            await connection.execute(sa.text("UPDATE closing_rules SET in_force_from = '2020-01-01'"))

    async def shown(self) -> tuple[int, list[tuple[str, list[str]]]]:
        rules = (await self.client.get("/closing-rules", headers=self.operator)).json()
        return rules["version"], [(each["category"], each["gates"]) for each in rules["of_categories"]]


@pytest_asyncio.fixture(loop_scope="session")
async def closings(client: httpx.AsyncClient, engine: AsyncEngine, enter: Enter, as_: As) -> Configured:
    async with engine.begin() as connection:
        for table in ("closing_rules", "directory"):
            await connection.execute(sa.text(f"DELETE FROM {table}"))
    return Configured(client, engine, enter, as_)


async def test_the_gates_of_a_category_count_for_it_and_those_below(closings: Configured) -> None:
    await closings.tell(1, "noise", None)
    assert await closings.shown() == (0, []), "no category says gates"
    await closings.tell(1, "street_order", ["verification", "follow_up"])
    await closings.tell(1, "street_order.parking", [])
    assert await closings.types(await closings.verified(category="street_order.vendors")) == ["verified"]
    assert await closings.types(await closings.resolved(category="street_order.parking")) == ["verified", "closed"]
    assert await closings.types(await closings.verified(category="street_orders")) == ["verified", "closed"]
    assert await closings.shown() == (
        2,
        [("street_order", ["verification", "follow_up"]), ("street_order.parking", [])],
    )
    listed = (await closings.client.get("/closing-rules/versions", headers=closings.operator)).json()["items"]
    assert [(each["version"], each["changed_by"]) for each in listed] == [(2, "configuration"), (1, "configuration")]


async def test_a_rule_that_names_gates_counts_before_the_category_and_another_leaves_them_to_it(
    closings: Configured,
) -> None:
    await closings.tell(1, "street_order", ["verification", "follow_up"])
    rules = await closings.rules(
        {"sources": ["hotline"], "gates": ["verification"]}, {"calls": {"sampled_percent": 100}}
    )
    assert [each["gates"] for each in rules["rules"]] == [["verification"], None]
    assert await closings.types(await closings.verified(source="hotline")) == ["verified", "closed"]
    called = await closings.verified()
    assert await closings.types(called) == ["verified"]
    said = {"outcome": "reached", "solved": True, "satisfaction": "satisfied"}
    answer = await closings.call(called, await closings.task(called, "gate"), **said)
    assert answer.is_success, answer.text
    assert (await closings.types(called))[-1] == "closed"
    assert [task["kind"] for task in await closings.tasks(called)] == ["gate"], "nobody is called twice"
    elsewhere = await closings.verified(category="noise")
    assert [task["kind"] for task in await closings.tasks(elsewhere)] == ["sample"]


async def test_a_round_keeps_the_gates_that_it_began_with_and_old_news_change_nothing(closings: Configured) -> None:
    await closings.tell(2, "street_order", ["verification", "follow_up"])
    before = await closings.resolved()
    await closings.tell(3, "street_order", None)
    await closings.tell(2, "street_order", ["follow_up"])
    assert await closings.shown() == (2, [])
    assert await closings.types(await closings.verified()) == ["verified", "closed"]
    await closings.post(before, "verification", {"method": "photo"}, closings.inspector)
    assert await closings.types(before) == ["verified"]
    await closings.tell(4, "street_order", ["follow_up"])
    await closings.tell(5, "street_order", ["follow_up"], removed=True)
    assert await closings.shown() == (4, [])


async def test_rules_that_are_put_anew_keep_what_categories_say(closings: Configured) -> None:
    await closings.tell(1, "street_order", None)
    await closings.tell(1, "noise", ["verification", "follow_up"])
    await closings.rules({"category": "street_order", **ASK_FIRST})
    assert await closings.shown() == (2, [("noise", ["verification", "follow_up"])])
    assert await closings.types(await closings.verified(category="noise")) == ["verified"]


async def test_what_waits_for_a_call_that_its_new_category_does_not_want_is_closed(
    closings: Configured, enter: Enter
) -> None:
    await closings.tell(1, "street_order", ["verification", "follow_up"])
    moved, kept = await closings.verified(), await closings.verified()
    moved.reclassified("noise")
    kept.reclassified("street_order.parking")
    await enter(moved, kept)
    assert await closings.types(moved) == ["verified", "closed"]
    assert [(task["kind"], task["state"]) for task in await closings.tasks(moved)] == [("gate", "dropped")]
    assert await closings.types(kept) == ["verified"]
    assert [(task["kind"], task["state"]) for task in await closings.tasks(kept)] == [("gate", "open")]
    moved.reclassified("street_order.vendors")
    kept.reclassified("street_order.vendors")
    await enter(moved, kept)
    assert await closings.types(moved) == ["verified", "closed"]
    assert (await closings.call(kept, await closings.task(kept, "gate"), outcome="no_answer")).is_success
