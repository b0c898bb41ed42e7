"""Grids change while dispatch runs."""

import json

import shapely

from dispatch.world import TENANT, World, received
from dispatch_service import demo
from dispatch_service.persistence.territory import Territory

SEA = (110.5, 20.5)


async def add_grid(world: World, code: str, geometry: object, *, team: str = "team-01", version: int = 1) -> None:
    await world.run(
        "INSERT INTO grid (tenant, code, version, name, community, team, geometry, in_force)"
        " VALUES (:tenant, :code, :version, :code, 'community-01', :team, CAST(:geometry AS jsonb), true)",
        tenant=TENANT,
        code=code,
        version=version,
        team=team,
        geometry=json.dumps(geometry),
    )


def square(west: float, south: float, size: float = 1.0) -> object:
    return shapely.geometry.mapping(shapely.box(west, south, west + size, south + size))


async def team_at(world: World, place: tuple[float, float]) -> str:
    event = await world.a_case(at=place)
    return str((await world.row(event))["team"])


async def test_a_new_grid_is_routed_by_and_a_withdrawn_one_is_not(world: World) -> None:
    assert await team_at(world, SEA) == "duty-desk"

    await add_grid(world, "sea", square(110, 20))
    assert await team_at(world, SEA) == "team-01"

    await world.run("UPDATE grid SET in_force = false WHERE code = 'sea'")
    assert await team_at(world, SEA) == "duty-desk"


async def test_a_case_keeps_the_version_of_the_grid_it_was_routed_by(world: World) -> None:
    await add_grid(world, "moved", square(112, 20))
    first = await world.a_case(at=(112.5, 20.5))
    await world.run("UPDATE grid SET in_force = false WHERE code = 'moved'")
    await add_grid(world, "moved", square(112, 20, 2.0), team="team-02", version=2)

    second = await world.a_case(at=(112.5, 20.5))

    rows = [await world.row(event) for event in (first, second)]
    assert [(row["grid_version"], row["team"]) for row in rows] == [(1, "team-01"), (2, "team-02")]


async def test_a_shape_that_is_no_area_is_left_out_and_its_points_reach_the_duty_desk(world: World) -> None:
    bow_tie = {"type": "Polygon", "coordinates": [[[114, 20], [115, 21], [115, 20], [114, 21], [114, 20]]]}
    line = {"type": "LineString", "coordinates": [[114, 20], [115, 21]]}
    for number, broken in enumerate([bow_tie, line, {"type": "Polygon", "coordinates": []}, {"no": "geometry"}, 7]):
        await add_grid(world, f"broken-{number}", broken)

    assert await team_at(world, (114.2, 20.5)) == "duty-desk"
    assert await team_at(world, (107.2357, 26.5807)) == "team-08"


async def test_the_name_of_a_team_is_read_again_when_it_changes(world: World) -> None:
    await world.run("UPDATE team SET name = '新名称' WHERE code = 'team-08'")

    event = await world.a_case()

    assert (await world.published(event))[0]["payload"]["team_name"] == "新名称"


async def test_the_version_is_looked_at_once_in_a_while_only(world: World) -> None:
    seconds = 100.0
    territory = Territory(check_every_seconds=1.0, clock=lambda: seconds)
    async with world.engine.connect() as connection:
        before = (await territory.maps(connection, {TENANT}))[TENANT]
        await add_grid(world, "later", square(118, 20))
        seconds += 0.9
        assert (await territory.maps(connection, {TENANT}))[TENANT] is before
        seconds += 0.2
        assert (await territory.maps(connection, {TENANT}))[TENANT] is not before


async def test_loading_the_demo_county_again_changes_nothing(world: World) -> None:
    event = received()
    await world.deliver(event)
    before = await world.snapshot("community", "grid", "post", "team", "team_member", "territory")

    await demo.load(world.engine.url.render_as_string(hide_password=False), TENANT)

    assert await world.snapshot("community", "grid", "post", "team", "team_member", "territory") == before
