"""What the routes of exports do, whatever is in the files: ask, list, show, fetch, cancel."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, Self
from uuid import UUID

from fastapi import Request, Response
from pydantic import BaseModel, Field
from sqlalchemy.ext.asyncio import AsyncConnection

from operations.exporting import jobs
from operations.exporting.files import ExportDownload, ExportFiles
from operations.exporting.jobs import OPEN, STATE_NAMES_ZH, Export, ExportState
from operations.pages import Pages
from runtime.auth import Caller
from runtime.clock import now
from runtime.idempotency import StoredAnswer
from runtime.ids import uuid7
from runtime.problems import Problem, register_texts

MOST_OPEN = 5
"""So many exports of one caller wait or are worked at."""
register_texts(
    {
        "too-many-exports": (
            "待导出的文件过多",
            "Too many exports",
            "您最多可有 {most} 个未完成的导出，请等其完成或取消。",
            "You may have {most} exports that are not made yet: wait for one, or cancel it.",
        ),
        "export-not-found": (
            "未找到导出",
            "Export not found",
            "没有这个导出，或您无权查看。",
            "There is no such export, or it is not yours to see.",
        ),
        "export-not-ready": (
            "导出尚未完成",
            "The export is not ready",
            "导出状态为“{present_zh}”，没有可下载的文件。",
            "The export is {present}: there is no file to fetch.",
        ),
        "export-gone": (
            "导出文件已清除",
            "The file is gone",
            "导出文件已过保存期，请重新申请。",
            "The file of the export has had its time: ask for it again.",
        ),
    }
)


class ExportStanding(BaseModel):
    """An export as it stands, whatever is in it."""

    id: UUID
    state: ExportState
    asked_by: str
    asked_at: datetime
    lines_done: int
    lines_about: Annotated[
        int | None, Field(description="How many there are, of very many how many are expected; null before.")
    ]
    bytes: int | None
    failure: Annotated[str | None, Field(description="The code of what went wrong.")]
    finished_at: datetime | None
    expires_at: Annotated[datetime | None, Field(description="When the file goes.")]
    file: Annotated[str | None, Field(description="Where the file is, once it is made.")]

    @classmethod
    def standing(cls, export: Export, path: str, **own: Any) -> Self:
        """Return an export as it is shown below `path`, with what a service says of it besides."""
        facts = {name: getattr(export, name) for name in ExportStanding.model_fields if name != "file"}
        file = f"{path}/{export.id}/file" if export.state is ExportState.DONE else None
        return cls(**facts, file=file, **own)


async def ask(connection: AsyncConnection, caller: Caller, request: Mapping[str, Any]) -> Export:
    """Have an export made; `Problem` 429 where too many of the caller's are not made yet."""
    if await jobs.count_open(connection, caller.tenant, caller.subject) >= MOST_OPEN:
        raise Problem(429, "too-many-exports", headers={"Retry-After": "10"}, most=MOST_OPEN)
    asked = Export(
        tenant=caller.tenant,
        id=uuid7(),
        state=ExportState.WAITING,
        request=request,
        asked_by=caller.subject,
        asked_at=now(),
    )
    await jobs.add(connection, asked)
    return asked


def asked_for(view: ExportStanding, path: str) -> StoredAnswer:
    """Return the answer to whoever asked, with the way to look at it."""
    return StoredAnswer(202, view.model_dump_json(), {"Location": f"{path}/{view.id}"})


async def listed(
    request: Request, response: Response, caller: Caller, *, all_of_them: bool, cursor: str | None, limit: int
) -> Sequence[Export]:
    """Return a page of exports, the newest first: the caller's, or everybody's."""
    asker = None if all_of_them else caller.subject
    pages = Pages(request, caller, "exports", {"asked_by": asker})
    before = pages.after_id(cursor)
    async with request.app.state.read_engine.connect() as connection:
        found = await jobs.page(connection, caller.tenant, asked_by=asker, before=before, size=limit + 1)
    return pages.cut(response, found, limit, lambda each: each.id)


async def find(
    connection: AsyncConnection, caller: Caller, export_id: UUID, *, all_of_them: bool, lock: bool = False
) -> Export:
    """Return an export of the caller's, or anybody's; `Problem` 404."""
    found = await jobs.find(connection, caller.tenant, export_id, lock=lock)
    if found is None or (found.asked_by != caller.subject and not all_of_them):
        raise Problem(404, "export-not-found")
    return found


def check_there(found: Export) -> None:
    """Raise `Problem` 409 where an export has no file yet, 410 where its file had its time."""
    if found.state not in (ExportState.DONE, ExportState.EXPIRED):
        name = STATE_NAMES_ZH[found.state]
        raise Problem(409, "export-not-ready", extra={"present": found.state}, present=found.state, present_zh=name)
    if found.state is ExportState.EXPIRED or (found.expires_at is not None and found.expires_at <= now()):
        raise Problem(410, "export-gone")


async def download(files: ExportFiles, found: Export, media_type: str, headers: Mapping[str, str]) -> ExportDownload:
    """Return the answer that sends the file of an export; `Problem` 410 where somebody has taken it away.

    While the export is locked nobody does that for its time being over.
    """
    try:
        file = await asyncio.to_thread(files.path(found.id).open, "rb")
    except FileNotFoundError as error:
        raise Problem(410, "export-gone") from error
    return ExportDownload(file, media_type, headers)


async def cancel(request: Request, caller: Caller, export_id: UUID, files: ExportFiles, *, all_of_them: bool) -> None:
    """Cancel an export; of one that is made, remove the file. One that is over already stays as it is."""
    async with request.app.state.engine.begin() as connection:
        found = await find(connection, caller, export_id, all_of_them=all_of_them, lock=True)
        if found.state in (*OPEN, ExportState.DONE):
            await jobs.change(connection, found, state=ExportState.CANCELLED, finished_at=now())
    await files.remove(export_id)
