"""Rules and rosters, as tests of routing set them."""

from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from contracts.envelope import Event
from dispatch.world import TENANT, World, received
from runtime.clock import now
from runtime.ids import uuid7

RULES = "/dispatch/v1/rules"
Place = tuple[float, float]


def rule(code: str, when: object = None, then: object = None, **given: Any) -> dict[str, Any]:
    """Return the body of a rule; it sends to team-01 unless told otherwise."""
    name = {"zh": f"规则 {code}", "en": f"Rule {code}"}
    return {
        "code": code,
        "name": name,
        "when": when or {},
        "then": {"team": "team-01"} if then is None else then,
        **given,
    }


async def put(world: World, *rules: Any, **options: Any) -> Any:
    """Put rules as the draft."""
    role = options.pop("role", "supervisor")
    return await world.send("PUT", RULES, role=role, json={"rules": list(rules)}, **options)


async def publish(world: World, *rules: Any, **options: Any) -> int:
    """Put rules in force and return their version."""
    draft = await put(world, *rules, **options)
    assert draft.status_code == 200, draft.text
    response = await world.send("POST", f"{RULES}/publication", role="supervisor", json={}, **options)
    assert response.status_code == 201, response.text
    return int(response.json()["version"])


async def errors(response: Any) -> list[tuple[str, str]]:
    """Return pointer and code of what was refused."""
    assert response.status_code == 422, response.text
    return [(error["pointer"], error["code"]) for error in response.json()["errors"]]


async def routed(world: World, **given: Any) -> tuple[Event, dict[str, Any]]:
    """Deliver a complaint and return its event and its case as it is stored."""
    event = received(given.pop("at", None) or (107.2357, 26.5807), **given)
    outcome = await world.deliver(event)
    assert outcome.applied == 1
    return event, await world.row(event)


async def on_duty(
    world: World,
    team: str,
    subject: str,
    *,
    begins: timedelta = timedelta(hours=-1),
    ends: timedelta = timedelta(hours=1),
    state: str = "planned",
) -> None:
    """Plan a duty around this moment for a member of the team."""
    moment = now()
    await world.run(
        "INSERT INTO team_member VALUES (:tenant, :team, :subject, 'mobile') ON CONFLICT DO NOTHING",
        tenant=TENANT,
        team=team,
        subject=subject,
    )
    await world.run(
        "INSERT INTO duty (id, tenant, day, shift, team, subject, begins_at, ends_at, state)"
        " VALUES (:id, :tenant, :day, 'x', :team, :subject, :begins, :ends, :state)",
        id=uuid7(),
        tenant=TENANT,
        day=(moment + begins).date(),
        team=team,
        subject=subject,
        begins=moment + begins,
        ends=moment + ends,
        state=state,
    )


async def stands(world: World, subject: str, place: Place, *, ago: timedelta = timedelta(minutes=1)) -> None:
    """Let an officer have been somewhere."""
    await world.run(
        "INSERT INTO position (tenant, subject, at, lon, lat) VALUES (:tenant, :subject, :at, :lon, :lat)",
        tenant=TENANT,
        subject=subject,
        at=now() - ago,
        lon=place[0],
        lat=place[1],
    )


async def can(world: World, subject: str, *skills: str) -> None:
    """Let an officer have skills."""
    await world.run(
        "INSERT INTO officer (tenant, subject, skills) VALUES (:tenant, :subject, :skills)"
        " ON CONFLICT (tenant, subject) DO UPDATE SET skills = excluded.skills",
        tenant=TENANT,
        subject=subject,
        skills=list(skills),
    )


async def place_of(world: World, number: int) -> Place:
    """Return a point in a grid of the demo county."""
    statement = sa.text("SELECT lon, lat FROM post WHERE tenant = :tenant AND grid = :grid ORDER BY code LIMIT 1")
    async with world.engine.connect() as connection:
        row = (await connection.execute(statement, {"tenant": TENANT, "grid": f"grid-{number:02}"})).one()
    return row.lon, row.lat
