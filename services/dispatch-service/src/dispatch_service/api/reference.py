"""Reading places and teams."""

from collections.abc import Awaitable, Mapping, Sequence
from typing import Annotated, Protocol

from fastapi import APIRouter, Depends, Request, Response
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from dispatch_service.api.case_schemas import Code
from dispatch_service.api.deps import ReadEngine, Staff
from dispatch_service.api.reference_schemas import (
    CommunityView,
    GridCollection,
    GridFeature,
    PostKind,
    PostView,
    TeamView,
)
from dispatch_service.persistence import reference, team_patterns
from dispatch_service.persistence.rows import Row
from operations.pages import Page, Pages
from runtime.auth import Caller
from runtime.paging import DEFAULT_LIMIT, CursorText, Limit
from runtime.problems import PROBLEM_RESPONSES

router = APIRouter(tags=["places and teams"], responses=PROBLEM_RESPONSES)


class _Lookup(Protocol):
    """One of the lists of `persistence.reference`."""

    def __call__(
        self, connection: AsyncConnection, tenant: str, wanted: reference.Wanted, *, after: str, size: int
    ) -> Awaitable[Sequence[Row]]: ...


class _Listing:
    """What the lists of this module share: the page that the caller asks for, and the link to the next."""

    def __init__(
        self, request: Request, response: Response, caller: Caller, engine: AsyncEngine, cursor: str | None, limit: int
    ) -> None:
        self._request = request
        self._response = response
        self._caller = caller
        self._engine = engine
        self._cursor = cursor
        self._limit = limit

    async def rows(self, name: str, lookup: _Lookup, wanted: reference.Wanted) -> Sequence[Row]:
        pages = Pages(self._request, self._caller, name, wanted)
        (last,) = pages.after(self._cursor) or ("",)
        async with self._engine.connect() as connection:
            rows = await lookup(connection, self._caller.tenant, wanted, after=str(last), size=self._limit + 1)
        if len(rows) > self._limit:
            pages.link_next(self._response, rows[self._limit - 1]["code"])
        return rows[: self._limit]

    async def members(self, codes: Sequence[str]) -> tuple[Mapping[str, list[Row]], Mapping[str, int]]:
        """Return the members of each of the teams, and how many of each role there shall be."""
        tenant = self._caller.tenant
        async with self._engine.connect() as connection:
            pattern = await team_patterns.pattern_of(connection, tenant)
            return await reference.members(connection, tenant, codes), pattern


async def _listing(
    request: Request,
    response: Response,
    caller: Staff,
    engine: ReadEngine,
    cursor: CursorText = None,
    limit: Limit = DEFAULT_LIMIT,
) -> _Listing:
    return _Listing(request, response, caller, engine, cursor, limit)


Listing = Annotated[_Listing, Depends(_listing)]


@router.get("/communities")
async def list_communities(listing: Listing, sub_district: Code | None = None) -> Page[CommunityView]:
    """List communities in the order of their codes."""
    rows = await listing.rows("communities", reference.communities, {"sub_district": sub_district})
    return Page(items=[CommunityView.model_validate(row) for row in rows])


@router.get("/grids")
async def list_grids(listing: Listing, community: Code | None = None, team: Code | None = None) -> GridCollection:
    """List the grids in force as a GeoJSON FeatureCollection, WGS84, in the order of their codes."""
    rows = await listing.rows("grids", reference.grids, {"community": community, "team": team})
    return GridCollection(features=[GridFeature.of(row) for row in rows])


@router.get("/posts")
async def list_posts(
    listing: Listing, kind: PostKind | None = None, community: Code | None = None, grid: Code | None = None
) -> Page[PostView]:
    """List key posts, liaison stations, kiosks, service stations and guide points in the order of their codes."""
    rows = await listing.rows("posts", reference.posts, {"kind": kind, "community": community, "grid": grid})
    return Page(items=[PostView.model_validate(row) for row in rows])


@router.get("/teams")
async def list_teams(listing: Listing, community: Code | None = None) -> Page[TeamView]:
    """List teams with their members in the order of their codes, and where their make-up differs from the pattern."""
    rows = await listing.rows("teams", reference.teams, {"community": community})
    members, pattern = await listing.members([row["code"] for row in rows])
    return Page(items=[TeamView.of(row, members.get(row["code"], []), pattern) for row in rows])
