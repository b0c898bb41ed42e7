"""Worklists as tests make and read them."""

from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from contracts.envelope import Event
from dispatch.world import TOWN, World, received

CASES, WORKLIST = "/dispatch/v1/cases", "/dispatch/v1/worklist"
NEAR = f"{TOWN[0]},{TOWN[1]}"


def away(metres: float) -> tuple[float, float]:
    """Return a point of the town so far north of its middle."""
    return TOWN[0], TOWN[1] + metres / 111_320


async def cases_at(world: World, *metres: float) -> list[Event]:
    events = [received(away(each)) for each in metres]
    await world.deliver(*events)
    await world.run("UPDATE dispatch_case SET team = 'team-08' WHERE tenant = '522723' AND team <> 'team-08'")
    return events


async def walk(world: World, path: str, subject: str, **query: Any) -> list[dict[str, Any]]:
    """Return the items of all pages."""
    url: str | None = f"{path}?{urlencode(query)}"
    items: list[dict[str, Any]] = []
    while url is not None:
        response = await world.send("GET", url, role="officer", subject=subject)
        assert response.status_code == 200, response.text
        items += response.json()["items"]
        url = response.links["next"]["url"] if "next" in response.links else None
    return items


def of(events: list[Event], *order: int) -> list[str]:
    return [str(events[place].subject) for place in order]


def found(items: list[dict[str, Any]]) -> list[str]:
    return [item["complaint_id"] for item in items]


async def light(world: World, event: Event, *, promised: timedelta, warned: timedelta) -> None:
    await world.run(
        "UPDATE dispatch_case SET promised_at = now() + :promised, warn_at = now() + :warned WHERE complaint_id = :id",
        promised=promised,
        warned=warned,
        id=event.subject,
    )
