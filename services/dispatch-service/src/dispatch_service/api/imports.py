"""Taking in communities, teams, posts, components and officers from files: all of a file, or nothing of it."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Query, Request, Response
from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncConnection

from dispatch_service.api.changing import Change
from dispatch_service.api.place_schemas import PlacedBody
from dispatch_service.api.post_sites import findings_of, flaws_of
from dispatch_service.api.reference_schemas import PostFinding
from dispatch_service.api.sheets.columns import COMMUNITIES, COMPONENTS, OFFICERS, POSTS, TEAMS, Sheet
from dispatch_service.api.sheets.lines import kinds_of, read_lines
from dispatch_service.persistence import county
from dispatch_service.persistence.rows import Row
from dispatch_service.service.directory import Occasion
from dispatch_service.service.importing import Intake, take_in
from dispatch_service.service.keeping import REFERENCES
from dispatch_service.service.siting import examine
from operations.problems import all_invalid
from operations.sheets.tables import pointer
from runtime.etag import etag
from runtime.problems import PROBLEM_RESPONSES, FieldError

router = APIRouter(tags=["places and teams"], responses=PROBLEM_RESPONSES)
BODY_LIMIT = 8 * 2**20
_SHEETS = (COMMUNITIES, TEAMS, POSTS, COMPONENTS, OFFICERS)
BODY_LIMITS = {f"/dispatch/v1/{sheet.name}/import": BODY_LIMIT for sheet in _SHEETS}
Line = tuple[int, Row]
"""A thing, and the number of its line."""


class ImportView(BaseModel):
    """What the file changes: codes, of officers subjects. `version` is that of the county's data, as in the `ETag`.

    `findings` tells posts whose points lie outside of their grids.
    """

    dry_run: bool
    version: int
    created: list[str]
    changed: list[str]
    unchanged: list[str]
    findings: list[PostFinding]


class _Import:
    """The taking in of one file."""

    def __init__(self, request: Request, response: Response, change: Change, *, media_type: str, dry_run: bool) -> None:
        self._request = request
        self._response = response
        self._change = change
        self._media_type = media_type
        self._dry_run = dry_run

    async def __call__(self, sheet: Sheet) -> ImportView:
        body = await self._request.body()
        lines = await asyncio.to_thread(_read, sheet, self._media_type, body)

        async def work(connection: AsyncConnection, occasion: Occasion) -> tuple[Intake, list[PostFinding], int]:
            _refuse(await _unknown(connection, occasion.tenant, lines))
            is_placed = issubclass(sheet.line, PlacedBody)
            findings = await _sited(connection, occasion.tenant, lines) if is_placed else []
            rows = [row for _, row in lines]
            taken = await take_in(connection, occasion, sheet.sort, rows, dry_run=self._dry_run)
            return taken, findings, await county.version(connection, occasion.tenant)

        taken, findings, version = await self._change.run(work)
        self._response.headers["ETag"] = etag(version)
        return ImportView(
            dry_run=self._dry_run,
            version=version,
            created=taken.created,
            changed=taken.changed,
            unchanged=taken.unchanged,
            findings=findings,
        )


async def _import(
    request: Request,
    response: Response,
    change: Change,
    content_type: Annotated[str, Header(include_in_schema=False)] = "",
    dry_run: Annotated[bool, Query(description="Only say what would change, and what is wrong.")] = False,
) -> _Import:
    return _Import(request, response, change, media_type=content_type, dry_run=dry_run)


Import = Annotated[_Import, Depends(_import)]


def _takes(sheet: Sheet) -> dict[str, Any]:
    file = {"schema": {"type": "string", "format": "binary"}}
    return {"requestBody": {"required": True, "content": dict.fromkeys(kinds_of(sheet), file)}}


@router.put("/communities/import", openapi_extra=_takes(COMMUNITIES))
async def import_communities(take: Import) -> ImportView:
    """Add communities and change those that are there, from CSV, XLSX or the properties of GeoJSON: all or none.

    A file as `GET /dispatch/v1/communities.csv` gives it: a line of headings, in English or Chinese, then a community
    a line. What is wrong is told for every line, as `row/<number>/<column>`. Communities that are not in it stay.
    """
    return await take(COMMUNITIES)


@router.put("/teams/import", openapi_extra=_takes(TEAMS))
async def import_teams(take: Import) -> ImportView:
    """Add teams and change those that are there, with all of their members, from CSV or XLSX: all or none.

    A column for each part in the team, with the subjects of those who have it, a semicolon between them.
    """
    return await take(TEAMS)


@router.put("/posts/import", openapi_extra=_takes(POSTS))
async def import_posts(take: Import) -> ImportView:
    """Add posts and stations and change those that are there, from CSV, XLSX or points as GeoJSON: all or none.

    `crs` says the datum of each line, WGS84 where it says nothing. A point more than 50 km from every grid, and a grid
    of another community, are refused; a point outside of its grid is told in `findings`.
    """
    return await take(POSTS)


@router.put("/components/import", openapi_extra=_takes(COMPONENTS))
async def import_components(take: Import) -> ImportView:
    """Add components and change those that are there, from CSV, XLSX or points as GeoJSON: all or none.

    `crs` says the datum of each line, WGS84 where it says nothing. A point more than 50 km from every grid, and an
    owner that is no department, are refused.
    """
    return await take(COMPONENTS)


@router.put("/officers/import", openapi_extra=_takes(OFFICERS))
async def import_officers(take: Import) -> ImportView:
    """Register officers and change those that are there, from CSV or XLSX: all or none.

    `roles` and `skills` hold several, a semicolon between them.
    """
    return await take(OFFICERS)


def _read(sheet: Sheet, media_type: str, body: bytes) -> list[Line]:
    """Return the things of a file; 422 with all that is wrong with its lines."""
    lines, errors = list[Line](), list[FieldError]()
    for number, cells in read_lines(sheet, media_type, body):
        row, flaws = sheet.read(number, cells)
        errors += flaws
        if row is not None:
            lines.append((number, row))
    _refuse(errors + _duplicates(sheet.sort.key, lines))
    return lines


def _duplicates(key: str, lines: Sequence[Line]) -> list[FieldError]:
    counts = Counter(row[key] for _, row in lines)
    return [FieldError(pointer(number, key), "duplicate-code") for number, row in lines if counts[row[key]] > 1]


async def _unknown(connection: AsyncConnection, tenant: str, lines: Sequence[Line]) -> list[FieldError]:
    """Say which lines name a community, a grid or an owner that is not there."""
    errors = list[FieldError]()
    for name, table in REFERENCES.items():
        named = {row[name] for _, row in lines if row.get(name) is not None}
        missing = named - await county.known(connection, table, tenant, named) if named else set[str]()
        errors += [
            FieldError(pointer(number, name), f"unknown-{name}") for number, row in lines if row.get(name) in missing
        ]
    return errors


async def _sited(connection: AsyncConnection, tenant: str, lines: Sequence[Line]) -> list[PostFinding]:
    """Return which points lie outside of their grids; 422 for those far away or in another community's grid."""
    posts = [row for _, row in lines]
    sites = await examine(connection, tenant, posts)
    _refuse(flaws_of(posts, sites, lambda place, column: pointer(lines[place][0], column)))
    return findings_of(posts, sites)


def _refuse(errors: list[FieldError]) -> None:
    if errors:
        raise all_invalid(errors)
