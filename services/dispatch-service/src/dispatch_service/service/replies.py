"""Reply templates 常用语 of a tenant, and those that fit a case."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from dispatch_service.domain.replies import Reply, Writing, fill, fitting, possible
from dispatch_service.domain.shipped import shipped_names, shipped_setting
from dispatch_service.persistence import category_names, clock_settings
from dispatch_service.persistence.written_cases import WrittenCase

_UNCLASSIFIED = {"zh": "未分类", "en": "unclassified"}


@cache
def default() -> Sequence[Mapping[str, Any]]:
    """Return the templates that are shipped, as JSON has them."""
    return [{"category": None, **row} for row in shipped_setting("replies")]


async def for_case(connection: AsyncConnection, case: WrittenCase, action: Writing | None) -> Sequence[Reply]:
    """Return the templates for a case, filled in: of `action`, or of all that can be done now."""
    setting = await clock_settings.read(connection, case.tenant, clock_settings.REPLIES)
    rows = default() if setting.content is None else setting.content
    replies = [Reply(**{**row, "action": Writing(row["action"])}) for row in rows]
    can_be_done = possible(case.status, is_order_open=case.is_order_open) if action is None else {action}
    found = fitting(replies, case.category, can_be_done)
    name = await _name_of(connection, case.tenant, case.category)
    zh, en = ({"number": case.number, "category": name[key], "team": case.team} for key in ("zh", "en"))
    return [replace(reply, zh=fill(reply.zh, zh), en=fill(reply.en, en)) for reply in found]


async def _name_of(connection: AsyncConnection, tenant: str, category: str | None) -> Mapping[str, str]:
    if category is None:
        return _UNCLASSIFIED
    told = await category_names.told(connection, tenant, category)
    return told or shipped_names("categories").get(category) or {"zh": category, "en": category}
