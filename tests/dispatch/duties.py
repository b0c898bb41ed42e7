"""Planning and reading duties, for the tests of rosters."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from dispatch.world import TOWN, World
from runtime.clock import now

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


async def on_now(world: World, subject: str, *, post: str | None = None, hours_ago: int = 1) -> None:
    """Plan a shift of eight hours that has begun some hours ago, as the only one of the officer's team these days."""
    local = now().astimezone(SHANGHAI)
    begins = (local - timedelta(hours=hours_ago)).replace(second=0, microsecond=0)
    hours = {"name": "临时", "begins": f"{begins:%H:%M}", "ends": f"{begins + timedelta(hours=8):%H:%M}"}
    shift = await world.send("PUT", f"/dispatch/v1/shifts/now-{hours_ago}", role="admin", json=hours)
    assert shift.status_code in {200, 201}, shift.text
    day = begins.date()
    duty = {"day": str(day), "shift": f"now-{hours_ago}", "subject": subject, "post": post}
    team = f"team-{subject[8:10]}"
    planned = await plan(world, team, day - timedelta(days=1), local.date() + timedelta(days=1), {"duties": [duty]})
    assert planned.status_code == 200, planned.text
