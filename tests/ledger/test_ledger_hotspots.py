"""Hot spots from entries to events: found once, by whoever looks, in one tenant's complaints."""

import asyncio
import json
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID
from zlib import crc32

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from contracts.envelope import parse
from contracts.hotspots import HotspotDetected, HotspotEvent
from contracts.lifecycle import Status
from eventbus.books import Window
from histories import History
from ledger.conftest import Enter
from ledger.county import LAMPS, County
from ledger_service.domain.hotspots import Ending, State
from ledger_service.persistence import hotspots
from ledger_service.service.hotspots import catch_up, watch
from ledger_service.service.reconciling import differences
from outboxes import as_message
from runtime.clock import now
from runtime.database import create_engine


@pytest.fixture
def county(engine: AsyncEngine, enter: Enter, request: pytest.FixtureRequest) -> County:
    """A county of the test's own."""
    return County(engine, enter, f"t-{crc32(request.node.name.encode())}")


async def test_a_burst_is_told_of_once_and_its_end_as_well(county: County) -> None:
    await county.past()
    assert await county.look() == []
    made = await county.burst(9)
    [spot] = await county.look(hours=1)
    assert spot.category == LAMPS
    assert {history.id for history in made} <= set(spot.description.evidence)
    assert (spot.description.community, spot.description.grid) == ("fulai", "grid-01")
    assert await county.look(hours=1.1) == []
    [over] = await county.look(hours=24 * 12)
    assert (over.id, over.version) == (spot.id, 2)
    detected, ended = await county.told()
    assert (detected.type, detected.sequence, UUID(detected.aggregateid)) == ("hotspot.detected", 1, spot.id)
    assert (ended.type, ended.sequence, ended.source) == ("hotspot.ended", 2, "ledger")


async def test_what_is_told_can_be_read_by_others_and_names_nobody(county: County) -> None:
    await county.past()
    await county.burst(8, description="王五的电话 13800000000")
    [spot] = await county.look()
    [row] = await county.told()
    message = as_message(row._mapping)
    event = parse(message.headers, message.value)
    assert event.type is HotspotEvent.DETECTED
    assert isinstance(event.data, HotspotDetected)
    assert event.data.count == spot.description.count == len(event.data.evidence)
    assert set(json.loads(row.payload)) <= set(HotspotDetected.model_fields)
    assert "citizen" not in row.payload
    assert "138" not in row.payload.replace(str(spot.description.lon), "")


async def test_a_hot_spot_that_grows_and_moves_is_told_of_under_its_id(county: County) -> None:
    await county.past()
    await county.burst(8)
    [first] = await county.look()
    await county.burst(6, east=1000)
    [second] = await county.look(hours=1)
    assert (second.id, second.version) == (first.id, 2)
    assert second.description.count > first.description.count
    assert second.description.lon > first.description.lon
    assert [row.sequence for row in await county.told()] == [1, 2]


async def _withdrawn(enter: Enter, histories: Sequence[History]) -> None:
    for history in histories:
        history.released(history.release_requested().id, Status.ASSIGNED)
        history.withdrawn()
    await enter(*histories)


async def test_one_that_was_merged_comes_back_under_its_id(county: County, enter: Enter) -> None:
    await county.past()
    await county.burst(12)
    await county.burst(8, east=1600)
    large, small = sorted(await county.look(), key=lambda spot: -spot.description.count)
    between = [history for east in (1075, 1250, 1425) for history in await county.burst(8, east=east)]
    grown, over = await county.look(hours=1)
    assert (grown.id, over.id, over.ending, over.merged_into) == (large.id, small.id, Ending.MERGED, large.id)
    await _withdrawn(enter, between)
    again = {spot.id: spot for spot in await county.look(hours=2)}
    assert again.keys() == {large.id, small.id}
    back = again[small.id]
    assert (back.state, back.version, back.merged_into) == (State.LIVE, 3, None)
    assert [row.type for row in await county.told() if row.aggregateid == str(small.id)] == [
        "hotspot.detected",
        "hotspot.ended",
        "hotspot.detected",
    ]


async def test_complaints_that_are_withdrawn_do_not_count(county: County, enter: Enter) -> None:
    await county.past()
    made = await county.burst(8)
    [spot] = await county.look()
    await _withdrawn(enter, made)
    [over] = await county.look(hours=1)
    assert (over.id, over.state) == (spot.id, "ended")
    [row] = await county.rows("SELECT sum(complaints) AS n FROM hotspot_day WHERE tenant = :tenant")
    assert row.n == 4 * 64


@pytest.mark.parametrize(
    "facts",
    [
        {"owner": "citizen-7"},
        {"proactive": True},
        {"category": None},
        {"location": {"address": "某路"}},
    ],
    ids=["of one person", "found by patrols", "without a category", "without a place"],
)
async def test_some_complaints_make_no_hot_spot(county: County, facts: dict[str, object]) -> None:
    await county.past()
    await county.burst(9, **facts)
    assert await county.look() == []


async def test_one_person_does_not_become_many_by_an_erasure(county: County, enter: Enter) -> None:
    await county.past()
    made = await county.burst(9, owner="citizen-7")
    for history in made:
        history.erased(texts=False)
    await enter(*made)
    assert await county.look() == []


async def test_a_partner_reports_for_many_people(county: County) -> None:
    await county.past()
    await county.burst(9, owner="partner-1", external_ref="12345-7")
    assert len(await county.look()) == 1


async def test_what_happened_long_ago_counts_when_it_happened(county: County) -> None:
    await county.past()
    await county.burst(30, occurred_at=county.now - timedelta(days=30))
    assert await county.look() == []


async def test_tenants_are_apart(county: County, engine: AsyncEngine, enter: Enter) -> None:
    other = County(engine, enter, f"{county.tenant}-b")
    await county.past()
    await other.past()
    await county.burst(4)
    await other.burst(4)
    assert list(await county.look()) == list(await other.look()) == []
    await other.burst(5)
    assert await county.look(hours=1) == []
    [spot] = await other.look(hours=1)
    async with engine.connect() as connection:
        assert await hotspots.find(connection, county.tenant, spot.id) is None
        assert await hotspots.find(connection, other.tenant, spot.id) == spot


async def test_two_replicas_tell_each_change_once(engine: AsyncEngine, enter: Enter, database_url: str) -> None:
    county = County(engine, enter, "t-replicas", now=now())
    await county.past()
    await county.burst(9)
    await county.read()
    other = create_engine(database_url, pool_size=3, application_name="another replica")
    for _ in range(4):
        await asyncio.gather(*(watch(each) for each in (engine, other)))
    [only] = await county.told()
    assert only.type == "hotspot.detected"
    at = [row.found_at for row in await county.rows("SELECT found_at FROM hotspot_cursor WHERE tenant = :tenant")]
    await asyncio.gather(*(watch(each) for each in (engine, other)))
    assert at == [
        row.found_at for row in await county.rows("SELECT found_at FROM hotspot_cursor WHERE tenant = :tenant")
    ]
    await other.dispose()


async def test_what_fails_is_as_if_it_had_not_been(county: County) -> None:
    await county.past()
    await county.burst(9)
    async with county.engine.begin() as connection:
        await connection.exec_driver_sql(
            f"ALTER TABLE outbox ADD CONSTRAINT no_outbox CHECK (tenant <> '{county.tenant}')"
        )
    with pytest.raises(Exception, match="no_outbox"):
        await county.look()
    assert await county.rows("SELECT id FROM hotspot WHERE tenant = :tenant") == []
    async with county.engine.begin() as connection:
        await connection.exec_driver_sql("ALTER TABLE outbox DROP CONSTRAINT no_outbox")
    [spot] = await county.look()
    assert [row.aggregateid for row in await county.told()] == [str(spot.id)]


async def test_entries_are_read_in_parts_and_once(county: County) -> None:
    await county.past()
    await county.read()
    entries = "SELECT count(*) AS n FROM hotspot_point WHERE tenant = :tenant"
    assert [row.n for row in await county.rows(entries)] == [4 * 64]
    async with county.engine.begin() as connection:
        await connection.exec_driver_sql("UPDATE hotspot_cursor SET position = 0 WHERE tenant = $1", (county.tenant,))
    assert not await catch_up(county.engine, county.tenant, batch=50, most=100)
    assert await catch_up(county.engine, county.tenant, batch=50)
    assert [row.n for row in await county.rows(entries)] == [4 * 64]
    [row] = await county.rows("SELECT sum(complaints) AS n FROM hotspot_day WHERE tenant = :tenant")
    assert row.n == 4 * 64


async def test_events_about_hot_spots_are_no_entries_that_are_missing(county: County) -> None:
    await county.past()
    await county.burst(9)
    await county.look()
    [row] = await county.told()
    window = Window(row.created_at - timedelta(minutes=5), row.created_at + timedelta(minutes=5))
    found = await differences(county.engine, county.tenant, window)
    assert [each.kind for each in found if each.kind == "unentered"] == []
