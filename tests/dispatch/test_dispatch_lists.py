from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import pytest

from contracts.envelope import Event
from dispatch.world import NEIGHBOUR, TOWN, World, received

CASES = "/dispatch/v1/cases"


async def listed(world: World, query: str, **options: Any) -> list[str]:
    """Return the complaint ids of all pages of a list."""
    path: str | None = f"{CASES}?{query}"
    ids: list[str] = []
    while path is not None:
        response = await world.send("GET", path, role="analyst", **options)
        assert response.status_code == 200, response.text
        ids += [item["complaint_id"] for item in response.json()["items"]]
        path = response.links["next"]["url"] if "next" in response.links else None
    return ids


def ids(*events: Event) -> list[str]:
    """Return the ids of events as a list of cases has them: newest first."""
    return [str(event.subject) for event in reversed(events)]


async def some(world: World, *given: Mapping[str, Any], number: str) -> list[Event]:
    """Deliver complaints that share a category of their own, so that other tests' cases stay out of the way."""
    events = [received(**{"at": TOWN, "category": number, **facts}) for facts in given]
    await world.deliver(*events)
    return events


async def test_pages_follow_one_another_newest_first_and_none_is_lost_while_cases_change(world: World) -> None:
    events = await some(world, *[{}] * 7, number="paging")
    first = await world.send("GET", f"{CASES}?category=paging&limit=3", role="officer")

    await world.act(events[1], "accept", role="officer")
    await some(world, {}, number="paging")
    rest = await listed(world, first.links["next"]["url"].partition("?")[2])

    assert [item["complaint_id"] for item in first.json()["items"]] + rest == ids(*events)


async def test_a_case_is_shown_with_everything_that_is_known(world: World) -> None:
    (event,) = await some(world, {}, number="shown")

    response = await world.send("GET", f"{CASES}/{event.subject}", role="inspector")

    assert response.headers["ETag"] == '"1"'
    assert response.json() == {
        "complaint_id": str(event.subject),
        "number": f"GD{event.subject.hex[-8:]}",
        "status": "assigned",
        "round": 1,
        "version": 1,
        "team": {"code": "team-08", "name": "文兴社区网格队"},
        "responsible_team": "team-08",
        "grid": "grid-08",
        "community": "community-08",
        "explanation": {
            "rule": "grid",
            "grid": "grid-08",
            "grid_version": 1,
            "team": "team-08",
            "rule_code": None,
            "rules": [],
            "rules_version": None,
            "from_team": None,
            "instead_of": None,
            "supporting": [],
            "skill": None,
            "expected_from": None,
            "choice": response.json()["explanation"]["choice"],
            "officer": None,
            "round": None,
        },
        "category": "shown",
        "grade": "ordinary",
        "source": "resident_app",
        "component": None,
        "component_owner": None,
        "proactive": False,
        "description": "小区门口占道经营",
        "location": {"lon": TOWN[0], "lat": TOWN[1], "crs": "WGS84", "address": "金南街道"},
        "accept_by": response.json()["accept_by"],
        "on_site_by": response.json()["on_site_by"],
        "promised_at": response.json()["promised_at"],
        "escalation": None,
        "light": "green",
        "remaining_seconds": response.json()["remaining_seconds"],
        "suspended_at": None,
        "suspended_until": None,
        "waiting_since": None,
        "reinspection": None,
        "rectify_until": None,
        "start_distance_metres": None,
        "far_start": False,
        "officer": None,
        "assignee": None,
        "expected_from": None,
        "handling_mode": None,
        "result": None,
        "photos": [],
        "unknown_photos": [],
        "occurred_at": None,
        "received_at": "2026-03-01T08:00:00Z",
        "assigned_at": response.json()["updated_at"],
        "accepted_at": None,
        "started_at": None,
        "resolved_at": None,
        "updated_at": response.json()["updated_at"],
        "earlier_explanations": [],
        "requests": [],
        "supervision": [],
        "returns": [],
        "conferences": [],
        "transfers": [],
        "rectifications": [],
        "supporting": [],
        "contributions": [],
        "erased_at": None,
        "return_by": response.json()["return_by"],
        "notes": [],
        "supplements": [],
        "questions": [],
    }


async def test_filters_narrow_the_list(world: World) -> None:
    lately, just_now = datetime.now(UTC) - timedelta(hours=3), datetime.now(UTC)
    here, nowhere, patrol, later_on = await some(
        world,
        {"received_at": lately},
        {"received_at": lately, "at": None},
        {"received_at": lately, "source": "grid_patrol"},
        {"received_at": just_now},
        number="filters",
    )
    await world.act(patrol, "accept", role="officer")
    updated_at = (await world.row(here))["updated_at"].isoformat()
    moment = quote(just_now.isoformat())
    expected = {
        "": ids(here, nowhere, patrol, later_on),
        "status=accepted": ids(patrol),
        "status=accepted&status=assigned": ids(here, nowhere, patrol, later_on),
        "status=closed": [],
        "team=duty-desk": ids(nowhere),
        "team=team-08&status=assigned": ids(here, later_on),
        "grid=grid-08": ids(here, patrol, later_on),
        "community=community-08&source=grid_patrol": ids(patrol),
        "bbox=107.23,26.58,107.24,26.59": ids(here, patrol, later_on),
        "bbox=0,0,1,1": [],
        f"received_from={moment}": ids(later_on),
        f"received_to={moment}": ids(here, nowhere, patrol),
        f"updated_after={quote(updated_at)}": ids(patrol),
    }

    assert {query: await listed(world, f"category=filters&limit=2&{query}") for query in expected} == expected


async def test_a_tenant_sees_its_own_cases_only(world: World) -> None:
    theirs = received(tenant=NEIGHBOUR, category="tenants")
    (ours,) = await some(world, {}, number="tenants")
    await world.deliver(theirs)

    assert await listed(world, "category=tenants") == ids(ours)
    assert await listed(world, "category=tenants", tenant=NEIGHBOUR) == ids(theirs)
    assert (await world.send("GET", f"{CASES}/{theirs.subject}", role="supervisor")).status_code == 404
    assert (await world.send("GET", "/dispatch/v1/grids", role="admin", tenant=NEIGHBOUR)).json()["features"] == []


BAD = [
    ("status=lost", "query/status/0"),
    ("limit=0", "query/limit"),
    ("limit=201", "query/limit"),
    ("bbox=1,2,3", "query/bbox"),
    ("bbox=a,b,c,d", "query/bbox"),
    ("bbox=nan,0,1,1", "query/bbox"),
    ("bbox=2,0,1,1", "query/bbox"),
    ("bbox=-181,0,1,1", "query/bbox"),
    ("updated_after=yesterday", "query/updated_after"),
    ("updated_after=2026-03-01T08:00:00", "query/updated_after"),
    ("received_from=0001-01-01T00:00:00%2B08:00", "query/received_from"),
    ("team=", "query/team"),
]


@pytest.mark.parametrize(("query", "pointer"), BAD)
async def test_a_bad_query_is_named(world: World, query: str, pointer: str) -> None:
    response = await world.send("GET", f"{CASES}?{query}", role="analyst")

    assert response.status_code == 422, response.text
    assert [error["pointer"] for error in response.json()["errors"]] == [pointer]


@pytest.mark.parametrize("complaint_id", ["1", "x" * 300, "01890000-0000-7000-8000-00000000000"])
async def test_an_id_that_is_none_is_named(world: World, complaint_id: str) -> None:
    response = await world.send("GET", f"{CASES}/{complaint_id}", role="analyst")

    assert (response.status_code, response.json()["errors"][0]["pointer"]) == (422, "path/complaint_id")


async def test_a_cursor_works_for_its_own_list_filters_and_tenant_only(world: World) -> None:
    await some(world, {}, {}, number="cursors")
    first = await world.send("GET", f"{CASES}?category=cursors&limit=1", role="analyst")
    cursor = first.links["next"]["url"].partition("cursor=")[2]

    async def status(path: str, **options: Any) -> int:
        return int((await world.send("GET", path, role="analyst", **options)).status_code)

    assert await status(f"{CASES}?category=cursors&limit=1&cursor={cursor}") == 200
    assert await status(f"{CASES}?category=other&cursor={cursor}") == 400
    assert await status(f"{CASES}?category=cursors&cursor={cursor}", tenant=NEIGHBOUR) == 400
    assert await status(f"{CASES}?category=cursors&cursor={cursor[:-2]}AA") == 400
    assert await status(f"/dispatch/v1/teams?cursor={cursor}") == 400
