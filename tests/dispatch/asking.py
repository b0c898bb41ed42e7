"""What units ask for and dispatchers decide, as tests do it."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from contracts.envelope import Event
from dispatch.world import World

WHY = {"reason": "等配件"}
HOUR = timedelta(hours=1)


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def by_the_clock(at: datetime) -> str:
    """Return a moment as the texts of refusals name it."""
    return f"{at.astimezone(ZoneInfo('Asia/Shanghai')):%Y-%m-%d %H:%M}"


def problem(response: Any) -> tuple[int, str]:
    assert response.headers["content-type"] == "application/problem+json"
    return response.status_code, response.json()["type"].rpartition(":")[2]


async def shown(world: World, event: Event) -> Any:
    return (await world.send("GET", f"/dispatch/v1/cases/{event.subject}", role="officer")).json()


async def until(world: World, event: Event, **later_by: float) -> dict[str, Any]:
    """Return the body that asks for an extension, so much later than what is promised."""
    promised_at = (await world.row(event))["promised_at"]
    return {**WHY, "until": (promised_at + timedelta(**later_by)).isoformat()}


async def ask(world: World, event: Event, kind: str, body: object = None, **options: Any) -> Any:
    if body is None:
        body = await until(world, event, days=1) if kind == "extension" else WHY
    return await world.act(event, kind, body, role="officer", **options)


async def decide(
    world: World, event: Event, kind: str, *, approved: bool = True, team: str | None = None, **options: Any
) -> Any:
    """Decide on the newest request of that kind; `team` gets a case that is returned."""
    requests = [each for each in (await shown(world, event))["requests"] if each["kind"] == kind]
    path = f"{kind}/{requests[-1]['id']}/approval"
    body = {"approved": approved} if team is None else {"approved": approved, "team": team}
    return await world.act(event, path, body, role=options.pop("role", "dispatcher"), **options)


async def grant(world: World, event: Event, *kinds: str) -> Any:
    for kind in kinds:
        asked = await ask(world, event, kind)
        assert asked.status_code == 200, asked.text
        answer = await decide(world, event, kind)
        assert answer.status_code == 200, answer.text
    return answer.json()


async def transferred(world: World, event: Event) -> None:
    """Let another department have the case."""
    made = await world.send("PUT", "/dispatch/v1/departments/water", role="admin", json={"name": "水务局"})
    assert made.status_code in (200, 201), made.text
    body = {"department": "water", "external_ref": "SW-3", "reason": "供水管网"}
    answer = await world.act(event, "transfer", body, role="dispatcher")
    assert answer.status_code == 200, answer.text


async def events_of(world: World, event: Event) -> list[tuple[str, int]]:
    return [(row["type"].removeprefix("complaint."), row["sequence"]) for row in await world.published(event)]
