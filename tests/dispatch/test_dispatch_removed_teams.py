"""Teams that are removed while cases are on their way to them, or while they have something to do."""

import asyncio
from datetime import timedelta
from typing import cast

import pytest
import sqlalchemy as sa

from contracts.envelope import Event
from contracts.events import ComplaintAssigned
from dispatch.duties import SHANGHAI, a_duty, plan
from dispatch.ruling import publish, rule
from dispatch.world import RECEIVED_AT, World, received
from dispatch_service.events.handlers import CaseEvents
from dispatch_service.persistence.territory import Territory
from dispatch_service.service.clockworks import Clockworks
from dispatch_service.service.rulebooks import Rulebooks
from eventbus.errors import Transient
from runtime.clock import now

PATH = "/dispatch/v1/teams/brief"
BRIEF = {"name": "临时队", "members": []}


def _slow_to_see() -> CaseEvents:
    """Return a handler that looks at the county once an hour."""
    hour = 3600.0
    books = Rulebooks(
        Territory(check_every_seconds=hour), Clockworks(check_every_seconds=hour), check_every_seconds=hour
    )
    return CaseEvents(books)


def _team(event: Event) -> str:
    return cast(ComplaintAssigned, event.data).team


async def _brief_team(world: World) -> None:
    """Set up a team that gets all about dogs by a rule, and no case yet."""
    await world.run("DELETE FROM dispatch_case WHERE team = 'brief'")
    response = await world.send("PUT", PATH, role="admin", json=BRIEF)
    assert response.status_code in {200, 201}, response.text
    await publish(world, rule("dogs", {"categories": ["civility.dogs"]}, {"team": "brief"}))


async def test_a_case_on_its_way_to_a_team_that_is_removed_goes_elsewhere(world: World) -> None:
    await _brief_team(world)
    handler = _slow_to_see()
    first, second = received(category="civility.dogs"), received(category="civility.dogs")
    async with world.engine.connect() as connection:
        assert _team((await handler(connection, [first]))[0]) == "brief"
        await connection.rollback()
    assert (await world.send("DELETE", PATH, role="admin")).status_code == 204

    async with world.engine.begin() as connection:
        with pytest.raises(Transient, match="brief"):
            await handler(connection, [second])
    async with world.engine.begin() as connection:
        [assigned] = await handler(connection, [second])

    assert (_team(assigned), (await world.row(second))["team"]) == ("team-08", "team-08")


async def test_a_team_that_cases_are_on_their_way_to_is_not_removed(world: World) -> None:
    await _brief_team(world)
    event = received(category="civility.dogs")
    async with world.engine.begin() as connection:
        await _slow_to_see()(connection, [event])
        removal = asyncio.create_task(world.send("DELETE", PATH, role="admin"))
        await asyncio.sleep(0.2)
        assert not removal.done()

    assert (await removal).status_code == 409
    assert (await world.row(event))["team"] == "brief"


async def test_what_somebody_of_a_team_handled_while_it_is_removed_is_the_places(world: World) -> None:
    await _brief_team(world)
    await world.run(
        "INSERT INTO team_member (tenant, team, subject, role) VALUES ('522723', 'brief', 'lonely', 'mobile')"
    )
    handled = {"actor": "lonely", "handling_mode": "guidance", "result": "已劝", "handled_at": RECEIVED_AT}
    event = received(category="noise_and_fumes.bar", self_handled=handled)
    async with world.engine.connect() as removing:
        for statement in ("DELETE FROM team_member WHERE team = 'brief'", "DELETE FROM team WHERE code = 'brief'"):
            await removing.execute(sa.text(statement))
        delivery = asyncio.create_task(world.deliver(event))
        await asyncio.sleep(0.2)
        assert not delivery.done()
        await removing.commit()

    assert (await delivery).applied == 1
    row = await world.row(event)
    assert (row["team"], row["status"]) == ("team-08", "resolved")


async def test_a_team_that_supports_a_case_stays(world: World) -> None:
    await _brief_team(world)
    event = await world.a_case()
    support = f"/dispatch/v1/cases/{event.subject}/support/brief"
    assert (await world.send("PUT", support, role="dispatcher")).status_code == 200
    assert (await world.send("DELETE", PATH, role="admin")).status_code == 409

    assert (await world.send("DELETE", support, role="dispatcher")).status_code == 200
    assert (await world.send("DELETE", PATH, role="admin")).status_code == 204


async def test_a_team_stays_until_its_duties_are_over_or_taken_off(world: World) -> None:
    await _brief_team(world)
    officer, day = "officer-brief", now().astimezone(SHANGHAI).date() + timedelta(days=400)
    members = [{"subject": officer, "role": "mobile"}]
    await world.send("PUT", PATH, role="admin", json={**BRIEF, "members": members})
    over = await a_duty(world, officer, day - timedelta(days=1), team="brief")
    await world.run(
        "UPDATE duty SET begins_at = now() - interval '9 h', ends_at = now() - interval '1 h' WHERE id = :id",
        id=over["id"],
    )
    await a_duty(world, officer, day, team="brief")
    assert (await world.send("DELETE", PATH, role="admin")).status_code == 409

    assert (await plan(world, "brief", day, day, {"duties": []})).status_code == 200
    assert (await world.send("DELETE", PATH, role="admin")).status_code == 204
