"""Tells the other services of the configuration on `directory.v1`: each item that has changed, as it is now."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.directory import (
    CategoryChanged,
    ConfiguredEntry,
    DirectoryEvent,
    DirectoryKind,
    DutyItemChanged,
    SourceChanged,
    subject_of,
)
from contracts.envelope import Event
from contracts.topics import DIRECTORY
from eventbus import outbox
from intake_service.domain.configuration.duty_limits import limits_of_items
from intake_service.domain.configuration.items import Category, Configuration, DutyItem, Source
from operations import directory
from runtime.ids import uuid7

SERVICE = "intake"
_AT_ONCE = 500
Key = tuple[DirectoryKind, str]


@dataclass(frozen=True)
class Occasion:
    """Who changes what a tenant has configured, when, and in which trace."""

    tenant: str
    actor: str
    now: datetime
    traceparent: str | None = None


async def tell(
    connection: AsyncConnection,
    occasion: Occasion,
    version: int,
    configuration: Configuration,
    *,
    before: Configuration | None,
) -> int:
    """Publish what differs from `before`, all where that is None, and return how many items that are.

    The caller holds the lock of the tenant's versions.
    """
    entries = entries_of(configuration, version)
    known = {} if before is None else entries_of(before, version)
    changed = {key: entry for key, entry in entries.items() if known.get(key) != entry}
    removed = {key: entry.model_copy(update={"removed": True}) for key, entry in known.items() if key not in entries}
    await _publish(connection, occasion, changed, removed=False)
    await _publish(connection, occasion, removed, removed=True)
    return len(changed) + len(removed)


async def _publish(
    connection: AsyncConnection, occasion: Occasion, entries: Mapping[Key, ConfiguredEntry], *, removed: bool
) -> None:
    keys = list(entries)
    for start in range(0, len(keys), _AT_ONCE):
        part = keys[start : start + _AT_ONCE]
        sequences = await directory.count(connection, occasion.tenant, part, removed=removed)
        events = [_event(occasion, key[0], entries[key], sequences[key]) for key in part]
        await outbox.append(connection, DIRECTORY.name, events)


def _event(occasion: Occasion, kind: DirectoryKind, entry: ConfiguredEntry, sequence: int) -> Event[DirectoryEvent]:
    event_id = uuid7()
    return Event(
        id=event_id,
        type=DirectoryEvent(f"directory.{kind}_changed"),
        source=SERVICE,
        subject=subject_of(occasion.tenant, kind, entry.code),
        tenant=occasion.tenant,
        time=occasion.now,
        sequence=sequence,
        correlation_id=event_id,
        causation_id=None,
        traceparent=occasion.traceparent,
        data=entry,
    )


def entries_of(configuration: Configuration, version: int) -> dict[Key, ConfiguredEntry]:
    """Return what is told of each item; a category has the limit that a duty item brings to it."""
    entries: dict[Key, ConfiguredEntry] = {}
    brought = limits_of_items(configuration)
    for category in configuration.categories:
        limits = {name: getattr(category.limits, name) for name in ("accept", "on_site", "resolve")}
        limits["resolve"] = limits["resolve"] or brought.get(category.code)
        entries["category", category.code] = CategoryChanged.model_validate(_facts(category, version) | _plain(limits))
    for item in configuration.duty_items:
        entries["duty_item", item.code] = DutyItemChanged.model_validate(_facts(item, version))
    for source in configuration.sources:
        entries["source", source.code] = SourceChanged.model_validate(_facts(source, version))
    return entries


def _facts(item: Category | DutyItem | Source, version: int) -> dict[str, Any]:
    """Return what payloads take from an item; they leave the rest."""
    return {**item.model_dump(), "version": version}


def _plain(limits: Mapping[str, Any]) -> dict[str, Any]:
    return {name: None if limit is None else limit.model_dump() for name, limit in limits.items()}
