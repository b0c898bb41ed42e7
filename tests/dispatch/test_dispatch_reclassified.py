"""A case that was put into another category: another unit, where none has accepted it, and other limits."""

from datetime import timedelta

import pytest

from dispatch.ruling import publish, routed, rule
from dispatch.test_dispatch_clocks import hours, limits, put
from dispatch.world import TENANT, World, reclassified
from dispatch_service.service.clockworks import Clockworks
from dispatch_service.service.renewing import renew_clocks

NOISE = "noise_and_fumes.night"


async def _rules(world: World) -> None:
    await publish(
        world,
        rule("noise", {"categories": ["noise_and_fumes"]}, {"team": "team-03", "supporting": ["team-04"]}),
        rule("rest", {}, {"team": "team-02"}),
    )
    own = limits(hours("resolve", 3, category="noise_and_fumes"))
    assert (await put(world, "limits", own, tenant=TENANT)).status_code == 200


async def test_a_case_that_no_unit_has_accepted_goes_to_the_unit_of_its_category(world: World) -> None:
    await _rules(world)
    event, before = await routed(world, category="street.vendors")

    await world.deliver(reclassified(event, NOISE))

    row = await world.row(event)
    assert (before["team"], row["team"], row["category"], row["status"]) == ("team-02", "team-03", NOISE, "assigned")
    assert (row["version"], row["sequence"], row["intake_heard"]) == (before["version"] + 2, 2, 2)
    assert row["explanation"]["rule_code"] == "noise"
    assert (row["explanation"]["from_team"], row["explanation"]["reclassified"]) == ("team-02", NOISE)
    assert row["promised_at"] - row["begun_at"] == timedelta(hours=3)
    _, assigned = await world.published(event)
    assert (assigned["type"], assigned["payload"]["team"], assigned["payload"]["rule"]) == (
        "complaint.assigned", "team-03", "rule",
    )  # fmt: skip
    assert (await world.act(event, "accept", role="officer", subject="officer-0301")).status_code == 200


async def test_it_is_heard_once(world: World) -> None:
    await _rules(world)
    event, _ = await routed(world, category="street.vendors")
    change = reclassified(event, NOISE)

    await world.deliver(change, change)
    once = await world.row(event)
    await world.deliver(change._replace(id=event.id))

    assert await world.row(event) == once
    assert len(await world.published(event)) == 2


@pytest.mark.parametrize("steps", [("accept",), ("accept", "start")])
async def test_a_unit_that_has_accepted_it_keeps_it_with_the_limits_of_the_category(
    world: World, steps: tuple[str, ...]
) -> None:
    await _rules(world)
    event, before = await routed(world, category="street.vendors")
    for step in steps:
        assert (await world.act(event, step, role="officer", subject="officer-0201")).status_code == 200

    await world.deliver(reclassified(event, NOISE))
    await renew_clocks(world.engine, Clockworks())

    row = await world.row(event)
    assert (row["team"], row["category"]) == ("team-02", NOISE)
    assert row["promised_at"] - before["begun_at"] == timedelta(hours=3)
    *_, told = await world.published(event)
    assert told["type"] == "complaint.rescheduled"
    assert told["payload"]["promised_before"] != told["payload"]["promised_at"]


async def test_the_unit_that_a_dispatcher_has_chosen_keeps_it(world: World) -> None:
    await _rules(world)
    event, _ = await routed(world, category="street.vendors")
    chosen = await world.act(event, "assign", {"team": "team-05"}, role="dispatcher")
    assert chosen.status_code == 200, chosen.text

    await world.deliver(reclassified(event, NOISE))

    assert ((await world.row(event))["team"], (await world.row(event))["category"]) == ("team-05", NOISE)


async def test_what_is_handled_only_gets_its_category(world: World) -> None:
    event = await world.a_case("accept", "start", "resolve")
    before = await world.row(event)

    await world.deliver(reclassified(event, NOISE))
    await renew_clocks(world.engine, Clockworks())

    row = await world.row(event)
    assert (row["status"], row["category"], row["promised_at"]) == ("resolved", NOISE, before["promised_at"])
    assert row["sequence"] == before["sequence"]
