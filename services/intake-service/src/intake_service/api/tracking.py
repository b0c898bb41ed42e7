"""The reporter's view: by number and query code without an account, and of one's own complaints with one."""

from collections.abc import Sequence
from typing import Annotated, Any
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.lifecycle import Status
from contracts.roles import STAFF, Role
from intake_service.api.attachments import Store, stored_file
from intake_service.api.deps import seen_by
from intake_service.api.reporter_schemas import Track
from intake_service.api.track_views import Told, Viewer, track_view
from intake_service.domain.attachment import Variant
from intake_service.domain.standing import RUNNING
from intake_service.persistence import merging, public_photos
from intake_service.persistence.complaint_filters import ComplaintFilter
from intake_service.service import questioning
from intake_service.service.attaching import Attaching
from intake_service.service.listing import Listing
from intake_service.service.references import References
from intake_service.service.tracking import tracked
from operations.pages import Page, Pages
from operations.wrong_codes import Guess
from runtime import clock, etag
from runtime.auth import Caller, public, require
from runtime.paging import DEFAULT_LIMIT, CursorText, Limit
from runtime.problems import PROBLEM_RESPONSES, Problem
from runtime.problems.language import preferred_language

router = APIRouter(tags=["reporters"], responses=PROBLEM_RESPONSES)
Reporter = Annotated[Caller, Depends(require(Role.CITIZEN))]
Reader = Annotated[Caller, Depends(require(*STAFF, Role.CITIZEN))]
Number = Annotated[str, Path(min_length=1, max_length=50)]
CodeText = Annotated[str, Query(alias="query_code", min_length=1, max_length=100)]


def guess_of(request: Request, number: str) -> Guess:
    """Return who asks for which complaint."""
    return Guess(request.app.state.settings.tenant, number, request.client.host if request.client else "")


async def row_by_code(number: Number, query_code: CodeText, request: Request, response: Response) -> Any:
    """Return the complaint whose number and query code the URL has."""
    response.headers["Cache-Control"] = "no-store"
    return await tracked(request.app.state.engine, guess_of(request, number), query_code)


ByCode = Annotated[Any, Depends(row_by_code)]


@router.get("/track/{number}", dependencies=[Depends(public)])
async def track_complaint(row: ByCode, request: Request, store: Store) -> Track:
    """Follow a complaint with its number and the query code of the receipt; no token needed.

    404 for an unknown number and for a wrong code alike; 429 `too-many-tries` after ten wrong codes for a number
    within a quarter of an hour, or a hundred from one address within a minute.
    """
    [track] = await _tracks(request, store, [row], has_token=False)
    return track


@router.get("/track/{number}/photos/{photo}", dependencies=[Depends(public)], response_class=Response)
async def read_public_photo(photo: UUID, row: ByCode, request: Request, store: Store) -> Response:
    """Get a photo that was made public, also of what the complaint was merged into; no token needed."""
    return await _photo(request, store, row, photo, "served")


@router.get("/track/{number}/photos/{photo}/thumbnail", dependencies=[Depends(public)], response_class=Response)
async def read_public_thumbnail(photo: UUID, row: ByCode, request: Request, store: Store) -> Response:
    """Get it in at most 320 × 320 pixels."""
    return await _photo(request, store, row, photo, "thumbnail")


@router.get("/complaints/{complaint_id}/track")
async def track_own_complaint(
    complaint_id: UUID, request: Request, response: Response, caller: Reader, store: Store
) -> Track:
    """See a complaint as its reporter does, signed in; staff read it out on the phone."""
    row = await seen_by(caller, complaint_id, request)
    response.headers["ETag"] = etag.etag(row.version)
    [track] = await _tracks(request, store, [row], has_token=True)
    return track


@router.get("/my/complaints")
async def list_my_complaints(
    request: Request,
    response: Response,
    caller: Reporter,
    store: Store,
    limit: Limit = DEFAULT_LIMIT,
    cursor: CursorText = None,
) -> Page[Track]:
    """List the caller's own complaints, newest first, each as `GET /complaints/{id}/track` shows it."""
    listing: Listing = request.app.state.listing
    pages = Pages(request, caller, "my", {"caller": caller.subject})
    before = pages.after_id(cursor)
    me = Caller(caller.subject, caller.tenant, frozenset({Role.CITIZEN}))
    after = None if before is None else (None, before)
    rows = await listing.page(me, ComplaintFilter(), phone=None, after=after, size=limit + 1)
    shown = pages.cut(response, rows, limit, lambda row: row.id)
    return Page(items=await _tracks(request, store, shown, has_token=True))


async def _tracks(request: Request, store: Attaching, rows: Sequence[Any], *, has_token: bool) -> list[Track]:
    settings = request.app.state.settings
    language = preferred_language(request.headers.get("accept-language"))
    references: References = request.app.state.references
    tenant = rows[0].tenant if rows else settings.tenant
    names = await references.namings(tenant, [row.configuration for row in rows])
    viewer = Viewer(language, ZoneInfo(settings.timezone), has_token, names)
    async with store.engine.connect() as connection:
        masters = await merging.masters(connection, rows)
        told = await _told(connection, [*rows, *masters.values()])
    now = clock.now()
    return [track_view(told[row.id], viewer, now, master=told.get(row.merged_into)) for row in rows]


async def _told(connection: AsyncConnection, rows: Sequence[Any]) -> dict[UUID | None, Told]:
    """Return the complaints by id, with their public photos and what each waits for: two statements, or one."""
    photos = await public_photos.of_complaints(connection, [row.id for row in rows])
    asked = [row.question for row in rows if row.question is not None and Status(row.status) in RUNNING]
    questions = await questioning.by_id(connection, asked)
    return {
        row.id: Told(
            row,
            questions.get(row.question) if row.question in asked else None,
            [photo for photo in photos if photo.complaint_id == row.id],
        )
        for row in rows
    }


async def _photo(request: Request, store: Attaching, row: Any, photo: UUID, variant: Variant) -> Response:
    async with store.engine.connect() as connection:
        file = await public_photos.file_of(connection, row, photo, variant)
    if file is None:
        raise Problem(404, "photo-not-found")
    return await stored_file(request, store, photo, variant, file)
