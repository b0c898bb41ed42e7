"""Following complaints of others 关注, and saying that they are one's own matter too."""

from datetime import date, datetime
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Path, Response
from fastapi import Request as HttpRequest
from pydantic import BaseModel, Field, StrictBool

from contracts.roles import Role
from intake_service.api.deps import Engine, Known, ReadEngine
from intake_service.api.handles import complaint_of, handle
from intake_service.api.schemas import Request
from intake_service.api.view_schemas import Step
from intake_service.api.views import progress_of, status_label
from intake_service.persistence import followers
from intake_service.service.following import follow
from operations.pages import Page, Pages
from runtime.auth import Caller, require
from runtime.paging import DEFAULT_LIMIT, CursorText, Limit
from runtime.problems import PROBLEM_RESPONSES
from runtime.problems.language import preferred_language

router = APIRouter(tags=["duplicates"], responses=PROBLEM_RESPONSES)
Following = Annotated[Caller, Depends(require(Role.CITIZEN))]
Handle = Annotated[str, Path(max_length=200, alias="complaint", description="The `handle` that /similar has given.")]


class FollowIn(Request):
    """Whether it concerns the caller."""

    me_too: Annotated[
        StrictBool, Field(description="I have the same problem 我也遇到. Counted once for each person.")
    ] = False


class Followed(BaseModel):
    """A complaint of somebody else, as its followers see it; where it was merged, as its master stands."""

    handle: str
    category: str | None
    category_label: str | None
    status: str
    status_label: str
    unit: str | None
    received_on: date
    updated_at: datetime
    me_too: bool
    progress: list[Step]


@router.post("/complaints/{complaint}/follow", status_code=204, response_class=Response)
async def follow_complaint(
    complaint: Handle, body: FollowIn, request: HttpRequest, caller: Following, engine: Engine
) -> Response:
    """Follow a complaint of somebody else. Once more changes `me_too`. 409 `follow-own` for one's own."""
    await follow(engine, complaint_of(request, caller, complaint), caller, is_affected=body.me_too)
    return Response(status_code=204)


@router.delete("/complaints/{complaint}/follow", status_code=204, response_class=Response)
async def unfollow_complaint(complaint: Handle, request: HttpRequest, caller: Following, engine: Engine) -> Response:
    """Follow it no more, and take `me_too` back."""
    found = complaint_of(request, caller, complaint)
    async with engine.begin() as connection:
        await followers.unfollow(connection, caller.tenant, caller.subject, found)
    return Response(status_code=204)


@router.get("/following")
async def list_followed(
    request: HttpRequest,
    response: Response,
    caller: Following,
    engine: ReadEngine,
    known: Known,
    limit: Limit = DEFAULT_LIMIT,
    cursor: CursorText = None,
) -> Page[Followed]:
    """List what the caller follows, newest first, and how it stands."""
    pages = Pages(request, caller, "following", {"caller": caller.subject})
    before = pages.after_id(cursor)
    async with engine.connect() as connection:
        found = await followers.page(connection, caller.tenant, caller.subject, before, limit + 1)
    rows = pages.cut(response, found, limit, lambda row: row.id)
    names = await known.namings(caller.tenant, [row.configuration for row in rows])
    language = preferred_language(request.headers.get("accept-language"))
    zone = ZoneInfo(request.app.state.settings.timezone)
    items = []
    for row in rows:
        category = names[row.configuration].category(row.category)
        items.append(
            Followed(
                handle=handle(request, caller, row.id),
                category=row.category,
                category_label=None if category is None else category[language == "en"],
                status=row.status,
                status_label=status_label(row.status, language),
                unit=row.unit,
                received_on=row.received_at.astimezone(zone).date(),
                updated_at=row.updated_at,
                me_too=row.is_affected,
                progress=[Step(status=step.status, at=step.at) for step in progress_of(row)],
            )
        )
    return Page(items=items)
