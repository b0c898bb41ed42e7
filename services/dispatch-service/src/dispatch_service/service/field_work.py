"""What field work goes by in a tenant: which photos a result needs, and from where a start is far."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from dispatch_service.domain.photos import PhotoRole, PhotoRule, PhotoRules
from dispatch_service.domain.shipped import shipped_setting
from dispatch_service.persistence import clock_settings


@dataclass(frozen=True, slots=True)
class FieldWork:
    """The settings of one tenant."""

    photos: PhotoRules
    far_start_metres: int
    """A start further from the complaint is marked."""
    start_needs_position: bool
    """A start without a position is refused."""


async def of_tenant(connection: AsyncConnection, tenant: str) -> FieldWork:
    """Return what a tenant has set, or what is shipped."""
    setting = await clock_settings.read(connection, tenant, clock_settings.FIELD_WORK)
    return read(default() if setting.content is None else setting.content)


@cache
def default() -> Mapping[str, Any]:
    """Return what is shipped, as JSON has it."""
    content = shipped_setting("field_work")
    rules = [{"category": None, "handling_mode": None, **rule} for rule in content["photos"]]
    return {**content, "photos": rules}


def read(content: Mapping[str, Any]) -> FieldWork:
    """Read the settings of a tenant; raises PhotoRuleTwice. Older ones do not say whether a start needs a position."""
    rules = PhotoRules(
        PhotoRule(rule["category"], rule["handling_mode"], tuple(map(PhotoRole, rule["roles"])))
        for rule in content["photos"]
    )
    return FieldWork(rules, content["far_start_metres"], content.get("start_needs_position", False))
