"""Lists of complaints and entries."""

from collections.abc import AsyncIterator
from itertools import pairwise

import httpx
import pytest_asyncio

from contracts.events import Place
from contracts.roles import Role
from histories import BEGIN, OWNER, History
from ledger.conftest import As, Enter, Headers

TENANT = "520100"
"""A tenant of this module alone, so that lists hold what it entered and nothing else."""


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def histories(enter: Enter) -> list[History]:
    """Five complaints, oldest first: two received, one assigned, one resolved, one of another citizen."""
    made = [History(tenant=TENANT, owner=OWNER if n < 4 else "citizen-2") for n in range(5)]
    made[0].received(source="hotline", location=Place(lon=106.7, lat=26.6))
    made[1].received(category=None, location=Place(address="no point"))
    made[2].received()
    made[2].assigned("team-02", community="maixi", grid="grid-02")
    made[3].until_resolved()
    made[4].received()
    await enter(*made)
    return made


async def ids(client: httpx.AsyncClient, query: str, headers: Headers) -> list[str]:
    answer = await client.get(f"/complaints?{query}", headers=headers)
    assert answer.status_code == 200, answer.text
    return [item["id"] for item in answer.json()["items"]]


async def test_each_filter_narrows_the_list(client: httpx.AsyncClient, histories: list[History], as_: As) -> None:
    staff = as_(Role.ANALYST, tenant=TENANT)
    own = [str(history.id) for history in histories]
    assert await ids(client, "", staff) == own[::-1]
    expected = {
        "status=resolved": [3],
        "status=resolved&status=assigned": [3, 2],
        "source=hotline": [0],
        "category=street_order.vendors&community=maixi": [2],
        "category=street_order": [4, 3, 2, 0],
        "category=street": [],
        "grid=grid-02": [2],
        "team=team-01": [3],
        "bbox=106,26,107,27": [0],
        "bbox=107.2,26.5,107.3,26.6": [4, 3, 2],
        f"received_from={BEGIN:%Y-%m-%dT%H:%M:%SZ}&received_to=2026-03-01T16:00:01%2B08:00": [4, 3, 2, 1, 0],
        f"received_to={BEGIN:%Y-%m-%dT%H:%M:%SZ}": [],
        "updated_after=2026-01-01T00:00:00Z": [4, 3, 2, 1, 0],
        "updated_after=2900-01-01T00:00:00Z": [],
    }
    for query, wanted in expected.items():
        assert await ids(client, query, staff) == [own[n] for n in wanted], query


async def test_citizens_list_their_own_complaints_only(
    client: httpx.AsyncClient, histories: list[History], as_: As
) -> None:
    own = [str(history.id) for history in histories]
    assert await ids(client, "", as_(Role.CITIZEN, OWNER, tenant=TENANT)) == own[3::-1]
    assert await ids(client, "", as_(Role.CITIZEN, "citizen-2", tenant=TENANT)) == own[4:]
    assert await ids(client, "", as_(Role.CITIZEN, "citizen-3", tenant=TENANT)) == []
    assert await ids(client, "", as_(Role.SUPERVISOR, tenant="999999")) == []


async def pages(client: httpx.AsyncClient, path: str, headers: Headers) -> AsyncIterator[httpx.Response]:
    following: str | None = path
    while following is not None:
        page = await client.get(following, headers=headers)
        assert page.status_code == 200, page.text
        yield page
        following = str(page.url.join(page.links["next"]["url"])) if "next" in page.links else None


async def test_pages_lead_through_all_complaints_once(
    client: httpx.AsyncClient, histories: list[History], as_: As
) -> None:
    staff = as_(Role.ANALYST, tenant=TENANT)
    seen = [item["id"] async for page in pages(client, "/complaints?limit=2", staff) for item in page.json()["items"]]
    assert seen == [str(history.id) for history in histories][::-1]


async def test_a_cursor_belongs_to_its_caller_filters_and_list(
    client: httpx.AsyncClient, histories: list[History], as_: As
) -> None:
    first = await client.get("/complaints?limit=2", headers=as_(Role.CITIZEN, OWNER, tenant=TENANT))
    cursor = httpx.URL(first.links["next"]["url"]).params["cursor"]
    for path, headers in (
        (f"/complaints?cursor={cursor}", as_(Role.CITIZEN, "citizen-2", tenant=TENANT)),
        (f"/complaints?cursor={cursor}", as_(Role.ANALYST, tenant=TENANT)),
        (f"/complaints?cursor={cursor}", as_(Role.CITIZEN, OWNER)),
        (f"/complaints?cursor={cursor}&status=closed", as_(Role.CITIZEN, OWNER, tenant=TENANT)),
        (f"/entries?cursor={cursor}", as_(Role.ANALYST, tenant=TENANT)),
        ("/complaints?cursor=made-up", as_(Role.CITIZEN, OWNER, tenant=TENANT)),
    ):
        refused = await client.get(path, headers=headers)
        assert (refused.status_code, refused.json()["type"]) == (400, "urn:jieban:problem:cursor-invalid"), path


async def test_entries_are_listed_newest_first_and_filtered(
    client: httpx.AsyncClient, histories: list[History], as_: As
) -> None:
    staff = as_(Role.ANALYST, tenant=TENANT)
    entered = [event for history in histories for event in history.events]
    seen = [item async for page in pages(client, "/entries?limit=3", staff) for item in page.json()["items"]]
    assert [item["event_id"] for item in seen] == [str(event.id) for event in entered][::-1]
    assert all(later["position"] > earlier["position"] for later, earlier in pairwise(seen))
    for query, count in (
        (f"complaint={histories[3].id}", 5),
        ("type=complaint.resolved", 1),
        ("type=complaint.resolved&type=complaint.assigned", 3),
        ("occurred_from=2026-03-01T08:03:00Z", 2),
        ("occurred_to=2026-03-01T08:01:00Z", 5),
    ):
        answer = await client.get(f"/entries?{query}", headers=staff)
        assert len(answer.json()["items"]) == count, query
    elsewhere = await client.get(f"/entries?complaint={histories[3].id}", headers=as_(Role.ANALYST))
    assert elsewhere.json() == {"items": []}
