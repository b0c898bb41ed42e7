"""The configuration as files: the whole as YAML, a part of it as a sheet, to be taken away and brought back."""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Header, Query, Request, Response
from pydantic import BaseModel, ValidationError

from intake_service.api.configuration import occasion_of
from intake_service.api.configuration_lines import PartName, as_csv, as_workbook, placed, read_lines, refused, replaced
from intake_service.api.configuration_problems import refusal_of
from intake_service.api.configuration_schemas import DifferenceView
from intake_service.api.configuration_yaml import YAML, read_yaml, write_yaml
from intake_service.api.deps import Administrator, Engine, Known, ReadEngine, Staff
from intake_service.domain.configuration.differences import differences
from intake_service.domain.configuration.items import Configuration
from intake_service.domain.flaws import Flaw
from intake_service.service import configuring
from intake_service.service.configuring import BadConfiguration
from operations.sheets.lines import CSV
from operations.sheets.workbook import XLSX
from runtime.etag import IfMatch, check, etag
from runtime.problems import PROBLEM_RESPONSES, Problem

router = APIRouter(prefix="/configuration/files", tags=["configuration"], responses=PROBLEM_RESPONSES)
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
        raise refused(error) from error
    return await _take(response, caller, engine, if_match, lambda _: wanted, _as_it_is, dry_run=dry_run)


@router.get("/{part}.xlsx", response_class=Response, responses={200: {"content": {XLSX: {}}}})
async def export_workbook(
    part: PartName, caller: Staff, engine: ReadEngine, references: Known, version: _Version = None
) -> Response:
    """Export a part as a workbook: categories, their questions, the duty lists, or the sources."""
    found = await _wanted(caller.tenant, engine, references, version)
    return _attached(await asyncio.to_thread(as_workbook, part, found), XLSX, f"{part}.xlsx")


@router.get("/{part}.csv", response_class=Response, responses={200: {"content": {CSV: {}}}})
async def export_csv(
    part: PartName, caller: Staff, engine: ReadEngine, references: Known, version: _Version = None
) -> Response:
    """Export a part as CSV."""
    found = await _wanted(caller.tenant, engine, references, version)
    return _attached(as_csv(part, found), f"{CSV}; charset=utf-8", f"{part}.csv")


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

    Categories keep the questions of their code. What is wrong is told for every line, as `row/<number>/<column>`; what
    it makes wrong in the rest of the draft, with its place there.
    """
    lines = await asyncio.to_thread(read_lines, part, content_type, await request.body())
    change, place = partial(replaced, part, lines), partial(placed, part, lines)
    return await _take(response, caller, engine, if_match, change, place, dry_run=dry_run)


async def _wanted(tenant: str, engine: ReadEngine, references: Known, version: int | None) -> Configuration:
    if version is None:
        async with engine.connect() as connection:
            return (await configuring.draft_of(connection, tenant)).settings
    found = await references.version(tenant, version)
    if found is None:
        raise Problem(404, "configuration-version-not-found")
    return found.configuration


def _as_it_is(_: Configuration, flaw: Flaw) -> Flaw:
    return flaw


async def _take(
    response: Response,
    caller: Administrator,
    engine: Engine,
    if_match: int | None,
    change: Callable[[Configuration], Configuration],
    place: Callable[[Configuration, Flaw], Flaw],
    *,
    dry_run: bool,
) -> TakenView:
    """Make what `change` makes of the draft the draft; what is wrong with that is told where `place` says."""
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
            raise refusal_of([place(wanted, each) for each in error.flaws]) from error
    response.headers["ETag"] = etag(version)
    return TakenView(
        dry_run=dry_run, changes=[DifferenceView.of(each) for each in differences(present.settings, wanted)]
    )


def _attached(content: bytes, media_type: str, name: str) -> Response:
    return Response(content, media_type=media_type, headers={"Content-Disposition": f'attachment; filename="{name}"'})
