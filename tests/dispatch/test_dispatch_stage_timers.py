"""The limits to accept a case and to be on site have timers of their own, which end with their stages."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from contracts.envelope import Event
from contracts.events import QuestionAnswered, QuestionAsked
from contracts.lifecycle import EventType
from dispatch.test_dispatch_clocks import limits, put
from dispatch.test_dispatch_lists import ids, listed
from dispatch.world import DECISION, TENANT, World, event_about, later, received
from dispatch_service.persistence.case_lists import CaseFilter, select_page
from dispatch_service.persistence.stage_columns import TIMES
from dispatch_service.persistence.timers import DUE_CASES
from dispatch_service.service.clockworks import Clockworks
from dispatch_service.service.renewing import renew_clocks
from dispatch_service.service.timers import fire_due
from eventbus.driver import explained
from runtime.database import create_engine

Told = tuple[str, int]
"""Stage and level."""
IN_ORDER: list[Told] = [
    ("accept", 80), ("accept", 100), ("on_site", 80), ("accept", 200), ("on_site", 100), ("on_site", 200),
    ("resolve", 80), ("resolve", 100), ("resolve", 200),
]  # fmt: skip
"""What is told of a case that nobody accepts: 48, 60, 96, 120, 120, 240, 480, 600 and 1,200 minutes."""
_MOVED = ("assigned_at", "begun_at", "timer_at", "accept_timer_at", "on_site_timer_at", *TIMES)


@pytest_asyncio.fixture(autouse=True, scope="module", loop_scope="session")
async def _limits(world: World) -> None:
    """An hour to accept, two to be on site, ten to resolve."""
    answer = await put(world, "limits", limits(), tenant=TENANT)
    assert answer.status_code == 200, answer.text


async def age(world: World, *events: Event, minutes: float) -> None:
    """Let cases be older."""
    sets = ", ".join(f"{name} = {name} - make_interval(mins => :minutes)" for name in _MOVED)
    of_them = "WHERE complaint_id = ANY(CAST(:ids AS uuid[]))"
    await world.run(
        f"UPDATE dispatch_case SET {sets} {of_them}", ids=[event.subject for event in events], minutes=minutes
    )


async def told(world: World, event: Event) -> list[Told]:
    """Return what was published, in order."""
    rows = [row for row in await world.published(event) if row["type"] == EventType.ESCALATED]
    assert [row["sequence"] for row in rows] == sorted(row["sequence"] for row in rows)
    return [(row["payload"]["limit"], row["payload"]["level"]) for row in rows]


async def shown(world: World, event: Event) -> Any:
    """Return the case."""
    answer = await world.send("GET", f"/dispatch/v1/cases/{event.subject}", role="analyst")
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_a_case_that_nobody_accepts_is_told_of_for_each_stage_and_shown_so(world: World) -> None:
    event = await world.a_case()
    assert (await shown(world, event))["escalation"] is None
    await age(world, event, minutes=50)
    assert await fire_due(world.engine, world.clockworks) == 1
    assert await fire_due(world.engine, world.clockworks) == 0

    last = (await world.published(event))[-1]
    row = await world.row(event)
    assert last["payload"] == {
        "level": 80, "limit": "accept", "stage": "accept", "team": "team-08",
        "promised_at": last["payload"]["promised_at"], "warn_at": last["payload"]["warn_at"],
    }  # fmt: skip
    assert datetime.fromisoformat(last["payload"]["promised_at"]) == row["promised_at"]
    view = (await shown(world, event))["escalation"]
    assert (view["stage"], view["percent"]) == ("accept", 80)
    assert timedelta() <= datetime.now(UTC) - datetime.fromisoformat(view["since"]) < timedelta(minutes=1)

    await age(world, event, minutes=50)
    assert await fire_due(world.engine, world.clockworks) == 2
    assert await told(world, event) == IN_ORDER[:3]
    view = (await shown(world, event))["escalation"]
    assert (view["stage"], view["percent"]) == ("accept", 100)


async def test_a_stage_that_is_over_is_told_of_no_more_and_the_others_are(world: World) -> None:
    waits, comes, works = [await world.a_case() for _ in range(3)]
    await age(world, waits, comes, works, minutes=50)
    assert await fire_due(world.engine, world.clockworks) == 3
    for event in (comes, works):
        assert (await world.act(event, "accept", role="officer")).status_code == 200
    assert (await shown(world, comes))["escalation"] is None
    await age(world, waits, comes, works, minutes=55)
    await fire_due(world.engine, world.clockworks)
    assert (await world.act(works, "start", role="officer")).status_code == 200
    await age(world, waits, comes, works, minutes=400)
    await fire_due(world.engine, world.clockworks)

    assert await told(world, waits) == IN_ORDER[:7]
    assert await told(world, comes) == [("accept", 80), *(each for each in IN_ORDER[:7] if each[0] != "accept")]
    assert await told(world, works) == [("accept", 80), ("on_site", 80), ("resolve", 80)]
    levels = [(await shown(world, event))["escalation"] for event in (waits, comes, works)]
    assert [(each["stage"], each["percent"]) for each in levels] == [
        ("on_site", 200), ("on_site", 200), ("resolve", 80),
    ]  # fmt: skip


async def test_another_unit_has_its_own_time_to_accept_also_when_the_promise_is_over(world: World) -> None:
    event = await world.a_case()
    await age(world, event, minutes=70)
    assert await fire_due(world.engine, world.clockworks) == 2
    moved = await world.act(event, "assign", {"team": "team-03"}, role="dispatcher")
    assert (moved.status_code, moved.json()["escalation"]) == (200, None)
    assert await fire_due(world.engine, world.clockworks) == 0
    await age(world, event, minutes=50)
    assert await fire_due(world.engine, world.clockworks) == 1
    assert await told(world, event) == [("accept", 80), ("accept", 100), ("accept", 80)]

    await age(world, event, minutes=600)
    await fire_due(world.engine, world.clockworks)
    late = (await world.act(event, "assign", {"team": "team-08"}, role="dispatcher")).json()
    before = len(await told(world, event))
    assert datetime.fromisoformat(late["accept_by"]) - datetime.fromisoformat(late["assigned_at"]) == timedelta(hours=1)
    assert (late["escalation"]["stage"], late["escalation"]["percent"]) == ("resolve", 100)
    await age(world, event, minutes=50)
    assert await fire_due(world.engine, world.clockworks) == 1
    assert (await told(world, event))[before:] == [("accept", 80)]


async def test_a_new_round_begins_with_new_timers(world: World) -> None:
    event = await world.a_case()
    await age(world, event, minutes=50)
    await fire_due(world.engine, world.clockworks)
    for step in ("accept", "start", "resolve"):
        await world.act(event, step, role="officer")
    assert (await shown(world, event))["escalation"] is None
    await world.deliver(later(event, EventType.REWORK_ORDERED))

    assert await fire_due(world.engine, world.clockworks) == 0
    await age(world, event, minutes=50)
    assert await fire_due(world.engine, world.clockworks) == 1
    assert await told(world, event) == [("accept", 80), ("accept", 80)]


async def test_timers_stand_while_the_clock_waits_and_have_then_what_was_left(world: World) -> None:
    event = await world.a_case()
    asked = QuestionAsked(actor="operator-1", question=DECISION, text="几号楼?", lapses_at=datetime.now(UTC))
    began = datetime.now(UTC)
    await world.deliver(event_about(event, EventType.QUESTION_ASKED, asked, 2)._replace(time=began))
    await age(world, event, minutes=300)
    await world.run(
        "UPDATE dispatch_case SET waiting_since = assigned_at + interval '10 min' WHERE complaint_id = :id",
        id=event.subject,
    )
    assert await fire_due(world.engine, world.clockworks) == 0
    answered = QuestionAnswered(actor="citizen-1", by="reporter", question=DECISION, text="三号楼")
    answer = event_about(event, EventType.QUESTION_ANSWERED, answered, 3)._replace(time=datetime.now(UTC))
    await world.deliver(answer)

    left = (await world.row(event))["accept_warn_at"] - answer.time
    assert timedelta(minutes=37) < left <= timedelta(minutes=38)
    assert await fire_due(world.engine, world.clockworks) == 0
    await age(world, event, minutes=39)
    await fire_due(world.engine, world.clockworks)
    assert await told(world, event) == [("accept", 80)]


async def test_timers_follow_a_change_of_the_limits_and_repeat_nothing(world: World) -> None:
    tenant = "stage-limits"
    await put(world, "limits", limits(), tenant=tenant)
    event = received(tenant=tenant)
    await world.deliver(event)
    await age(world, event, minutes=50)
    await fire_due(world.engine, world.clockworks)
    longer = limits()
    longer["limits"][0]["amount"] = 3
    await put(world, "limits", longer, tenant=tenant)
    await renew_clocks(world.engine, Clockworks(check_every_seconds=0))

    row = await world.row(event)
    assert row["accept_by"] - row["assigned_at"] == timedelta(hours=2) + timedelta(hours=1)
    await age(world, event, minutes=100)
    await fire_due(world.engine, world.clockworks)
    assert [each for each in await told(world, event) if each[0] == "accept"] == [("accept", 80)]
    await age(world, event, minutes=35)
    await fire_due(world.engine, world.clockworks)
    assert [each for each in await told(world, event) if each[0] == "accept"] == [("accept", 80), ("accept", 100)]


async def test_after_an_outage_many_workers_tell_of_all_that_fell_due_once_and_in_order(world: World) -> None:
    events = [received() for _ in range(120)]
    await world.deliver(*events)
    await age(world, *events, minutes=1_300)

    fired = await asyncio.gather(*(fire_due(world.engine, world.clockworks, size=7) for _ in range(4)))

    assert sum(fired) == len(events) * len(IN_ORDER)
    for event in events:
        assert await told(world, event) == IN_ORDER


async def test_a_version_that_set_no_times_of_stages_has_no_timers_of_them(world: World) -> None:
    event = await world.a_case()
    gone = ", ".join(
        f"{stage}_{name} = NULL" for stage in ("accept", "on_site") for name in ("warn_at", "twice_at", "timer_at")
    )
    await world.run(f"UPDATE dispatch_case SET {gone} WHERE complaint_id = :id", id=event.subject)
    await age(world, event, minutes=500)

    assert await fire_due(world.engine, world.clockworks) == 1
    assert await told(world, event) == [("resolve", 80)]


async def test_cases_are_listed_by_the_level_of_a_stage_that_is_not_over(world: World) -> None:
    await world.run("DELETE FROM dispatch_case")
    none, warned, due, done = [await world.a_case() for _ in range(4)]
    await age(world, warned, done, minutes=50)
    await age(world, due, minutes=70)
    await fire_due(world.engine, world.clockworks)
    assert await listed(world, "escalation=80&limit=1") == ids(warned, done)
    assert await listed(world, "escalation=100&category=street.vendors") == ids(due)
    assert await listed(world, "escalation=80&status=assigned&sort=deadline") == ids(done, warned)
    await world.act(done, "accept", role="officer")

    assert await listed(world, "escalation=80") == ids(warned)
    assert await listed(world, "escalation=80&status=closed") == []
    assert await listed(world, "escalation=200") == []
    assert await listed(world, "escalation=80", tenant="520102") == []
    assert await listed(world, "status=assigned") == ids(none, warned, due)
    bad = await world.send("GET", "/dispatch/v1/cases?escalation=90", role="analyst")
    assert (bad.status_code, bad.json()["errors"][0]["pointer"]) == (422, "query/escalation")


async def test_list_and_timers_are_read_by_their_indexes(world: World) -> None:
    """Also where no case has been escalated yet, and there are many."""
    await world.run("""
        INSERT INTO dispatch_case (complaint_id, tenant, number, status, round, version, sequence, team, explanation,
                                   source, proactive, description, received_at, assigned_at, updated_at)
        SELECT uuidv7(-n * interval '1 min'), '522723', 'P' || n, 'assigned', 1, 1, 1, 'team-08', '{}',
               'hotline', false, '', now(), now(), now()
        FROM generate_series(1, 3000) AS n
    """)
    await world.run("ANALYZE dispatch_case")
    page = select_page(TENANT, CaseFilter(escalation="100"), after=None, size=51)
    async with world.engine.begin() as connection:
        listing = await explained(connection, page)
        firing = (await connection.execute(sa.text(f"EXPLAIN {DUE_CASES.text}"), {"size": 500})).scalars().all()
    assert "dispatch_case_by_escalation" in str(listing)
    assert any("dispatch_case_next_timer" in line for line in firing)


@pytest_asyncio.fixture(loop_scope="session")
async def wrong_clock(world: World) -> AsyncIterator[AsyncEngine]:
    """Connections to a database whose time of day is moved by what `clock.moved` holds."""
    await world.run("CREATE SCHEMA wrong")
    await world.run("CREATE TABLE wrong.clock AS SELECT interval '0' AS moved")
    await world.run(
        "CREATE FUNCTION wrong.statement_timestamp() RETURNS timestamptz STABLE LANGUAGE sql AS"
        " 'SELECT pg_catalog.statement_timestamp() + moved FROM wrong.clock'"
    )
    url = world.engine.url.render_as_string(hide_password=False)
    path = {"search_path": "wrong, pg_catalog, public"}
    engine = create_engine(url, application_name="wrong clock", session=path)
    yield engine
    await engine.dispose()
    await world.run("DROP SCHEMA wrong CASCADE")


async def test_a_clock_that_goes_back_fires_no_timer_twice_and_loses_none(
    world: World, wrong_clock: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The database's time of day goes back an hour again and again, and so does that of the process which assigns."""

    async def clock(minutes: int) -> int:
        await world.run("UPDATE wrong.clock SET moved = make_interval(mins => :minutes)", minutes=minutes)
        return await fire_due(wrong_clock, world.clockworks)

    await world.run("DELETE FROM dispatch_case")
    event = await world.a_case()
    behind = datetime.now(UTC) - timedelta(hours=1)
    monkeypatch.setattr("dispatch_service.events.handlers.present", lambda: behind)
    early = await world.a_case()
    fired = Counter[str]()
    for minutes in (50, -10, 50, 65, 5, 100, 40, 65, 125, 65, 250, 190, 500, 440, 700, 640, 1_300, 1_240, 1_300):
        fired["timers"] += await clock(minutes)
        assert await clock(minutes) == 0

    assert await told(world, event) == IN_ORDER
    assert await told(world, early) == IN_ORDER
    assert fired["timers"] == 2 * len(IN_ORDER)
