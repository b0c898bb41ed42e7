"""Files of complaints that are made in the background: asked for, looked at, fetched, cancelled."""

from typing import Annotated, Any, Self
from uuid import UUID

from fastapi import APIRouter, Request, Response
from fastapi.responses import FileResponse
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.roles import Role
from intake_service.api.deps import Engine, ReadEngine
from intake_service.api.exports import EXPORTS_PATH, FILES, Exporter, check_right, noted_of
from intake_service.api.listing import with_saved
from intake_service.api.saved_filters import FilterContent
from intake_service.persistence import disclosures
from intake_service.service.export_forms import MEDIA, Form
from intake_service.service.export_making import ExportOrder
from operations.downloads import file_headers
from operations.exporting import desk, jobs
from operations.exporting.desk import ExportStanding
from operations.exporting.files import ExportFiles
from operations.exporting.jobs import Export
from operations.once import Once
from operations.pages import Page
from operations.preferences import InLanguage
from runtime.idempotency import StoredAnswer
from runtime.paging import DEFAULT_LIMIT, CursorText, Limit
from runtime.problems import PROBLEM_RESPONSES

router = APIRouter(tags=["complaints"], responses=PROBLEM_RESPONSES)


class ComplaintExportBody(BaseModel):
    """Which complaints, and in which form."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    format: Form
    filters: FilterContent = FilterContent()
    filter: Annotated[UUID | None, Field(description="A saved filter; `filters` count instead of what it says.")] = None
    reporters: Annotated[
        bool, Field(description="With name, phone and email, for those who may contact reporters.")
    ] = False


class ComplaintExportView(ExportStanding):
    """An export as it stands."""

    format: Form
    filters: dict[str, Any]
    reporters: bool

    @classmethod
    def of(cls, export: Export) -> Self:
        """Return an export as it is shown."""
        order = ExportOrder.of(export.request)
        own = {"format": order.form, "filters": dict(order.filters), "reporters": order.reporters}
        return cls.standing(export, EXPORTS_PATH, **own)


@router.post("/exports", status_code=202, response_model=ComplaintExportView)
async def ask_for_export(
    body: ComplaintExportBody, request: Request, caller: Exporter, once: Once, language: InLanguage
) -> Response:
    """Have complaints made into a file in the background, however many match; `Location` says how far it is.

    429 `too-many-exports` where five of the caller's are not made yet.
    """
    check_right(caller, reporters=body.reporters)
    fields = await with_saved(request, caller, body.filter, body.filters, ("body", "filters"))
    order = ExportOrder(
        form=body.format,
        filters=fields.given(),
        reporters=body.reporters,
        confidential=body.reporters and caller.has(Role.SUPERVISOR),
        language=language,
        roles=sorted(caller.roles),
    )

    async def work(connection: AsyncConnection) -> StoredAnswer:
        asked = await desk.ask(connection, caller, order.content())
        return desk.asked_for(ComplaintExportView.of(asked), EXPORTS_PATH)

    return await once.run(caller, work)


@router.get("/exports")
async def list_exports(
    request: Request, response: Response, caller: Exporter, cursor: CursorText = None, limit: Limit = DEFAULT_LIMIT
) -> Page[ComplaintExportView]:
    """List the caller's exports, the newest first; administrators see everybody's."""
    all_of_them = caller.has(Role.ADMIN)
    found = await desk.listed(request, response, caller, all_of_them=all_of_them, cursor=cursor, limit=limit)
    return Page(items=[ComplaintExportView.of(each) for each in found])


@router.get("/exports/{export_id}")
async def show_export(export_id: UUID, caller: Exporter, engine: ReadEngine) -> ComplaintExportView:
    """Show how far an export is: `lines_done` of `lines_about`, and where its file is once it is made."""
    async with engine.connect() as connection:
        found = await desk.find(connection, caller, export_id, all_of_them=caller.has(Role.ADMIN))
    return ComplaintExportView.of(found)


@router.get("/exports/{export_id}/file", response_class=FileResponse, responses=FILES)
async def fetch_export(export_id: UUID, request: Request, caller: Exporter, engine: Engine) -> Response:
    """Fetch the file: whoever asked for it, and nobody else. Each time is a disclosure.

    403 where it tells what the caller may not know any more, 409 `export-not-ready` with the present state where there
    is none, 410 `export-gone` where it had its time, or something in it was erased since.
    """
    async with engine.begin() as connection:
        found = await desk.find(connection, caller, export_id, all_of_them=False, lock=True)
        desk.check_there(found)
        order = ExportOrder.of(found.request)
        check_right(caller, reporters=order.reporters, confidential=order.confidential)
        await jobs.change(connection, found, fetches=found.fetches + 1)
        filters, lines = dict(order.filters), found.lines_done
        noted = noted_of(caller, "export", filters, reporters=order.reporters, form=order.form, complaints=lines)
        await disclosures.add(connection, noted)
        headers = file_headers(f"complaints.{order.form}", order.language)
        return await desk.download(request.app.state.export_files, found, MEDIA[order.form], headers)


@router.delete("/exports/{export_id}", status_code=204)
async def cancel_export(export_id: UUID, request: Request, caller: Exporter) -> None:
    """Cancel an export, one's own or as administrator; of one that is made, remove the file.

    One that is over already stays as it is.
    """
    files: ExportFiles = request.app.state.export_files
    await desk.cancel(request, caller, export_id, files, all_of_them=caller.has(Role.ADMIN))
