"""Plans, patrols and visits, for the tests of patrols."""

from datetime import date, datetime, timedelta
from typing import Any

from dispatch.duties import SHANGHAI
from dispatch.world import TOWN, World
from runtime.clock import now

GATE = {"key": "gate", "name": "东门市场", "lon": TOWN[0], "lat": TOWN[1], "radius": 100, "look_at": "占道经营"}
AT_GATE = {"lon": TOWN[0], "lat": TOWN[1]}
BEYOND = {"lon": TOWN[0] + 0.002, "lat": TOWN[1]}
"""About 200 m east of the gate."""
PATROL: dict[str, Any] = {"name": "早市巡查", "kind": "daily_patrol", "team": "team-08", "points": [GATE]}
OFFICER = "officer-0801"


def today() -> date:
    return now().astimezone(SHANGHAI).date()


def a_plan(**changes: Any) -> dict[str, Any]:
    """Return a plan of every day, from today on."""
    return {**PATROL, "shift": "evening", "first_day": str(today()), **changes}


async def plan(world: World, **changes: Any) -> Any:
    response = await world.send("POST", "/dispatch/v1/patrol-plans", role="dispatcher", json=a_plan(**changes))
    assert response.status_code == 201, response.text
    return response.json()


async def patrols_of(world: World, query: str, **options: Any) -> Any:
    response = await world.send("GET", f"/dispatch/v1/patrols?{query}", role="dispatcher", **options)
    assert response.status_code == 200, response.text
    return response.json()["items"]


def window(begin: timedelta = -timedelta(hours=1), length: timedelta = timedelta(hours=4)) -> dict[str, Any]:
    begins_at = now() + begin
    return {"begins_at": begins_at.isoformat(), "ends_at": (begins_at + length).isoformat()}


async def a_patrol(world: World, *, started: bool = False, **changes: Any) -> Any:
    """Return a patrol beside the plans, of which the gate is the only point."""
    body = {**PATROL, **window(), **changes}
    response = await world.send("POST", "/dispatch/v1/patrols", role="dispatcher", json=body)
    assert response.status_code == 201, response.text
    patrol = response.json()
    if started:
        answer = await step(world, patrol, "start", {"position": AT_GATE})
        assert answer.status_code == 200, answer.text
        patrol = answer.json()
    return patrol


async def step(world: World, patrol: Any, name: str, body: object = None, **options: Any) -> Any:
    path = f"/dispatch/v1/patrols/{patrol['id']}/{name}"
    role = options.pop("role", "officer")
    if role == "officer":
        options.setdefault("subject", OFFICER)
    return await world.send("POST", path, role=role, json=body if body is not None else {}, **options)


async def visit(world: World, patrol: Any, **changes: Any) -> Any:
    return await step(world, patrol, "visits", {"point": "gate", "position": AT_GATE, **changes})


async def show(world: World, patrol: Any) -> Any:
    response = await world.send("GET", f"/dispatch/v1/patrols/{patrol['id']}", role="officer")
    assert response.status_code == 200, response.text
    return response.json()


def flaw(response: Any) -> tuple[int, str, str]:
    """Return status, pointer and code of a refusal of one part."""
    [error] = response.json()["errors"]
    return response.status_code, error["pointer"], error["code"]


def iso(moment: datetime) -> str:
    return moment.isoformat()
