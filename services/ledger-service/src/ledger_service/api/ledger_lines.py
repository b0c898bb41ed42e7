"""Reading classified ledgers: lines in pages, and whole ledgers as files."""

from contextlib import AsyncExitStack
from dataclasses import asdict
from typing import Any

from fastapi import APIRouter, Request, Response

from ledger_service.api.deps import ReadEngine, Staff
from ledger_service.api.ledger_orders import Exporter, Narrowed, order_of
from ledger_service.api.ledger_problems import export_too_large, exports_busy
from ledger_service.api.ledger_schemas import ColumnView, LinePage
from ledger_service.api.ledgers import Name
from ledger_service.api.schemas import LabelView
from ledger_service.domain.ledger_orders import Form
from ledger_service.persistence import ledger_definitions, ledger_lines
from ledger_service.service.exporting import Exporting, TooManyLines, selection
from ledger_service.service.ledger_forms import MEDIA, Made
from operations.downloads import Busy, Download, file_headers
from operations.pages import Pages
from operations.preferences import InLanguage
from runtime.clock import now
from runtime.paging import DEFAULT_LIMIT, CursorText, Limit
from runtime.problems import PROBLEM_RESPONSES

router = APIRouter(tags=["ledgers"], responses=PROBLEM_RESPONSES)
_FILE: dict[str, Any] = {"schema": {"type": "string", "format": "binary"}}
FILES: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The file.",
        "content": dict.fromkeys((each.partition(";")[0] for each in MEDIA.values()), _FILE),
    }
}


@router.get("/ledgers/{name}/lines")
async def list_lines(
    name: Name,
    request: Request,
    response: Response,
    caller: Staff,
    engine: ReadEngine,
    narrowed: Narrowed,
    cursor: CursorText = None,
    limit: Limit = DEFAULT_LIMIT,
) -> LinePage:
    """List the lines of a ledger in the order of its time.

    A line whose time changes meanwhile changes its place. Columns that people wrote in their own words are for
    operators, dispatchers, supervisors and administrators.
    """
    async with engine.connect() as connection:
        kept = await ledger_definitions.find(connection, caller.tenant, name)
        order = order_of(kept, caller, narrowed, "json", "zh")
        pages = Pages(request, caller, "ledger lines", {"ledger": name, "version": kept.version, **asdict(narrowed)})
        after = pages.after_moment(cursor)
        exporting: Exporting = request.app.state.exporting
        wanted = selection(caller.tenant, order, Made(now(), caller.subject, exporting.zone))
        rows = await ledger_lines.page(connection, wanted, order.columns, after=after, size=limit + 1)
    shown = pages.cut(response, rows, limit, lambda row: (row["when"], row["line"]))
    return LinePage(
        ledger=name,
        version=kept.version,
        title=LabelView.model_validate(order.definition.title),
        columns=[ColumnView.of(order.definition.subject, code) for code in order.columns],
        items=[{"id": row["line"], **{code: row[code] for code in order.columns}} for row in shown],
    )


@router.get("/ledgers/{name}.{form}", response_class=Response, responses=FILES)
async def download_ledger(
    name: Name,
    form: Form,
    request: Request,
    caller: Exporter,
    engine: ReadEngine,
    narrowed: Narrowed,
    language: InLanguage,
) -> Response:
    """Download a ledger as it is at this moment: CSV, XLSX to be printed, or JSON; in Chinese or English.

    That it was is an entry of the ledger. 413 `export-too-large` where it has more lines than are made while somebody
    waits: `POST /ledger/v1/exports` has such a file made in the background. 503 `exports-busy` where this process makes
    as many files as it can.
    """
    async with engine.connect() as connection:
        kept = await ledger_definitions.find(connection, caller.tenant, name)
    order = order_of(kept, caller, narrowed, form, language)
    exporting: Exporting = request.app.state.exporting
    async with AsyncExitStack() as held:
        try:
            pieces = await exporting.download(caller.tenant, order, caller.subject, held)
        except TooManyLines as error:
            raise export_too_large(error.most) from error
        except Busy as error:
            raise exports_busy() from error
        return Download(pieces, held.pop_all(), file_headers(f"{name}.{form}", language), MEDIA[form])
