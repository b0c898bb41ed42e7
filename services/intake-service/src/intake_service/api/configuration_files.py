"""The configuration as files: the whole as YAML, a part of it as a sheet, to be taken away and brought back."""

import asyncio
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Header, Query, Request, Response
from pydantic import BaseModel, ValidationError

from intake_service.api.configuration import occasion_of
from intake_service.api.configuration_problems import refusal_of
from intake_service.api.configuration_schemas import DifferenceView
from intake_service.api.configuration_sheets import PARTS, Part
from intake_service.api.configuration_yaml import YAML, read_yaml, write_yaml
from intake_service.api.deps import Administrator, Engine, Known, ReadEngine, Staff
from intake_service.domain.configuration.differences import differences
from intake_service.domain.configuration.items import Category, Configuration, DutyItem, Question, Source
from intake_service.service import configuring
from intake_service.service.configuring import BadConfiguration
from operations.problems import all_invalid
from operations.sheets.lines import CSV, MARK, csv_lines
from operations.sheets.skeleton import Heading, Sheet
from operations.sheets.tables import pointer, read_table
from operations.sheets.workbook import XLSX, Workbook
from runtime.etag import IfMatch, check, etag
from runtime.problems import PROBLEM_RESPONSES, FieldError, Problem
from runtime.problems.validation import problem_of

router = APIRouter(prefix="/configuration/files", tags=["configuration"], responses=PROBLEM_RESPONSES)
PartName = Literal["categories", "questions", "duty-items", "sources"]
Models = Mapping[str, type[BaseModel]]
_MODELS: Models = {"categories": Category, "questions": Question, "duty-items": DutyItem, "sources": Source}
_MOST_ERRORS = 50
_FILE = {"schema": {"type": "string", "format": "binary"}}
_Version = Annotated[int | None, Query(ge=1, le=2**31 - 1, description="A published one; without it the draft.")]


class TakenView(BaseModel):
    """What the draft has then that it had not before; `dry_run`: would have."""

    dry_run: bool
    changes: list[DifferenceView]


@router.get("/configuration.yaml", response_class=Response, responses={200: {"content": {YAML: {}}}})
async def export_configuration(
    caller: Staff, engine: ReadEngine, references: Known, version: _Version = None
) -> Response:
    """Export the draft, or what is in force where there is none, or a published version, as a whole."""
    found = await _wanted(caller.tenant, engine, references, version)
    return _attached(write_yaml(found), YAML, "configuration.yaml")


@router.put("/configuration.yaml", openapi_extra={"requestBody": {"required": True, "content": {YAML: _FILE}}})
async def import_configuration(
    request: Request,
    response: Response,
    caller: Administrator,
    engine: Engine,
    if_match: IfMatch,
    dry_run: bool = False,
) -> TakenView:
    """Make a file the draft. What is wrong is told with its place, and the draft stays as it was."""
    given = await asyncio.to_thread(read_yaml, await request.body())
    try:
        wanted = Configuration.model_validate(given)
    except ValidationError as error:
        raise _refused(error) from error
    return await _take(response, caller, engine, if_match, lambda _: wanted, dry_run=dry_run)


@router.get("/{part}.xlsx", response_class=Response, responses={200: {"content": {XLSX: {}}}})
async def export_workbook(
    part: PartName, caller: Staff, engine: ReadEngine, references: Known, version: _Version = None
) -> Response:
    """Export a part as a workbook: categories, their questions, the duty lists, or the sources."""
    found = await _wanted(caller.tenant, engine, references, version)
    return _attached(await asyncio.to_thread(_workbook, PARTS[part], found), XLSX, f"{part}.xlsx")


@router.get("/{part}.csv", response_class=Response, responses={200: {"content": {CSV: {}}}})
async def export_csv(
    part: PartName, caller: Staff, engine: ReadEngine, references: Known, version: _Version = None
) -> Response:
    """Export a part as CSV."""
    found = await _wanted(caller.tenant, engine, references, version)
    sheet = PARTS[part]
    rows = [[row.get(name) for name in sheet.columns] for row in sheet.rows(found)]
    return _attached(MARK + csv_lines([list(sheet.columns), *rows]), f"{CSV}; charset=utf-8", f"{part}.csv")


@router.put("/{part}", openapi_extra={"requestBody": {"required": True, "content": dict.fromkeys((XLSX, CSV), _FILE)}})
async def import_part(
    part: PartName,
    request: Request,
    response: Response,
    caller: Administrator,
    engine: Engine,
    if_match: IfMatch,
    content_type: Annotated[str, Header(include_in_schema=False)] = "",
    dry_run: bool = False,
) -> TakenView:
    """Replace a part of the draft by a workbook or CSV as it was exported, as a whole; the rest of the draft stays.

    Categories keep the questions of their code. What is wrong is told for every line, as `row/<number>/<column>`.
    """
    lines = await asyncio.to_thread(_lines, part, content_type, await request.body())
    return await _take(response, caller, engine, if_match, partial(_replaced, part, lines), dry_run=dry_run)


async def _wanted(tenant: str, engine: ReadEngine, references: Known, version: int | None) -> Configuration:
    if version is None:
        async with engine.connect() as connection:
            return (await configuring.draft_of(connection, tenant)).settings
    found = await references.version(tenant, version)
    if found is None:
        raise Problem(404, "configuration-version-not-found")
    return found.configuration


async def _take(
    response: Response, caller: Administrator, engine: Engine, if_match: int | None, change: Any, *, dry_run: bool
) -> TakenView:
    async with engine.begin() as connection:
        present = await configuring.draft_of(connection, caller.tenant)
        wanted = change(present.settings)
        version = present.version
        try:
            if dry_run:
                configuring.refuse_flaws(wanted)
            else:
                guard = partial(check, present.version if if_match is None else if_match)
                kept = await configuring.put_draft(connection, occasion_of(caller), wanted, check_version=guard)
                version = kept.version
        except BadConfiguration as error:
            raise refusal_of(error.flaws) from error
    response.headers["ETag"] = etag(version)
    return TakenView(
        dry_run=dry_run, changes=[DifferenceView.of(each) for each in differences(present.settings, wanted)]
    )


def _lines(part: PartName, media_type: str, body: bytes) -> list[tuple[str, BaseModel]]:
    """Return the items of a file, each with the category that it is asked about; 422 with all that is wrong."""
    sheet, errors = PARTS[part], list[FieldError]()
    items = list[tuple[str, BaseModel]]()
    for number, cells in read_table(sheet, media_type, body):
        values = dict(cells)
        beyond = [name for name in values if name not in sheet.columns]
        errors += [FieldError(pointer(number, name), "cell-beyond") for name in beyond]
        about = values.pop("category", "") if part == "questions" else ""
        try:
            items.append((about, _MODELS[part].model_validate(sheet.gather(values))))
        except ValidationError as error:
            errors += [_flaw(sheet, number, each) for each in error.errors(include_url=False)]
    if errors:
        raise all_invalid(errors, _MOST_ERRORS)
    return items


def _flaw(sheet: Part, number: int, error: Mapping[str, Any]) -> FieldError:
    """Say in which column the field lies: `limits.resolve.unit` in `resolve`, `advice.zh` in `advice_zh`."""
    first, *rest = (str(step) for step in error["loc"])
    names = (first, f"{first}_{rest[0]}" if rest else "", rest[0] if rest else "")
    column = next((name for name in names if name in sheet.columns), first)
    return FieldError(pointer(number, column), str(error["type"]), dict(error.get("ctx") or {}))


def _replaced(part: PartName, items: Sequence[tuple[str, Any]], present: Configuration) -> Configuration:
    """Return the configuration with that part anew; `Problem` where it is too long, or empty and must not be."""
    parts: dict[str, Any] = {
        "categories": present.categories,
        "duty_items": present.duty_items,
        "sources": present.sources,
    }
    match part:
        case "questions":
            parts["categories"] = _asking(present.categories, items)
        case "categories":
            known = {each.code: each.questions for each in present.categories}
            parts["categories"] = [each.model_copy(update={"questions": known.get(each.code, ())}) for _, each in items]
        case _:
            parts[part.replace("-", "_")] = [each for _, each in items]
    try:
        return Configuration(**parts)
    except ValidationError as error:
        raise _refused(error) from error


def _asking(categories: Sequence[Category], items: Sequence[tuple[str, Question]]) -> list[Category]:
    """Return the categories with the questions that are asked about them; `Problem` for one that there is not."""
    asked: dict[str, list[Question]] = {each.code: [] for each in categories}
    unknown = dict.fromkeys(about for about, _ in items if about not in asked)
    if unknown:
        errors = [FieldError("", "unknown-category", {"given": code}) for code in unknown]
        raise all_invalid(errors, _MOST_ERRORS)
    for about, question in items:
        asked[about].append(question)
    return [each.model_copy(update={"questions": tuple(asked[each.code])}) for each in categories]


def _refused(error: ValidationError) -> Problem:
    return problem_of([{**each, "loc": ("body", *each["loc"])} for each in error.errors(include_input=False)])


def _workbook(part: Part, configuration: Configuration) -> bytes:
    headings = [Heading(name, width=24.0 if "zh" in name or "en" in name else 16.0) for name in part.columns]
    book = Workbook(Sheet(name=part.name, headings=headings))
    rows = [[row.get(name) for name in part.columns] for row in part.rows(configuration)]
    return book.begin() + book.lines(rows) + book.end()


def _attached(content: bytes, media_type: str, name: str) -> Response:
    return Response(content, media_type=media_type, headers={"Content-Disposition": f'attachment; filename="{name}"'})
