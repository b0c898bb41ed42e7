"""Supervision orders by rule 自动督办: the tenant says at which levels, and in what time they are to be answered."""

from typing import Any

import pytest

from dispatch.asking import problem, shown
from dispatch.test_dispatch_clocks import put
from dispatch.test_dispatch_timers import escalations, pass_levels
from dispatch.world import World
from dispatch_service.service.timers import fire_due

RULE = "/dispatch/v1/supervision-rule"
Answers = dict[int, tuple[int, str]]
BOTH: Answers = {100: (6, "hours"), 200: (1, "days")}


def levels(answers: Answers) -> dict[str, Any]:
    lines = [
        {"level": level, "answer_within": {"amount": amount, "unit": unit}} for level, (amount, unit) in answers.items()
    ]
    return {"levels": lines}


async def test_as_shipped_orders_are_given_by_hand_alone(world: World) -> None:
    shipped = await world.send("GET", RULE, role="officer")
    event = await world.a_case("accept")
    await pass_levels(world, event, until=200)
    await fire_due(world.engine, world.clockworks)

    assert (shipped.status_code, shipped.headers["ETag"]) == (200, '"0"')
    assert shipped.json() == {"shipped": True, "changed_at": None, "changed_by": None, "levels": []}
    assert [level for level, _, _ in await escalations(world, event)] == [80, 100, 200]
    assert (await shown(world, event))["supervision"] == []


async def test_administrators_replace_the_rule_and_staff_reads_it(world: World) -> None:
    body = levels(BOTH)
    replaced = await put(world, "supervision-rule", body, tenant="ruled", **{"If-Match": '"0"'})
    stale = await put(world, "supervision-rule", levels({}), tenant="ruled", **{"If-Match": '"0"'})
    seen = await world.send("GET", RULE, role="officer", tenant="ruled")

    assert (replaced.status_code, replaced.headers["ETag"], stale.status_code) == (200, '"1"', 412)
    assert seen.json() == replaced.json()
    assert (seen.json()["levels"], seen.json()["shipped"], seen.json()["changed_by"]) == (
        body["levels"], False, "admin-demo",
    )  # fmt: skip
    assert (await put(world, "supervision-rule", levels({}), tenant="ruled")).json()["levels"] == []
    for role in ("dispatcher", "supervisor", "officer", "citizen"):
        assert problem(await world.send("PUT", RULE, role=role, json=body)) == (403, "access-denied")
    assert problem(await world.send("GET", RULE, role="citizen")) == (403, "access-denied")


@pytest.mark.parametrize(
    ("body", "pointer", "code"),
    [
        ({}, "/levels", "missing"),
        (levels({90: (1, "days")}), "/levels/0/level", "literal_error"),
        (levels({100: (0, "days")}), "/levels/0/answer_within/amount", "greater_than_equal"),
        (levels({100: (367, "days")}), "/levels/0/answer_within/amount", "less_than_equal"),
        (levels({100: (1, "weeks")}), "/levels/0/answer_within/unit", "enum"),
        ({"levels": levels(BOTH)["levels"][:1] * 2}, "/levels/1/level", "level-twice"),
        ({"levels": levels(BOTH)["levels"] * 2}, "/levels", "too_long"),
        ({**levels(BOTH), "more": 1}, "/more", "extra_forbidden"),
    ],
)
async def test_bad_rules_are_named(world: World, body: object, pointer: str, code: str) -> None:
    answer = await put(world, "supervision-rule", body, tenant="bad")

    assert answer.status_code == 422, answer.text
    assert [(error["pointer"], error["code"]) for error in answer.json()["errors"]] == [(pointer, code)]
