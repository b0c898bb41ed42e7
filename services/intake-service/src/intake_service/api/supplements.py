"""Adding something to a complaint 补充材料."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.events import Place
from contracts.roles import STAFF, Role
from intake_service.api.attachment_schemas import FORM
from intake_service.api.attachments import FILE_ANSWER, Store, upload
from intake_service.api.deps import seen_by
from intake_service.api.reporter_schemas import CodedSupplementIn, SupplementAdded, SupplementIn, SupplementOut
from intake_service.api.speaking import Speaker, created, voice_of_code
from intake_service.api.tracking import ByCode, Number, guess_of
from intake_service.domain.reporting import Words
from intake_service.service import supplementing
from intake_service.service.joining import check_takes_more
from intake_service.service.tracking import tracked
from intake_service.service.voices import Voice, guest
from operations.once import Once
from operations.pages import Page
from runtime.auth import Caller, public, require
from runtime.idempotency import IdempotencyKey, StoredAnswer
from runtime.problems import PROBLEM_RESPONSES

router = APIRouter(tags=["reporters"], responses=PROBLEM_RESPONSES)
Reader = Annotated[Caller, Depends(require(*STAFF, Role.CITIZEN))]
_ADDED = {"model": SupplementAdded, "description": "Added, durably"}


@router.post("/complaints/{complaint_id}/supplements", status_code=201, responses={201: _ADDED})
async def add_supplement(complaint_id: UUID, body: SupplementIn, voice: Speaker, store: Store, once: Once) -> Response:
    """Add something to one's complaint, or as an operator on behalf of whoever reported it.

    Whoever works on it sees it with the case. 409 where the complaint has ended (`complaint-closed`,
    `-withdrawn`, `-voided`, `-rejected`, `-merged`) or its personal data was erased (`complaint-erased`), 409
    `too-many-supplements` after twenty.
    """
    work = _Adding(complaint_id, voice, body.words(), store.limits.per_complaint)
    return await once.run(voice.caller, work)


@router.post("/track/{number}/supplements", status_code=201, dependencies=[Depends(public)], responses={201: _ADDED})
async def add_supplement_by_code(
    number: Number, body: CodedSupplementIn, request: Request, store: Store, once: Once
) -> Response:
    """Add something to a complaint with the query code of its receipt; no token needed. Refusals as with one."""
    row = await tracked(request.app.state.engine, guess_of(request, number), body.query_code)
    voice = voice_of_code(row)
    return await once.run(voice.caller, _Adding(row.id, voice, body.words(), store.limits.per_complaint))


@router.post(
    "/attachments/by-code/{number}",
    status_code=201,
    dependencies=[Depends(public)],
    responses=FILE_ANSWER,
    response_class=Response,
    openapi_extra=FORM,
)
async def upload_by_code(row: ByCode, request: Request, store: Store, key: IdempotencyKey) -> Response:
    """Upload a file with the query code, for a supplement or an answer that refers to it by its `id` within a day.

    409 with the present state where the complaint has ended.
    """
    caller = guest(row.tenant, row.id)
    check_takes_more(row, caller)
    return await upload(request, caller, store, key)


@router.get("/complaints/{complaint_id}/supplements")
async def list_supplements(complaint_id: UUID, request: Request, caller: Reader, store: Store) -> Page[SupplementOut]:
    """List what was added to a complaint, in order; one page, because they are few."""
    await seen_by(caller, complaint_id, request)
    async with store.engine.connect() as connection:
        rows = await supplementing.of_complaint(connection, complaint_id)
    return Page(
        items=[
            SupplementOut(
                id=row.id,
                complaint=row.complaint_id,
                by="operator" if row.by_operator else "reporter",
                text=row.text,
                location=_place(row.lon, row.lat, row.address),
                attachments=row.attachments,
                written_at=row.written_at,
            )
            for row in rows
        ]
    )


class _Adding:
    """Adds, and answers."""

    def __init__(self, complaint_id: UUID, voice: Voice, words: Words, most_attachments: int) -> None:
        self._asked = (complaint_id, voice, words, most_attachments)

    async def __call__(self, connection: AsyncConnection) -> StoredAnswer:
        added = await supplementing.add(connection, *self._asked)
        return created(SupplementAdded(id=added.id, written_at=added.at, version=added.version), added.version)


def _place(lon: float | None, lat: float | None, address: str | None) -> Place | None:
    return None if lon is None and address is None else Place(lon=lon, lat=lat, address=address)
