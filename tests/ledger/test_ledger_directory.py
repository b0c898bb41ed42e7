"""What dispatch tells of communities, grids, teams and duty is kept, the newest of each."""

from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from contracts.directory import (
    Area,
    CategoryChanged,
    CommunityChanged,
    DepartmentChanged,
    DirectoryEntry,
    DirectoryEvent,
    DutyChanged,
    DutyItemChanged,
    GridChanged,
    OfficerChanged,
    SourceChanged,
    TeamChanged,
    TeamMember,
    subject_of,
)
from contracts.envelope import Event, headers_of_event
from contracts.topics import DIRECTORY
from eventbus.parking import Message
from histories import BEGIN, TENANT
from ledger_service.domain.names import shipped_labels
from ledger_service.events.directory import SUBSCRIPTION
from ledger_service.persistence import directory
from runtime.ids import uuid7

COMMUNITY = CommunityChanged(code="fulai", name="福来社区", sub_district="金南街道")
TEAM = TeamChanged(
    code="team-01", name="一队", community="fulai", members=(TeamMember(subject="officer-0101", role="leader"),)
)
GRID = GridChanged(
    code="grid-01", version=3, name="一网格", community="fulai", team="team-01",
    area=Area(coordinates=((((107.2, 26.5), (107.3, 26.5), (107.3, 26.6), (107.2, 26.5)),),)),
)  # fmt: skip
WATER = DepartmentChanged(code="water", name="水务局", contact_system="SW")
DUTY = DutyChanged(code="team-01", planned=3, on_duty=2, at=BEGIN)


def told(data: DirectoryEntry, sequence: int = 1, *, tenant: str = TENANT) -> Message:
    kinds: dict[type[DirectoryEntry], Any] = {
        CommunityChanged: "community", GridChanged: "grid", TeamChanged: "team", DutyChanged: "duty",
        OfficerChanged: "officer", CategoryChanged: "category", SourceChanged: "source", DutyItemChanged: "duty_item",
        DepartmentChanged: "department",
    }  # fmt: skip
    kind, event_id = kinds[type(data)], uuid7()
    event_type, subject = DirectoryEvent(f"directory.{kind}_changed"), subject_of(tenant, kind, data.code)
    event: Event[DirectoryEvent] = Event(
        event_id, event_type, "dispatch", subject, tenant, BEGIN, sequence, event_id, None, None, data
    )
    value = data.model_dump_json(exclude_none=True).encode()
    return Message(DIRECTORY.name, 0, sequence, str(subject).encode(), headers_of_event(event), value)


async def kept(engine: AsyncEngine, table: str, tenant: str = TENANT) -> list[tuple[Any, ...]]:
    columns = {"directory": "kind, code, name, removed, community, team", "team_duty": "team, planned, on_duty, until"}
    statement = sa.text(f"SELECT {columns[table]} FROM {table} WHERE tenant = :tenant ORDER BY 1, 2")
    async with engine.connect() as connection:
        return [tuple(row) for row in await connection.execute(statement, {"tenant": tenant})]


async def test_names_and_duty_are_kept_and_officers_are_not(engine: AsyncEngine) -> None:
    officer = OfficerChanged(code="officer-0101", skills=("electric",))
    assert DirectoryEvent.OFFICER_CHANGED not in SUBSCRIPTION.types
    await SUBSCRIPTION.apply(engine, [told(each) for each in (COMMUNITY, TEAM, GRID, WATER, DUTY, officer)])

    assert await kept(engine, "directory") == [
        ("community", "fulai", "福来社区", False, None, None),
        ("department", "water", "水务局", False, None, None),
        ("grid", "grid-01", "一网格", False, "fulai", "team-01"),
        ("team", "team-01", "一队", False, "fulai", None),
    ]
    assert await kept(engine, "team_duty") == [("team-01", 3, 2, None)]


@pytest.mark.parametrize("slices", [[[1, 2, 3]], [[3, 2, 1]], [[1], [3], [2]], [[2, 3], [1, 3]], [[3]]])
async def test_the_newest_counts_however_it_comes(engine: AsyncEngine, slices: list[list[int]]) -> None:
    tenant = f"t{uuid7().hex[-8:]}"
    said = {
        number: told(
            COMMUNITY.model_copy(update={"name": f"第{number}名", "removed": number == 3}), number, tenant=tenant
        )
        for number in (1, 2, 3)
    }
    counts = {number: told(DUTY.model_copy(update={"on_duty": number}), number, tenant=tenant) for number in (1, 2, 3)}
    for part in slices:
        await SUBSCRIPTION.apply(engine, [each[number] for number in part for each in (said, counts)])

    assert await kept(engine, "directory", tenant) == [("community", "fulai", "第3名", True, None, None)]
    assert await kept(engine, "team_duty", tenant) == [("team-01", 3, 3, None)]
    async with engine.connect() as connection:
        assert await directory.names(connection, tenant) == {("community", "fulai"): ("第3名", True)}


async def test_names_of_categories_and_sources_are_those_that_intake_tells(engine: AsyncEngine) -> None:
    tenant = f"t{uuid7().hex[-8:]}"
    parking = CategoryChanged(code="street_order.parking", version=2, zh="违停", en="Bad parking")
    snow = CategoryChanged(code="snow", version=2, zh="积雪", en="Snow", removed=True)
    drone = SourceChanged(code="drone", version=2, zh="无人机", en="Drone", proactive=True)
    litter = DutyItemChanged(code="litter", version=2, zh="环境卫生", en="Litter", list="management")
    await SUBSCRIPTION.apply(engine, [told(each, tenant=tenant) for each in (parking, snow, drone, litter)])

    async with engine.connect() as connection:
        labels = await directory.labels(connection, tenant)
        others = await directory.labels(connection, "somebody-else")
        assert await directory.names(connection, tenant) == {}, "these are for places and teams"
    assert labels.categories["street_order.parking"] == ("违停", "Bad parking")
    assert labels.categories["snow"] == ("积雪", "Snow"), "old complaints are still of it"
    assert labels.categories["safety"] == ("安全隐患", "Safety hazards"), "what nobody told of is as shipped"
    assert labels.sources["drone"] == ("无人机", "Drone")
    assert others == shipped_labels()
