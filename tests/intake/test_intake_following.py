"""How intake follows a complaint's life, also when events come late, again or about nobody."""

from typing import Any
from uuid import UUID

import httpx
import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from contracts.envelope import Event
from contracts.lifecycle import Status
from contracts.roles import Role
from eventbus.errors import OutOfOrder
from histories import BEGIN, History
from intake.conftest import As
from intake.reports import REPORT
from intake_service.events.lifecycle import follow
from intake_service.persistence.tables import complaint


@pytest.fixture
async def history(client: httpx.AsyncClient, as_: As) -> History:
    """An accepted complaint, of which nothing has happened yet."""
    receipt = (await client.post("/complaints", json=REPORT, headers=as_(Role.CITIZEN))).json()
    history = History()
    history.id = UUID(receipt["id"])
    return history


async def apply(engine: AsyncEngine, *events: Event) -> None:
    async with engine.begin() as connection:
        await follow(connection, events)


async def view(client: httpx.AsyncClient, as_: As, history: History) -> dict[str, Any]:
    answer = await client.get(f"/complaints/{history.id}", headers=as_(Role.OPERATOR))
    content: dict[str, Any] = answer.json()
    return content


async def test_a_slice_is_followed_to_its_end(
    client: httpx.AsyncClient, engine: AsyncEngine, as_: As, history: History
) -> None:
    await apply(engine, history.assigned(), history.accepted())
    await apply(engine, history.started())
    seen = await view(client, as_, history)
    assert seen["status"] == "in_progress"
    assert [step["status"] for step in seen["progress"]] == ["received", "assigned", "accepted", "in_progress"]
    assert seen["version"] == 3


async def test_a_complaint_that_is_laid_aside_says_so_and_can_be_withdrawn(
    client: httpx.AsyncClient, engine: AsyncEngine, as_: As, history: History
) -> None:
    await apply(engine, history.assigned(), history.accepted(), history.suspended())
    assert (await view(client, as_, history))["status"] == "suspended"
    await apply(engine, history.resumed(BEGIN), history.suspended())
    request = await requested(engine, history)
    await apply(engine, history.released(request.id, Status.SUSPENDED))
    seen = await view(client, as_, history)
    assert [step["status"] for step in seen["progress"]] == [
        "received", "assigned", "accepted", "suspended", "in_progress", "suspended", "withdrawn",
    ]  # fmt: skip


async def test_it_follows_every_way_back(
    client: httpx.AsyncClient, engine: AsyncEngine, as_: As, history: History
) -> None:
    await apply(engine, history.assigned(), history.returned(), history.assigned("team-02"), history.transferred())
    assert (await view(client, as_, history))["status"] == "transferred"
    await apply(engine, history.resolved(), history.rework_ordered(), history.assigned(number=2))
    seen = await view(client, as_, history)
    assert [step["status"] for step in seen["progress"]] == [
        "received", "assigned", "received", "assigned", "transferred", "resolved", "assigned", "assigned",
    ]  # fmt: skip


async def test_an_event_whose_predecessor_is_missing_waits_for_it(
    client: httpx.AsyncClient, engine: AsyncEngine, as_: As, history: History
) -> None:
    assigned, accepted = history.assigned(), history.accepted()
    with pytest.raises(OutOfOrder, match="accepted may not follow received"):
        await apply(engine, accepted)
    assert (await view(client, as_, history))["status"] == "received"
    await apply(engine, assigned)
    await apply(engine, accepted)
    assert (await view(client, as_, history))["status"] == "accepted"


async def test_a_late_event_does_not_set_the_state_back(
    client: httpx.AsyncClient, engine: AsyncEngine, as_: As, history: History
) -> None:
    assigned = history.assigned()
    await apply(engine, assigned, history.accepted())
    with pytest.raises(OutOfOrder, match="assigned may not follow accepted"):
        await apply(engine, assigned)
    assert (await view(client, as_, history))["status"] == "accepted"


async def test_a_slice_with_a_gap_changes_nothing(
    client: httpx.AsyncClient, engine: AsyncEngine, as_: As, history: History
) -> None:
    assigned, _, started = history.assigned(), history.accepted(), history.started()
    with pytest.raises(OutOfOrder, match="started may not follow assigned"):
        await apply(engine, assigned, started)
    assert (await view(client, as_, history))["status"] == "received"


async def test_an_event_about_a_complaint_that_intake_does_not_have_is_not_dropped(engine: AsyncEngine) -> None:
    stranger = History()
    with pytest.raises(OutOfOrder, match=f"{stranger.id}, which intake does not have"):
        await apply(engine, stranger.assigned())


async def requested(engine: AsyncEngine, history: History, **values: object) -> Event:
    """Return the reporter's request to withdraw, which intake waits to be answered, as a row of before says it."""
    request = history.release_requested()
    async with engine.begin() as connection:
        await connection.execute(
            sa.update(complaint)
            .where(complaint.c.id == history.id)
            .values(release_request=request.id, release_state="requested", release_actor="citizen-1", **values)
        )
    return request


async def test_a_release_waits_until_intake_has_seen_what_came_before_it(
    client: httpx.AsyncClient, engine: AsyncEngine, as_: As, history: History
) -> None:
    request = await requested(engine, history)
    assigned, accepted = history.assigned(), history.accepted()
    released = history.released(request.id, Status.ACCEPTED)
    with pytest.raises(OutOfOrder, match="as accepted, which is received here"):
        await apply(engine, released)
    await apply(engine, assigned, accepted)
    await apply(engine, released)
    seen = await view(client, as_, history)
    assert [step["status"] for step in seen["progress"]] == ["received", "assigned", "accepted", "withdrawn"]


async def test_a_release_of_the_first_version_does_not_say_where_the_case_stood(
    client: httpx.AsyncClient, engine: AsyncEngine, as_: As, history: History
) -> None:
    request = await requested(engine, history)
    await apply(engine, history.assigned(), history.released(request.id))
    assert (await view(client, as_, history))["status"] == "withdrawn"


async def test_a_release_that_was_answered_changes_nothing(
    client: httpx.AsyncClient, engine: AsyncEngine, as_: As, history: History
) -> None:
    request = await requested(engine, history)
    released = history.released(request.id, Status.RECEIVED)
    await apply(engine, released)
    version = (await view(client, as_, history))["version"]
    await apply(engine, released)
    assert (await view(client, as_, history))["version"] == version


async def test_a_release_of_a_complaint_that_intake_does_not_have_is_not_dropped(engine: AsyncEngine) -> None:
    stranger = History()
    with pytest.raises(OutOfOrder, match=f"{stranger.id}, which intake does not have"):
        await apply(engine, stranger.released(stranger.release_requested().id, Status.RECEIVED))


async def test_another_tenants_event_moves_nothing(
    client: httpx.AsyncClient, engine: AsyncEngine, as_: As, history: History
) -> None:
    history.tenant = "110101"
    with pytest.raises(OutOfOrder, match="does not have"):
        await apply(engine, history.assigned())
    assert (await view(client, as_, history))["status"] == "received"
