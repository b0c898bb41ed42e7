"""Filters that staff save: their own, and those that are shared with their roles."""

from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any, Self
from uuid import UUID

from fastapi import APIRouter, Request, Response
from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.roles import STAFF, Role
from intake_service.api.deps import Engine, ReadEngine, Staff
from intake_service.api.filter_fields import FilterFields
from intake_service.persistence import saved_filters
from intake_service.persistence.saved_filters import SavedFilter
from operations.once import Once
from operations.pages import Page, Pages
from operations.problems import invalid
from runtime.auth import Caller
from runtime.clock import now
from runtime.etag import IfMatch, check, etag
from runtime.idempotency import StoredAnswer
from runtime.ids import uuid7
from runtime.paging import DEFAULT_LIMIT, CursorText, Limit
from runtime.problems import PROBLEM_RESPONSES, Problem
from runtime.types import OneLine, saying_something

router = APIRouter(tags=["filters"], responses=PROBLEM_RESPONSES)
MOST = 100
"""Filters of one person."""
_PATH = "/intake/v1/filters"


class FilterContent(FilterFields):
    """The filters of a list, as its query has them."""

    model_config = ConfigDict(extra="forbid")


class FilterBody(BaseModel):
    """A filter to be saved."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Annotated[
        OneLine, Field(min_length=1, max_length=100, examples=["待受理的停车诉求"]), AfterValidator(saying_something)
    ]
    filters: FilterContent
    roles: Annotated[
        list[Role], Field(max_length=len(STAFF), description="Whoever has one of these may use it too.")
    ] = []

    def check(self, caller: Caller) -> None:
        """Raise `Problem` 422 for a filter that filters nothing, or is shared with whom the caller may not."""
        if not self.filters.given():
            raise invalid("/filters", "nothing-filtered")
        may_all = caller.has(Role.SUPERVISOR, Role.ADMIN)
        if not set(self.roles) <= (STAFF if may_all else STAFF & caller.roles):
            raise invalid("/roles", "sharing-not-yours")


class FilterView(BaseModel):
    """A saved filter."""

    id: UUID
    name: str
    filters: Annotated[dict[str, Any], Field(description="What was given.")]
    roles: list[str]
    owner: str
    mine: bool
    version: int
    changed_at: datetime

    @classmethod
    def of(cls, kept: SavedFilter, caller: Caller) -> Self:
        """Return a filter as `caller` sees it."""
        facts = {name: getattr(kept, name) for name in ("id", "name", "owner", "version", "changed_at")}
        return cls(**facts, filters=dict(kept.content), roles=list(kept.roles), mine=kept.owner == caller.subject)


@router.post("/filters", status_code=201, response_model=FilterView)
async def save_filter(body: FilterBody, caller: Staff, once: Once) -> Response:
    """Save a filter. Names are unique for each owner; run it with `GET /intake/v1/complaints?filter=ID`."""
    body.check(caller)

    async def work(connection: AsyncConnection) -> StoredAnswer:
        if await saved_filters.count(connection, caller.tenant, caller.subject) >= MOST:
            raise Problem(409, "too-many-saved-filters", most=MOST)
        new = SavedFilter(
            id=uuid7(),
            tenant=caller.tenant,
            owner=caller.subject,
            name=body.name,
            roles=sorted(set(body.roles)),
            content=body.filters.given(),
            version=1,
            changed_at=now(),
        )
        if not await saved_filters.add(connection, new):
            raise Problem(409, "saved-filter-name-taken")
        headers = {"Location": f"{_PATH}/{new.id}", "ETag": etag(new.version)}
        return StoredAnswer(201, FilterView.of(new, caller).model_dump_json(), headers)

    return await once.run(caller, work)


@router.get("/filters")
async def list_filters(
    request: Request,
    response: Response,
    caller: Staff,
    engine: ReadEngine,
    cursor: CursorText = None,
    limit: Limit = DEFAULT_LIMIT,
) -> Page[FilterView]:
    """List the filters that the caller may use, by name: their own, and those shared with a role of theirs."""
    pages = Pages(request, caller, "filters", {"caller": caller.subject, "roles": sorted(caller.roles)})
    position = pages.after(cursor)
    after = None if position is None else (str(position[0]), UUID(str(position[1])))
    async with engine.connect() as connection:
        found = await saved_filters.usable(connection, caller, after=after, size=limit + 1)
    shown = pages.cut(response, found, limit, lambda each: (each.name, each.id))
    return Page(items=[FilterView.of(each, caller) for each in shown])


@router.get("/filters/{filter_id}")
async def read_filter(filter_id: UUID, response: Response, caller: Staff, engine: ReadEngine) -> FilterView:
    """Read a filter that the caller may use."""
    async with engine.connect() as connection:
        kept = await saved_filters.find(connection, caller, filter_id)
    if kept is None:
        raise Problem(404, "saved-filter-not-found")
    response.headers["ETag"] = etag(kept.version)
    return FilterView.of(kept, caller)


@router.put("/filters/{filter_id}")
async def change_filter(
    filter_id: UUID, body: FilterBody, response: Response, caller: Staff, engine: Engine, if_match: IfMatch
) -> FilterView:
    """Replace a filter; its owner only."""
    body.check(caller)
    async with engine.begin() as connection:
        kept = await _own(connection, caller, filter_id)
        check(if_match, kept.version)
        new = replace(
            kept,
            name=body.name,
            roles=sorted(set(body.roles)),
            content=body.filters.given(),
            version=kept.version + 1,
            changed_at=now(),
        )
        if not await saved_filters.replace(connection, new):
            raise Problem(409, "saved-filter-name-taken")
    response.headers["ETag"] = etag(new.version)
    return FilterView.of(new, caller)


@router.delete("/filters/{filter_id}", status_code=204)
async def remove_filter(filter_id: UUID, caller: Staff, engine: Engine, if_match: IfMatch) -> None:
    """Delete a filter; its owner, and administrators one that is shared with them."""
    async with engine.begin() as connection:
        kept = await _own(connection, caller, filter_id, or_admin=True)
        check(if_match, kept.version)
        await saved_filters.remove(connection, caller.tenant, filter_id)


async def _own(connection: AsyncConnection, caller: Caller, filter_id: UUID, *, or_admin: bool = False) -> SavedFilter:
    kept = await saved_filters.find(connection, caller, filter_id, lock=True)
    if kept is None:
        raise Problem(404, "saved-filter-not-found")
    if kept.owner != caller.subject and not (or_admin and caller.has(Role.ADMIN)):
        raise Problem(403, "saved-filter-not-yours")
    return kept
