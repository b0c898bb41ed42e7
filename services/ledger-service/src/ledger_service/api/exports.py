"""Exports that are made in the background: asked for, looked at, fetched, cancelled."""

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from fastapi import APIRouter, Request, Response
from fastapi.responses import FileResponse
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.roles import Role
from ledger_service.api.deps import TOLD, Engine, ReadEngine
from ledger_service.api.ledger_lines import FILES
from ledger_service.api.ledger_orders import Exporter, Narrowing, order_of, seen_by
from ledger_service.api.ledger_problems import EXPORTS_PATH, export_not_found
from ledger_service.api.ledger_schemas import FiltersBody
from ledger_service.api.parameters import Day
from ledger_service.domain.exports import OPEN, ExportState, Form
from ledger_service.domain.ledger_definitions import NAME_PATTERN
from ledger_service.domain.ledger_orders import Order
from ledger_service.persistence import exports, ledger_definitions
from ledger_service.persistence.export_files import ExportFiles
from ledger_service.persistence.exports import Export
from ledger_service.service.export_entries import note_export
from ledger_service.service.ledger_forms import MEDIA
from operations.downloads import file_headers
from operations.once import Once
from operations.pages import Page, Pages
from operations.preferences import InLanguage
from runtime.auth import Caller
from runtime.clock import now
from runtime.idempotency import StoredAnswer
from runtime.ids import uuid7
from runtime.paging import DEFAULT_LIMIT, CursorText, Limit
from runtime.problems import PROBLEM_RESPONSES, Problem

router = APIRouter(tags=["ledgers"], responses=PROBLEM_RESPONSES)
MOST_OPEN = 5
"""So many exports of one caller wait or are worked at."""


class ExportBody(BaseModel):
    """Which ledger, which part of it, and in which form."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    ledger: Annotated[str, Field(pattern=NAME_PATTERN, examples=["by-community"])]
    format: Form
    first: Annotated[Day | None, Field(alias="from", description="The first day.")] = None
    last: Annotated[Day | None, Field(alias="to", description="The last day, included.")] = None
    filters: FiltersBody = FiltersBody()


class ExportView(BaseModel):
    """An export as it stands."""

    id: UUID
    state: ExportState
    ledger: str
    format: Form
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
    def of(cls, export: Export) -> Self:
        """Return an export as it is shown."""
        facts = {name: getattr(export, name) for name in cls.model_fields if hasattr(export, name)}
        order = Order.of(export.request)
        file = f"{EXPORTS_PATH}/{export.id}/file" if export.state is ExportState.DONE else None
        return cls(**facts, ledger=order.name, format=order.form, file=file)


@router.post("/exports", status_code=202, response_model=ExportView)
async def ask_for_export(body: ExportBody, caller: Exporter, once: Once, language: InLanguage) -> Response:
    """Have a ledger made into a file in the background, however many lines it has; `Location` says how far it is.

    What people wrote in their own words is in it where the caller may see that now. 429 `too-many-exports` where five
    of the caller's are not made yet.
    """
    narrowed = Narrowing(body.first, body.last, body.filters.filters(), place="/filters/", place_of_last="/to")

    async def work(connection: AsyncConnection) -> StoredAnswer:
        if await exports.count_open(connection, caller.tenant, caller.subject) >= MOST_OPEN:
            raise Problem(429, "too-many-exports", headers={"Retry-After": "10"}, most=MOST_OPEN)
        kept = await ledger_definitions.find(connection, caller.tenant, body.ledger)
        order = order_of(kept, caller, narrowed, body.format, language)
        asked = Export(
            tenant=caller.tenant,
            id=uuid7(),
            state=ExportState.WAITING,
            request=order.content(),
            asked_by=caller.subject,
            asked_at=now(),
        )
        await exports.add(connection, asked)
        headers = {"Location": f"{EXPORTS_PATH}/{asked.id}"}
        return StoredAnswer(202, ExportView.of(asked).model_dump_json(), headers)

    return await once.run(caller, work)


@router.get("/exports")
async def list_exports(
    request: Request,
    response: Response,
    caller: Exporter,
    engine: ReadEngine,
    cursor: CursorText = None,
    limit: Limit = DEFAULT_LIMIT,
) -> Page[ExportView]:
    """List the caller's exports, the newest first; administrators see everybody's."""
    asker = None if caller.has(Role.ADMIN) else caller.subject
    pages = Pages(request, caller, "exports", {"asked_by": asker})
    last = pages.after(cursor)
    before = None if last is None else UUID(str(last[0]))
    async with engine.connect() as connection:
        found = await exports.page(connection, caller.tenant, asked_by=asker, before=before, size=limit + 1)
    if len(found) > limit:
        pages.link_next(response, str(found[limit - 1].id))
    return Page(items=[ExportView.of(each) for each in found[:limit]])


@router.get("/exports/{export_id}")
async def show_export(export_id: UUID, caller: Exporter, engine: ReadEngine) -> ExportView:
    """Show how far an export is: `lines_done` of `lines_about`, and where its file is once it is made."""
    async with engine.connect() as connection:
        return ExportView.of(await _theirs(connection, caller, export_id))


@router.get("/exports/{export_id}/file", response_class=FileResponse, responses=FILES)
async def fetch_export(export_id: UUID, request: Request, caller: Exporter, engine: Engine) -> Response:
    """Fetch the file: whoever asked for it, and administrators. Each time is an entry of the ledger.

    403 where it has columns that the caller may not see any more, 409 `export-not-ready` with the present state where
    there is none, 410 `export-gone` where it had its time.
    """
    files: ExportFiles = request.app.state.export_files
    async with engine.begin() as connection:
        found = await _theirs(connection, caller, export_id, lock=True)
        if found.state is ExportState.EXPIRED:
            raise Problem(410, "export-gone")
        if found.state is not ExportState.DONE:
            raise Problem(409, "export-not-ready", extra={"present": found.state}, present=found.state)
        path = files.path(found.id)
        if not path.is_file():
            raise Problem(410, "export-gone")
        order, fetches = Order.of(found.request), found.fetches + 1
        if not set(order.columns) <= set(seen_by(caller, order.definition)):
            raise Problem(403, "access-denied", roles=", ".join(TOLD))
        await exports.change(connection, found, fetches=fetches)
        told = order.told(found.lines_done)
        await note_export(connection, caller.tenant, caller.subject, told, at=now(), subject=found.id, sequence=fetches)
    headers = file_headers(f"{order.name}.{order.form}", order.language)
    return FileResponse(path, media_type=MEDIA[order.form], headers=headers)


@router.delete("/exports/{export_id}", status_code=204)
async def cancel_export(export_id: UUID, request: Request, caller: Exporter, engine: Engine) -> None:
    """Cancel an export; of one that is made, remove the file. One that is over already stays as it is."""
    files: ExportFiles = request.app.state.export_files
    async with engine.begin() as connection:
        found = await _theirs(connection, caller, export_id, lock=True)
        if found.state in (*OPEN, ExportState.DONE):
            await exports.change(connection, found, state=ExportState.CANCELLED, finished_at=now())
    files.remove(export_id)


async def _theirs(connection: AsyncConnection, caller: Caller, export_id: UUID, *, lock: bool = False) -> Export:
    found = await exports.find(connection, caller.tenant, export_id, lock=lock)
    if found is None or (found.asked_by != caller.subject and not caller.has(Role.ADMIN)):
        raise export_not_found()
    return found
