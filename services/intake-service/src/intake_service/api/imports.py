"""Imports of complaints from files, as jobs."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import datetime
from pathlib import PurePath
from typing import Annotated, Any, Literal, Self
from uuid import UUID

import orjson
from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, Field
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.roles import Role
from intake_service.api.attachment_schemas import file_name
from intake_service.api.attachment_texts import store_at_hand
from intake_service.api.deps import Engine, ReadEngine
from intake_service.api.import_texts import ENDED_ZH
from intake_service.api.multipart import BINARY, Form, Kind, form_body, read_form
from intake_service.persistence import import_jobs
from intake_service.persistence.staging import TooLong, Writer
from intake_service.service.importing import SUFFIXES, Importing, Wanted, refusal
from operations.downloads import Download, file_headers
from operations.importing.document import USUAL, load, parsed, shipped
from operations.importing.errors import ImportRefused
from operations.importing.report import HEADINGS
from operations.pages import Page, Pages
from operations.problems import invalid
from operations.sheets.lines import CSV, MARK, csv_lines
from runtime import idempotency
from runtime.auth import Caller, require
from runtime.clock import now
from runtime.idempotency import IdempotencyKey, StoredAnswer, request_hash
from runtime.ids import uuid7
from runtime.paging import DEFAULT_LIMIT, CursorText, Limit
from runtime.problems import PROBLEM_RESPONSES, Problem
from runtime.problems.language import Language, preferred_language

PATH = "/intake/v1/imports"
router = APIRouter(tags=["imports"], responses=PROBLEM_RESPONSES)
Importer = Annotated[Caller, Depends(require(Role.OPERATOR))]
Overseer = Annotated[Caller, Depends(require(Role.OPERATOR, Role.SUPERVISOR))]
"""Operators of their own imports, supervisors of all."""
_FORM = Kind({"file"}, 65_536, 5, needs="file", fields={"mapping", "dry_run"})
_LINES = 5_000
IMPORT_FORM = form_body(
    "file",
    {
        "file": {**BINARY, "description": "CSV, TSV, XLSX or JSONL"},
        "mapping": {"type": "string", "description": "A name of a shipped mapping, or YAML"},
        "dry_run": {"type": "string", "enum": ["true", "false"]},
    },
)


class ImportView(BaseModel):
    """An import as it stands."""

    id: UUID
    name: Annotated[str, Field(description="Of the file.")]
    state: Literal["waiting", "running", "done", "cancelled", "failed"]
    dry_run: bool
    rows: Annotated[int | None, Field(description="Of the file; null until they are counted.")]
    accepted: Annotated[int, Field(description="Filed as complaints; of a dry run, how many would be.")]
    known: Annotated[int, Field(description="Filed before.")]
    skipped: Annotated[int, Field(description="Left out by the mapping.")]
    rejected: int
    warned: Annotated[int, Field(description="Of the accepted; `warnings.csv` says of what.")]
    percent: Annotated[int, Field(ge=0, le=100)]
    failure: Annotated[str | None, Field(description="The code of what has stopped it.")]
    failure_detail: str | None
    created_by: str
    created_at: datetime
    updated_at: datetime
    finished_at: datetime | None

    @classmethod
    def of(cls, row: Any) -> Self:
        """Return a job as it is shown."""
        settled = row.accepted + row.known + row.skipped + row.rejected
        percent = 100 if row.state == "done" else min(99, settled * 100 // max(1, row.rows or 0))
        own = {name: getattr(row, name) for name in cls.model_fields if name != "percent"}
        return cls(**own, percent=percent)


async def _importing(request: Request) -> Importing:
    importing: Importing = request.app.state.importing
    return importing


Jobs = Annotated[Importing, Depends(_importing)]
_ACCEPTED: dict[int | str, dict[str, Any]] = {202: {"model": ImportView, "description": "It waits for its turn"}}
_LINES_TOLD: dict[int | str, dict[str, Any]] = {
    200: {"content": {CSV: {"schema": {"type": "string"}}}, "description": "A line for each flaw"}
}


@router.post("/imports", status_code=202, responses=_ACCEPTED, response_class=Response, openapi_extra=IMPORT_FORM)
async def begin_import(request: Request, caller: Importer, jobs: Jobs, engine: Engine, key: IdempotencyKey) -> Response:
    """Begin to import the records of a `file` as complaints, as a `mapping` says (docs/importing.md).

    Each row is filed once, also where the same file is sent again. 422 `import-columns-missing` names all columns that
    are missing, before anything is filed. With `dry_run=true` each row is only checked. With an `Idempotency-Key` a
    repeat gets the first answer.
    """
    job_id = uuid7()
    partial = jobs.path(job_id, ".part")
    try:
        with store_at_hand():
            async with Writer(partial, jobs.limits.file_bytes) as writer:
                form = await read_form(request, writer, _FORM)
            wanted = _wanted(request, form)
            path = partial.replace(jobs.path(job_id, wanted.suffix))
    except TooLong as error:
        raise Problem(413, "import-file-too-large", limit=jobs.limits.file_bytes) from error
    finally:
        partial.unlink(missing_ok=True)
    may_be_begun = False
    try:
        digest = await jobs.look(path, wanted)
        asked = request_hash("POST", PATH, digest + str(wanted.dry_run).encode())
        async with engine.begin() as connection:
            if key is not None and (answer := await idempotency.replay(connection, caller, key, asked)):
                return answer.response()
            await jobs.begin(connection, job_id, wanted, digest, caller)
            may_be_begun = True  # also where the answer to the commit is lost
            answer = await _answer(connection, caller, job_id)
            if key is not None:
                await idempotency.store(connection, caller, key, asked, answer)
    except Problem:
        may_be_begun = False
        raise
    finally:
        if not may_be_begun:
            path.unlink(missing_ok=True)
    return Response(answer.body, answer.status, headers=dict(answer.headers), media_type="application/json")


@router.get("/imports")
async def list_imports(
    request: Request,
    response: Response,
    caller: Overseer,
    engine: ReadEngine,
    limit: Limit = DEFAULT_LIMIT,
    cursor: CursorText = None,
) -> Page[ImportView]:
    """List your imports of the last days, newest first; supervisors see everybody's."""
    pages = Pages(request, caller, "imports", {})
    before = pages.after_id(cursor)
    async with engine.connect() as connection:
        rows = await import_jobs.page(connection, caller, before, limit + 1)
    return Page(items=[ImportView.of(row) for row in pages.cut(response, rows, limit, lambda row: row.id)])


@router.get("/imports/{import_id}")
async def read_import(import_id: UUID, caller: Overseer, engine: Engine) -> ImportView:
    """Say how far an import is."""
    async with engine.connect() as connection:
        return ImportView.of(await _one(connection, caller, import_id))


@router.get("/imports/{import_id}/rejected.csv", response_class=Response, responses=_LINES_TOLD)
async def read_rejected(import_id: UUID, caller: Overseer, engine: Engine) -> Response:
    """Get the rows that were not imported: number, column, what was wrong, what would be right."""
    return await _file(import_id, caller, engine, "rejected")


@router.get("/imports/{import_id}/warnings.csv", response_class=Response, responses=_LINES_TOLD)
async def read_warnings(import_id: UUID, caller: Overseer, engine: Engine) -> Response:
    """Get the rows that were imported, or would be, and that the receipt warns of: number, column, what is doubtful."""
    return await _file(import_id, caller, engine, "warnings")


@router.post("/imports/{import_id}/cancellation")
async def cancel_import(import_id: UUID, caller: Overseer, jobs: Jobs, engine: Engine) -> ImportView:
    """Stop an import; what was filed stays. 409 `import-has-ended` where there is nothing left to stop."""
    async with engine.begin() as connection:
        row = await _one(connection, caller, import_id, lock=True)
        cancelled = await import_jobs.finish(connection, import_id, "cancelled", now())
        if cancelled is None:
            raise Problem(409, "import-has-ended", state=row.state, state_zh=ENDED_ZH[row.state])
    jobs.path(import_id, row.suffix).unlink(missing_ok=True)
    return ImportView.of(cancelled)


async def _file(import_id: UUID, caller: Caller, engine: Engine, which: Literal["rejected", "warnings"]) -> Response:
    async with engine.connect() as connection:
        row = await _one(connection, caller, import_id)
    lines = _told(engine, import_id, row.language, filed=which == "warnings")
    return Download(lines, AsyncExitStack(), file_headers(f"{import_id}.{which}.csv", row.language), CSV)


async def _told(engine: Engine, import_id: UUID, language: Language, *, filed: bool) -> AsyncIterator[bytes]:
    yield MARK + csv_lines([HEADINGS[language]])
    after = (0, -1)
    while True:
        async with engine.connect() as connection:
            rows = await import_jobs.told(connection, import_id, after, _LINES, filed=filed)
        if not rows:
            return
        yield csv_lines((row.line, row.external_ref, row.column, row.field, row.problem, row.expected) for row in rows)
        after = (rows[-1].line, rows[-1].place)


async def _one(connection: AsyncConnection, caller: Caller, import_id: UUID, *, lock: bool = False) -> Any:
    row = await import_jobs.one(connection, caller, import_id, lock=lock)
    if row is None:
        raise Problem(404, "import-not-found")
    return row


async def _answer(connection: AsyncConnection, caller: Caller, job_id: UUID) -> StoredAnswer:
    view = ImportView.of(await _one(connection, caller, job_id))
    body = orjson.dumps(view.model_dump(mode="json")).decode()
    return StoredAnswer(202, body, {"Location": f"{PATH}/{job_id}"})


def _wanted(request: Request, form: Form) -> Wanted:
    """Return what the form asks for. Raises Problem 422."""
    name = file_name(form.name or "") or ""
    suffix = PurePath(name).suffix.lower()
    if suffix not in SUFFIXES:
        raise Problem(422, "import-kind-unknown", kinds=", ".join(SUFFIXES))
    text = form.fields.get("mapping") or USUAL
    try:
        mapping = load(text) if text in shipped() else parsed(text)
    except ImportRefused as error:
        raise refusal(error) from error
    dry_run = form.fields.get("dry_run", "false")
    if dry_run not in ("true", "false"):
        raise invalid("/dry_run", "bool_parsing")
    language = preferred_language(request.headers.get("accept-language"))
    return Wanted(name, suffix, mapping, dry_run == "true", language)
