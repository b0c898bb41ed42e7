"""Public transparency 公开: what everybody may see of a county's complaints, without an account."""

from dataclasses import asdict
from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from pydantic import BaseModel

from ledger_service.api.deps import ReadEngine
from ledger_service.api.public_problems import not_published, nothing_public
from ledger_service.api.public_schemas import (
    Month,
    PublicComplaint,
    PublicFigures,
    PublicMap,
    PublicMonth,
    month_text,
)
from ledger_service.domain.publication import UNCLASSIFIED
from ledger_service.persistence import public_lists, public_months
from ledger_service.persistence.public_lists import PublicFilter
from ledger_service.persistence.public_settings import PUBLICATIONS
from operations.cacheable import cacheable
from operations.filters import Code
from operations.pages import Page
from runtime.auth import public
from runtime.paging import DEFAULT_LIMIT, Cursor, CursorText, Limit, link_header
from runtime.problems import PROBLEM_RESPONSES

router = APIRouter(
    prefix="/public/{tenant}", tags=["public"], responses=PROBLEM_RESPONSES, dependencies=[Depends(public)]
)
GEOJSON = "application/geo+json"
_CACHED = "public, max-age=300"
_START = UUID(int=0)
Tenant = Annotated[str, Path(pattern="^[0-9A-Za-z_-]{1,32}$", description="The county.")]
AMonth = Annotated[Month, Query(description="Such as `2026-03`.")]


async def _filter(
    month: AMonth,
    category: Annotated[Code | None, Query(description=f"As it is told: `{UNCLASSIFIED}` is none.")] = None,
    community: Code | None = None,
) -> PublicFilter:
    return PublicFilter(month=month, category="" if category == UNCLASSIFIED else category, community=community)


@router.get("/months")
async def list_months(tenant: Tenant, request: Request, engine: ReadEngine) -> Response:
    """List the months that are public, the last first."""
    there = await _published(engine, tenant)
    months = [PublicMonth(month=month, published_at=at) for month, at in there.items()]
    return _answer(request, Page[PublicMonth](items=months))


@router.get("/complaints", response_model=Page[PublicComplaint])
async def list_public(
    tenant: Tenant,
    request: Request,
    engine: ReadEngine,
    wanted: Annotated[PublicFilter, Depends(_filter)],
    cursor: CursorText = None,
    limit: Limit = DEFAULT_LIMIT,
) -> Response:
    """List the complaints of a published month in a random order, without anything that leads to a person or a place.

    Whoever is listed is one of `k` at least that look the same by month, category and community. How it stands is of
    now, everything else of when the month was published.
    """
    if wanted.month not in await _published(engine, tenant):
        raise not_published(month_text(wanted.month))
    key: bytes = request.app.state.settings.cursor_key()
    filters = {"list": "public", **asdict(wanted)}
    after = _START if cursor is None else _ref(Cursor.decode(cursor, key, tenant=tenant, filters=filters))
    async with engine.connect() as connection:
        if not (await PUBLICATIONS.read(connection, tenant)).settings.lists_complaints:
            raise nothing_public()
        rows = await public_lists.page(connection, tenant, wanted, after=after, size=limit + 1)
    response = _answer(request, Page[PublicComplaint](items=[PublicComplaint.of(row) for row in rows[:limit]]))
    if len(rows) > limit:
        next_page = Cursor((str(rows[limit - 1]["ref"]),)).encode(key, tenant=tenant, filters=filters)
        response.headers["Link"] = link_header(request, next_page)
    return response


@router.get(
    "/map",
    response_model=PublicMap,
    responses={200: {"content": {GEOJSON: {}}, "description": "The cells that have enough complaints."}},
)
async def show_map(tenant: Tenant, month: AMonth, request: Request, engine: ReadEngine) -> Response:
    """Show where the complaints of a month were, by cells that have `k` at least, each rounded down."""
    told = await _told(engine, tenant, month)
    if not told["shows_map"]:
        raise nothing_public()
    async with engine.connect() as connection:
        if not (await PUBLICATIONS.read(connection, tenant)).settings.shows_map:
            raise nothing_public()
        cells = await public_lists.cells(connection, tenant, month)
    return _answer(request, PublicMap.of(cells), media_type=GEOJSON)


@router.get("/figures", response_model=PublicFigures)
async def show_figures(tenant: Tenant, month: AMonth, request: Request, engine: ReadEngine) -> Response:
    """Show how many complaints a month had, by category and community, and what became of them until it was published.

    No count of 1 to `k` - 1 is told, and none follows from those that are.
    """
    return _answer(request, PublicFigures.of(month, await _told(engine, tenant, month)))


async def _published(engine: Any, tenant: str) -> dict[date, datetime]:
    """Return the months that are public; `Problem` 404 where the tenant publishes nothing."""
    async with engine.connect() as connection:
        if not (await PUBLICATIONS.read(connection, tenant)).settings.is_on:
            raise nothing_public()
        return await public_months.published(connection, tenant)


async def _told(engine: Any, tenant: str, month: date) -> dict[str, Any]:
    await _published(engine, tenant)
    async with engine.connect() as connection:
        told = await public_months.figures(connection, tenant, month)
    if told is None:
        raise not_published(month_text(month))
    return told


def _ref(cursor: Cursor) -> UUID:
    return UUID(str(cursor.position[0]))


def _answer(request: Request, view: BaseModel, *, media_type: str = "application/json") -> Response:
    """Return what caches may keep for a while; 304 where the caller has it."""
    return cacheable(request, view.model_dump_json(), cache_control=_CACHED, media_type=media_type)
