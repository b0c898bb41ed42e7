"""Keeps names as dispatch and intake tell them, and how many of a team are on duty."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.directory import (
    CategoryChanged,
    CommunityChanged,
    ConfiguredEntry,
    DepartmentChanged,
    DirectoryEvent,
    DutyChanged,
    GridChanged,
    TeamChanged,
)
from contracts.envelope import Event, newest_of_each
from contracts.topics import DIRECTORY, consumer_of
from eventbus.slices import Subscription
from ledger_service.persistence import closing_rules, directory
from ledger_service.persistence.directory import Duty, Kind, Thing
from runtime.clock import now

_KINDS: dict[StrEnum, Kind] = {
    DirectoryEvent.COMMUNITY_CHANGED: "community",
    DirectoryEvent.GRID_CHANGED: "grid",
    DirectoryEvent.TEAM_CHANGED: "team",
    DirectoryEvent.DEPARTMENT_CHANGED: "department",
    DirectoryEvent.CATEGORY_CHANGED: "category",
    DirectoryEvent.DUTY_ITEM_CHANGED: "duty_item",
    DirectoryEvent.SOURCE_CHANGED: "source",
}


async def keep_directory(connection: AsyncConnection, events: Sequence[Event[Any]]) -> Sequence[Event[Any]]:
    """Keep the newest that `events` say of each thing, in two statements.

    Where categories say other gates than before, the tenant's closing rules have another version.
    """
    things, duties = list[Thing](), list[Duty]()
    for event in newest_of_each(events):
        match event.data:
            case DutyChanged() as said:
                duties.append(_duty(event, said))
            case CommunityChanged() | GridChanged() | TeamChanged() | DepartmentChanged() as said:
                things.append(_thing(event, said))
            case ConfiguredEntry() as said:
                things.append(_item(event, said))
    await directory.keep_things(connection, things)
    await directory.keep_duties(connection, duties)
    for tenant in sorted({thing.tenant for thing in things if thing.kind == "category"}):
        await closing_rules.follow_categories(connection, tenant, now())
    return []


SUBSCRIPTION = Subscription(
    consumer=consumer_of("ledger", DIRECTORY),
    topic=DIRECTORY.name,
    types=frozenset({*_KINDS, DirectoryEvent.DUTY_CHANGED}),
    handler=keep_directory,
)


def _thing(event: Event[Any], said: CommunityChanged | GridChanged | TeamChanged | DepartmentChanged) -> Thing:
    return Thing(
        tenant=event.tenant,
        kind=_KINDS[event.type],
        code=said.code,
        sequence=event.sequence,
        removed=said.removed,
        name=said.name,
        community=said.community if isinstance(said, GridChanged | TeamChanged) else None,
        team=said.team if isinstance(said, GridChanged) else None,
    )


def _item(event: Event[Any], said: ConfiguredEntry) -> Thing:
    return Thing(
        tenant=event.tenant,
        kind=_KINDS[event.type],
        code=said.code,
        sequence=event.sequence,
        removed=said.removed,
        name=said.zh,
        name_en=said.en,
        gates=_array(said.gates) if isinstance(said, CategoryChanged) else None,
    )


def _array(gates: Sequence[str] | None) -> str | None:
    return None if gates is None else f"{{{','.join(gates)}}}"


def _duty(event: Event[Any], said: DutyChanged) -> Duty:
    return Duty(event.tenant, said.code, event.sequence, said.planned, said.on_duty, said.at, said.until)
