"""Reading and replacing the documents that a tenant sets: limits, office hours, calendars, field work."""

from typing import Any

from fastapi import Response

from dispatch_service.api.deps import Engine, ReadEngine
from dispatch_service.persistence import clock_settings
from dispatch_service.persistence.documents import Document
from runtime.auth import Caller
from runtime.clock import now
from runtime.etag import check, etag


async def read(engine: ReadEngine, caller: Caller, name: str) -> Document:
    """Return one of the documents of the caller's tenant."""
    async with engine.connect() as connection:
        return await clock_settings.read(connection, caller.tenant, name)


async def replace(engine: Engine, caller: Caller, if_match: int | None, name: str, content: Any) -> Document:
    """Put `content` in the place of a document; `Problem` 412 where the caller has seen another version."""
    async with engine.begin() as connection:
        return await clock_settings.replace(
            connection,
            caller.tenant,
            name,
            content,
            check_version=lambda version: check(if_match, version),
            actor=caller.subject,
            now=now(),
        )


def facts(response: Response, setting: Document) -> dict[str, Any]:
    """Set the `ETag` of a document and return what a `SettingView` shows of it: who has changed it when, if anybody."""
    response.headers["ETag"] = etag(setting.version)
    return {"shipped": setting.content is None, "changed_at": setting.changed_at, "changed_by": setting.changed_by}
