"""Exports that are made in the background: asked for, looked at, fetched, cancelled."""

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
from ledger_service.api.ledger_problems import EXPORTS_PATH
from ledger_service.api.ledger_schemas import FiltersBody
from ledger_service.api.parameters import Day
from ledger_service.domain.ledger_definitions import NAME_PATTERN
from ledger_service.domain.ledger_orders import Form, Order
from ledger_service.persistence import ledger_definitions
from ledger_service.service.export_entries import note_export
from ledger_service.service.ledger_forms import MEDIA
from operations.downloads import file_headers
from operations.exporting import desk, jobs
from operations.exporting.desk import ExportStanding
from operations.exporting.files import ExportFiles
from operations.exporting.jobs import Export
from operations.once import Once
from operations.pages import Page
from operations.preferences import InLanguage
from runtime.clock import now
from runtime.idempotency import StoredAnswer
from runtime.paging import DEFAULT_LIMIT, CursorText, Limit
from runtime.problems import PROBLEM_RESPONSES, Problem

router = APIRouter(tags=["ledgers"], responses=PROBLEM_RESPONSES)


class ExportBody(BaseModel):
    """Which ledger, which part of it, and in which form."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    ledger: Annotated[str, Field(pattern=NAME_PATTERN, examples=["by-community"])]
    format: Form
    first: Annotated[Day | None, Field(alias="from", description="The first day.")] = None
    last: Annotated[Day | None, Field(alias="to", description="The last day, included.")] = None
    filters: FiltersBody = FiltersBody()


class ExportView(ExportStanding):
    """An export as it stands."""

    ledger: str
    format: Form

    @classmethod
    def of(cls, export: Export) -> Self:
        """Return an export as it is shown."""
        order = Order.of(export.request)
        return cls.standing(export, EXPORTS_PATH, ledger=order.name, format=order.form)


@router.post("/exports", status_code=202, response_model=ExportView)
async def ask_for_export(body: ExportBody, caller: Exporter, once: Once, language: InLanguage) -> Response:
    """Have a ledger made into a file in the background, however many lines it has; `Location` says how far it is.

    What people wrote in their own words is in it where the caller may see that now. 429 `too-many-exports` where five
    of the caller's are not made yet.
    """
    narrowed = Narrowing(body.first, body.last, body.filters.filters(), place="/filters/", place_of_last="/to")

    async def work(connection: AsyncConnection) -> StoredAnswer:
        kept = await ledger_definitions.find(connection, caller.tenant, body.ledger)
        order = order_of(kept, caller, narrowed, body.format, language)
        asked = await desk.ask(connection, caller, order.content())
        return desk.asked_for(ExportView.of(asked), EXPORTS_PATH)

    return await once.run(caller, work)


@router.get("/exports")
async def list_exports(
    request: Request, response: Response, caller: Exporter, cursor: CursorText = None, limit: Limit = DEFAULT_LIMIT
) -> Page[ExportView]:
    """List the caller's exports, the newest first; administrators see everybody's."""
    all_of_them = caller.has(Role.ADMIN)
    found = await desk.listed(request, response, caller, all_of_them=all_of_them, cursor=cursor, limit=limit)
    return Page(items=[ExportView.of(each) for each in found])


@router.get("/exports/{export_id}")
async def show_export(export_id: UUID, caller: Exporter, engine: ReadEngine) -> ExportView:
    """Show how far an export is: `lines_done` of `lines_about`, and where its file is once it is made."""
    async with engine.connect() as connection:
        return ExportView.of(await desk.find(connection, caller, export_id, all_of_them=caller.has(Role.ADMIN)))


@router.get("/exports/{export_id}/file", response_class=FileResponse, responses=FILES)
async def fetch_export(export_id: UUID, request: Request, caller: Exporter, engine: Engine) -> Response:
    """Fetch the file: whoever asked for it, and administrators. Each time is an entry of the ledger.

    403 where it has columns that the caller may not see any more, 409 `export-not-ready` with the present state where
    there is none, 410 `export-gone` where it had its time, or something that may be in it was erased since.
    """
    async with engine.begin() as connection:
        found = await desk.find(connection, caller, export_id, all_of_them=caller.has(Role.ADMIN), lock=True)
        desk.check_there(found)
        order, fetches = Order.of(found.request), found.fetches + 1
        if not set(order.columns) <= set(seen_by(caller, order.definition)):
            raise Problem(403, "access-denied", roles=", ".join(TOLD))
        await jobs.change(connection, found, fetches=fetches)
        told = order.told(found.lines_done)
        await note_export(connection, caller.tenant, caller.subject, told, at=now(), subject=found.id, sequence=fetches)
        headers = file_headers(f"{order.name}.{order.form}", order.language)
        return await desk.download(request.app.state.export_files, found, MEDIA[order.form], headers)


@router.delete("/exports/{export_id}", status_code=204)
async def cancel_export(export_id: UUID, request: Request, caller: Exporter) -> None:
    """Cancel an export; of one that is made, remove the file. One that is over already stays as it is."""
    files: ExportFiles = request.app.state.export_files
    await desk.cancel(request, caller, export_id, files, all_of_them=caller.has(Role.ADMIN))
