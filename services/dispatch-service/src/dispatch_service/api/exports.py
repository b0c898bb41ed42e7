"""Communities, teams, posts, components, officers and grids as files."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Annotated, Any, Literal

import shapely
from fastapi import APIRouter, Depends, Response
from fastapi.responses import StreamingResponse
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from dispatch_service.api.deps import ReadEngine, Staff
from dispatch_service.api.reference_schemas import GridFeature
from dispatch_service.api.sheets.columns import COMMUNITIES, COMPONENTS, OFFICERS, POSTS, TEAMS, Sheet
from dispatch_service.api.sheets.geojson import point_feature
from dispatch_service.api.sheets.lines import GEOJSON
from dispatch_service.persistence import components, county, officers, reference
from dispatch_service.persistence.components import ComponentFilter
from dispatch_service.persistence.rows import Row
from operations.sheets.lines import CSV, MARK, csv_lines
from operations.sheets.skeleton import Heading
from operations.sheets.skeleton import Sheet as Layout
from operations.sheets.workbook import XLSX, Workbook
from runtime.auth import Caller
from runtime.etag import etag
from runtime.problems import PROBLEM_RESPONSES

router = APIRouter(tags=["places and teams"], responses=PROBLEM_RESPONSES)
_PAGE = 500
_MEDIA = {"csv": f"{CSV}; charset=utf-8", "xlsx": XLSX, "geojson": GEOJSON}
Table = Literal["csv", "xlsx"]
TableOrMap = Literal["csv", "xlsx", "geojson"]
Next = Callable[[AsyncConnection, str, str], Awaitable[Sequence[Row]]]
"""Returns the next rows of the tenant behind a key."""
Features = Callable[[AsyncConnection, str, Sequence[Row]], Awaitable[Iterable[str]]]
"""Returns rows as the texts of GeoJSON features."""


def _gives(*media_types: str) -> dict[int | str, dict[str, Any]]:
    file = {"schema": {"type": "string", "format": "binary"}}
    return {200: {"description": "The file.", "content": dict.fromkeys(media_types, file)}}


_TABLE, _MAP = _gives(CSV, XLSX), _gives(GEOJSON)
_TABLE_OR_MAP = _gives(CSV, XLSX, GEOJSON)


class _Export:
    """The giving out of one file."""

    def __init__(self, caller: Caller, engine: AsyncEngine) -> None:
        self._tenant = caller.tenant
        self._engine = engine

    async def table(self, sheet: Sheet, form: Table, following: Next) -> Response:
        """Return a sheet as CSV or as a workbook, page by page."""
        if form == "csv":
            return await self._answer(sheet.name, form, _csv(sheet, self._pages(sheet.sort.key, following)))
        return await self._answer(sheet.name, form, _workbook(sheet, self._pages(sheet.sort.key, following)))

    async def map(self, name: str, following: Next, features: Features) -> Response:
        """Return places as a GeoJSON FeatureCollection, page by page."""

        async def texts() -> AsyncIterator[bytes]:
            between = '{"type":"FeatureCollection","features":[\n'
            async for page in self._pages("code", following):
                async with self._engine.connect() as connection:
                    found = await features(connection, self._tenant, page)
                for text in found:
                    yield f"{between}{text}".encode()
                    between = ",\n"
            yield (b"\n]}\n" if between == ",\n" else f"{between}]}}\n".encode())

        return await self._answer(name, "geojson", texts())

    async def _answer(self, name: str, form: TableOrMap, content: AsyncIterator[bytes]) -> Response:
        async with self._engine.connect() as connection:
            version = await county.version(connection, self._tenant)
        disposition = f'attachment; filename="{name}.{form}"'
        headers = {"Content-Disposition": disposition, "ETag": etag(version)}
        return StreamingResponse(content, media_type=_MEDIA[form], headers=headers)

    async def _pages(self, key: str, following: Next) -> AsyncIterator[Sequence[Row]]:
        after = ""
        while True:
            async with self._engine.connect() as connection:
                rows = await following(connection, self._tenant, after)
            if rows:
                yield rows
            if len(rows) < _PAGE:
                return
            after = rows[-1][key]


async def _export(caller: Staff, engine: ReadEngine) -> _Export:
    return _Export(caller, engine)


Export = Annotated[_Export, Depends(_export)]


@router.get("/communities.{form}", response_class=Response, responses=_TABLE_OR_MAP)
async def export_communities(form: TableOrMap, export: Export) -> Response:
    """Return all communities as CSV (UTF-8), XLSX, or GeoJSON with the area of their grids together."""
    if form == "geojson":
        return await export.map("communities", _communities, _areas)
    return await export.table(COMMUNITIES, form, _communities)


@router.get("/teams.{form}", response_class=Response, responses=_TABLE)
async def export_teams(form: Table, export: Export) -> Response:
    """Return all teams with their members, a column for each part in the team, as CSV (UTF-8) or XLSX."""
    return await export.table(TEAMS, form, _teams)


@router.get("/posts.{form}", response_class=Response, responses=_TABLE_OR_MAP)
async def export_posts(form: TableOrMap, export: Export) -> Response:
    """Return all posts, stations, kiosks and guide points as CSV (UTF-8), XLSX, or points as GeoJSON; WGS84."""
    if form == "geojson":
        return await export.map("posts", _posts, partial(_points, POSTS))
    return await export.table(POSTS, form, _posts)


@router.get("/components.{form}", response_class=Response, responses=_TABLE_OR_MAP)
async def export_components(form: TableOrMap, export: Export) -> Response:
    """Return all components as CSV (UTF-8), XLSX, or points as GeoJSON; WGS84."""
    if form == "geojson":
        return await export.map("components", _components, partial(_points, COMPONENTS))
    return await export.table(COMPONENTS, form, _components)


@router.get("/officers.{form}", response_class=Response, responses=_TABLE)
async def export_officers(form: Table, export: Export) -> Response:
    """Return all officers with their roles and skills as CSV (UTF-8) or XLSX."""
    return await export.table(OFFICERS, form, _officers)


@router.get("/grids.geojson", response_class=Response, responses=_MAP)
async def export_grids(export: Export) -> Response:
    """Return all grids in force as GeoJSON, which `PUT /dispatch/v1/grids` takes back."""
    return await export.map("grids", _grids, _shapes)


async def _csv(sheet: Sheet, pages: AsyncIterator[Sequence[Row]]) -> AsyncIterator[bytes]:
    """Yield the file in pieces."""
    yield MARK + csv_lines([list(sheet.columns)])
    async for page in pages:
        yield csv_lines(sheet.write(row) for row in page)


async def _workbook(sheet: Sheet, pages: AsyncIterator[Sequence[Row]]) -> AsyncIterator[bytes]:
    """Yield the file in pieces."""
    headings = [Heading(name, "number" if name in sheet.numbers else "text") for name in sheet.columns]
    book = await asyncio.to_thread(Workbook, Layout(name=sheet.name, headings=headings))
    yield await asyncio.to_thread(book.begin)
    async for page in pages:
        yield await asyncio.to_thread(book.lines, [list(sheet.write(row)) for row in page])
    yield await asyncio.to_thread(book.end)


async def _communities(connection: AsyncConnection, tenant: str, after: str) -> Sequence[Row]:
    return await reference.communities(connection, tenant, {}, after=after, size=_PAGE)


async def _teams(connection: AsyncConnection, tenant: str, after: str) -> Sequence[Row]:
    rows = await reference.teams(connection, tenant, {}, after=after, size=_PAGE)
    return await county.with_members(connection, tenant, rows)


async def _posts(connection: AsyncConnection, tenant: str, after: str) -> Sequence[Row]:
    return await reference.posts(connection, tenant, {}, after=after, size=_PAGE)


async def _components(connection: AsyncConnection, tenant: str, after: str) -> Sequence[Row]:
    return await components.page(connection, tenant, ComponentFilter(), after=(None, after), size=_PAGE)


async def _officers(connection: AsyncConnection, tenant: str, after: str) -> Sequence[Row]:
    return await officers.page(connection, tenant, {}, after=after, size=_PAGE)


async def _grids(connection: AsyncConnection, tenant: str, after: str) -> Sequence[Row]:
    return await reference.grids(connection, tenant, {}, after=after, size=_PAGE)


async def _points(sheet: Sheet, _connection: AsyncConnection, _tenant: str, rows: Sequence[Row]) -> Iterator[str]:
    return (_json(point_feature(sheet, row)) for row in rows)


async def _shapes(_connection: AsyncConnection, _tenant: str, rows: Sequence[Row]) -> Iterator[str]:
    return (GridFeature.of(row).model_dump_json() for row in rows)


async def _areas(connection: AsyncConnection, tenant: str, rows: Sequence[Row]) -> Iterator[str]:
    grids = await county.grids_of(connection, tenant, [row["code"] for row in rows])
    return iter(await asyncio.to_thread(lambda: [_json(_community_feature(row, grids)) for row in rows]))


def _community_feature(row: Row, grids: Mapping[str, Sequence[Row]]) -> dict[str, Any]:
    shapes = [shapely.geometry.shape(grid["geometry"]) for grid in grids.get(row["code"], ())]
    properties = {name: row[name] for name in ("code", "name", "sub_district", "generated")}
    area = shapely.geometry.mapping(shapely.union_all(shapes)) if shapes else None
    return {"type": "Feature", "id": row["code"], "geometry": area, "properties": properties}


def _json(feature: Mapping[str, Any]) -> str:
    return json.dumps(feature, ensure_ascii=False, separators=(",", ":"))
