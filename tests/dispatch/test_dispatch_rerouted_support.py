"""Who helps 协办 a case whose routing is corrected: whom rules name now, and whom people have named."""

from typing import Any

from contracts.envelope import Event
from contracts.events import ComplaintLocated
from contracts.lifecycle import EventType
from contracts.payload import Place
from dispatch.asking import shown
from dispatch.ruling import place_of, publish, routed, rule
from dispatch.world import World, event_about, reclassified

NOISE = "noise_and_fumes.night"
BY_HAND = "dispatcher-demo"


async def located(world: World, event: Event, number: int, sequence: int = 2) -> None:
    """Let it become known that a complaint is about a place in that grid."""
    lon, lat = await place_of(world, number)
    said = ComplaintLocated(actor="operator-1", location=Place(lon=lon, lat=lat, address="核定地址"))
    await world.deliver(event_about(event, EventType.LOCATED, said, sequence))


async def helped(world: World, event: Event, *teams: str) -> None:
    """Let a dispatcher name teams that help."""
    for team in teams:
        path = f"/dispatch/v1/cases/{event.subject}/support/{team}"
        assert (await world.send("PUT", path, role="dispatcher")).status_code == 200


async def helpers(world: World, event: Event) -> list[tuple[str, str]]:
    return [(each["team"], each["by"]) for each in (await shown(world, event))["supporting"]]


async def told(world: World, event: Event) -> list[Any]:
    """Return lead and helpers of the assignments that were published."""
    return [(each["payload"]["team"], each["payload"].get("supporting")) for each in await world.published(event)]


async def test_another_category_changes_whom_rules_have_named_and_nobody_else(world: World) -> None:
    await publish(
        world,
        rule("noise", {"categories": ["noise_and_fumes"]}, {"team": "team-03", "supporting": ["team-05"]}),
        rule("rest", {}, {"team": "team-02", "supporting": ["team-04"]}),
    )
    event, _ = await routed(world, category="street.vendors")
    await helped(world, event, "team-03", "team-06")

    await world.deliver(reclassified(event, NOISE))

    assert await helpers(world, event) == [("team-05", "rule:noise"), ("team-06", BY_HAND)]
    assert await told(world, event) == [("team-02", ["team-04"]), ("team-03", ["team-05", "team-06"])]


async def test_another_place_changes_whom_rules_have_named_and_nobody_else(world: World) -> None:
    await publish(
        world,
        rule("here", {"grids": ["grid-08"]}, {"team": "team-02", "supporting": ["team-04"]}),
        rule("there", {"grids": ["grid-05"]}, {"supporting": ["team-07"]}),
    )
    event, _ = await routed(world)
    await helped(world, event, "team-05", "team-06")

    await located(world, event, 5)

    assert await helpers(world, event) == [("team-06", BY_HAND), ("team-07", "rule:there")]
    assert await told(world, event) == [("team-02", ["team-04"]), ("team-05", ["team-06", "team-07"])]
    await located(world, event, 9, sequence=3)
    assert await helpers(world, event) == [("team-06", BY_HAND)]


async def test_the_unit_that_keeps_it_is_helped_by_whom_rules_name_now(world: World) -> None:
    await publish(
        world,
        rule("noise", {"categories": ["noise_and_fumes"]}, {"supporting": ["team-05"], "stop": False}),
        rule("here", {"grids": ["grid-08"]}, {"team": "team-02", "supporting": ["team-04"]}),
        rule("rest", {}, {"team": "team-02"}),
    )
    event, _ = await routed(world, category="street.vendors")
    await helped(world, event, "team-06")

    await world.deliver(reclassified(event, NOISE))
    assert await helpers(world, event) == [("team-04", "rule:here"), ("team-05", "rule:noise"), ("team-06", BY_HAND)]
    await located(world, event, 5, sequence=3)
    assert await helpers(world, event) == [("team-05", "rule:noise"), ("team-06", BY_HAND)]

    assert (await world.row(event))["team"] == "team-02"
    assert len(await world.published(event)) == 1


async def test_what_a_unit_has_accepted_is_helped_as_before(world: World) -> None:
    await publish(
        world,
        rule("noise", {"categories": ["noise_and_fumes"]}, {"team": "team-02", "supporting": ["team-05"]}),
        rule("rest", {}, {"team": "team-02", "supporting": ["team-04"]}),
    )
    event, _ = await routed(world, category="street.vendors")
    assert (await world.act(event, "accept", role="officer", subject="officer-0201")).status_code == 200

    await world.deliver(reclassified(event, NOISE))

    assert await helpers(world, event) == [("team-04", "rule:rest")]
