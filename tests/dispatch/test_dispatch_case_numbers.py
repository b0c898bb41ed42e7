"""Whoever is told the number of a complaint finds its case."""

from typing import Any
from uuid import UUID

import pytest

from contracts.lifecycle import EventType
from dispatch.world import NEIGHBOUR, TENANT, World, later, received
from dispatch_service.domain.standing import OPEN
from dispatch_service.persistence.case_lists import CaseFilter, select_page
from eventbus.driver import explained

CASES = "/dispatch/v1/cases"


async def found(world: World, query: str, **options: Any) -> list[UUID]:
    response = await world.send("GET", f"{CASES}?{query}", role="dispatcher", **options)
    assert response.status_code == 200, response.text
    return [UUID(item["complaint_id"]) for item in response.json()["items"]]


async def test_a_case_is_found_by_its_whole_number_alone_and_with_other_filters(world: World) -> None:
    one, other = received(number="20261130-001000"), received(number="20261130-0010000")
    await world.deliver(one, other)
    expected = {
        "number=20261130-001000": [one.subject],
        "number=20261130-0010000": [other.subject],
        "number=20261130-00100": [],
        "number=20261130-%25": [],
        "number=20261130-001000&category=street.vendors": [one.subject],
        "number=20261130-001000&category=noise": [],
        "number=20261130-001000&status=assigned&team=team-08&sort=deadline": [one.subject],
        "number=20261130-001000&status=closed": [],
    }

    assert {query: await found(world, query) for query in expected} == expected


async def test_a_case_that_has_ended_is_found_too(world: World) -> None:
    event = received(number="20261130-002000")
    await world.deliver(event, later(event, EventType.RELEASE_REQUESTED), later(event, EventType.WITHDRAWN))

    for query in ("", "&status=withdrawn", "&category=street.vendors", "&community=community-08&status=withdrawn"):
        assert await found(world, f"number=20261130-002000{query}") == [event.subject], query
    assert await found(world, "number=20261130-002000&status=assigned") == []


async def test_a_number_is_one_of_the_tenant(world: World) -> None:
    ours, theirs, hidden = (
        received(number="20261130-003000"),
        received(number="20261130-003000", tenant=NEIGHBOUR),
        received(number="20261130-003001", tenant=NEIGHBOUR),
    )
    await world.deliver(ours, theirs, hidden)

    assert await found(world, "number=20261130-003000") == [ours.subject]
    assert await found(world, "number=20261130-003000", tenant=NEIGHBOUR) == [theirs.subject]
    assert await found(world, "number=20261130-003001") == []


NONE = [
    ("", "string_too_short"),
    ("%20", "blank-text"),
    ("%E3%80%80%E2%80%8B", "blank-text"),
    ("9" * 101, "string_too_long"),
]


@pytest.mark.parametrize(("number", "code"), NONE)
async def test_a_number_that_is_none_is_named(world: World, number: str, code: str) -> None:
    response = await world.send("GET", f"{CASES}?number={number}", role="dispatcher")

    assert response.status_code == 422, response.text
    assert [(error["pointer"], error["code"]) for error in response.json()["errors"]] == [("query/number", code)]


@pytest.mark.parametrize(
    "narrowed",
    [
        {},
        {"category": "street.vendors"},
        {"sort": "deadline", "team": "team-08", "statuses": OPEN},
        {"sort": "distance", "near": (107.2, 26.5), "statuses": OPEN},
    ],
)
async def test_it_is_looked_up_by_an_index(world: World, narrowed: dict[str, Any]) -> None:
    await world.run("""
        INSERT INTO dispatch_case (complaint_id, tenant, number, status, round, version, sequence, team, explanation,
                                   category, source, proactive, description, lon, lat, received_at, assigned_at,
                                   promised_at, updated_at)
        SELECT uuidv7(-n * interval '1 min'), '522723', 'N' || n,
               CASE WHEN n % 10 = 0 THEN 'assigned' ELSE 'closed' END, 1, 1, 1, 'team-08', '{}', 'street.vendors',
               'hotline', false, '', 107.2, 26.5, now(), now(), now(), now()
        FROM generate_series(1, 3000) AS n
    """)
    await world.run("ANALYZE dispatch_case")
    wanted = CaseFilter(number="N1500", **narrowed)
    statement = select_page(TENANT, wanted, after=None, size=51)
    async with world.engine.begin() as connection:
        plan = str(await explained(connection, statement))

    assert "dispatch_case_by_number" in plan
    assert "Seq Scan" not in plan
