"""Planning and reading duties, for the tests of rosters."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from dispatch.world import TOWN, World

SHANGHAI = ZoneInfo("Asia/Shanghai")
HERE = {"lon": TOWN[0], "lat": TOWN[1]}


async def plan(world: World, team: str, first: date, last: date, body: object, **options: Any) -> Any:
    path = f"/dispatch/v1/rosters/{team}?from={first}&to={last}"
    return await world.send("PUT", path, role=options.pop("role", "dispatcher"), json=body, **options)


async def get(world: World, path: str, **options: Any) -> Any:
    response = await world.send("GET", f"/dispatch/v1/{path}", role=options.pop("role", "dispatcher"), **options)
    assert response.status_code == 200, response.text
    return response.json()["items"]


async def a_duty(world: World, subject: str, day: date, *, team: str = "team-08", shift: str = "morning") -> Any:
    """Plan one duty and return it."""
    body = {"duties": [{"day": str(day), "shift": shift, "subject": subject}]}
    response = await plan(world, team, day, day, body)
    assert response.status_code == 200, response.text
    begins = datetime(day.year, day.month, day.day, tzinfo=SHANGHAI).astimezone(UTC)
    found = await get(world, f"rosters?subject={subject}&from={utc(begins)}&to={utc(begins + timedelta(days=1))}")
    return next(each for each in found if each["team"] == team)


def utc(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
