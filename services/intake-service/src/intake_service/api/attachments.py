"""Uploading attachments, and getting them back."""

from functools import partial
from typing import Annotated, Any
from uuid import UUID

import structlog
from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import ValidationError

from contracts.roles import STAFF, Role
from intake_service.api.attachment_schemas import FORM, AttachmentForm, AttachmentOut, Hash
from intake_service.api.attachment_texts import store_at_hand
from intake_service.api.deps import seen_by
from intake_service.api.multipart import read_form
from intake_service.api.reporter_schemas import PublicationIn
from intake_service.api.serving import ShownAs, serve
from intake_service.domain.attachment import MEDIA_TYPES, Variant
from intake_service.persistence import attachments, public_photos
from intake_service.persistence.staging import TooLong, Writer
from intake_service.service.attaching import PATH, Attaching
from intake_service.service.attachment_views import shown
from operations.pages import Page
from runtime.auth import Caller, require
from runtime.idempotency import IdempotencyKey
from runtime.problems import PROBLEM_RESPONSES, Problem
from runtime.problems.validation import problem_of

log = structlog.get_logger()

router = APIRouter(tags=["attachments"], responses=PROBLEM_RESPONSES)
UPLOADERS = (
    Role.CITIZEN,
    Role.OPERATOR,
    Role.INSPECTOR,
    Role.PARTNER,
    Role.OFFICER,
    Role.DISPATCHER,
    Role.SUPERVISOR,
)
Uploading = Annotated[Caller, Depends(require(*UPLOADERS))]
Reading = Annotated[Caller, Depends(require(*STAFF, Role.CITIZEN, Role.PARTNER))]
Publishing = Annotated[Caller, Depends(require(Role.OFFICER, Role.OPERATOR, Role.DISPATCHER, Role.SUPERVISOR))]
OfStaff = Annotated[Caller, Depends(require(*STAFF))]
_CONTENT: dict[int | str, dict[str, Any]] = {
    200: {"description": "The file", "content": {"*/*": {}}},
    206: {"description": "A part of it"},
    304: {"description": "As the caller has it"},
    416: {"description": "The range lies behind the end.", "content": {"application/problem+json": {}}},
}


async def _attaching(request: Request) -> Attaching:
    attaching: Attaching = request.app.state.attaching
    return attaching


Store = Annotated[Attaching, Depends(_attaching)]


FILE_ANSWER: dict[int | str, dict[str, Any]] = {201: {"model": AttachmentOut, "description": "Kept, durably"}}


@router.post("/attachments", status_code=201, responses=FILE_ANSWER, response_class=Response, openapi_extra=FORM)
async def upload_attachment(request: Request, caller: Uploading, store: Store, key: IdempotencyKey) -> Response:
    """Upload one file, as the part `file` of a form; refer to it by its `id` in a complaint within a day.

    What it is, its content decides: JPEG, PNG, WebP or HEIC images, MP3, M4A, AAC, AMR, Ogg or WAV audio, MP4, MOV, 3GP
    or WebM video, PDF. With `complaint` it is added to that one. Give `sha256` to have the content checked. With an
    `Idempotency-Key` a repeat gets the first answer. On a bad network, use `/attachments/uploads`.
    """
    return await upload(request, caller, store, key)


async def upload(request: Request, caller: Caller, store: Attaching, key: str | None) -> Response:
    """Keep the file of a form for `caller`. Raises Problem."""
    async with store.engine.connect() as connection:
        await store.check_room(connection, caller)
    path = store.staging.new()
    with store_at_hand():
        try:
            async with Writer(path, store.limits.file_bytes) as writer:
                form = await read_form(request, writer)
            fields = AttachmentForm.model_validate(form.fields)
            answer = await store.attach(path, fields.wish(form.name, form.declared), caller, key=key)
        except TooLong as error:
            raise Problem(413, "attachment-too-large", limit=store.limits.file_bytes) from error
        except ValidationError as error:
            findings = [{**finding, "loc": ("body", *finding["loc"])} for finding in error.errors(include_input=False)]
            raise problem_of(findings) from error
        finally:
            path.unlink(missing_ok=True)
    return Response(answer.body, answer.status, headers=dict(answer.headers), media_type="application/json")


@router.head("/attachments", responses={200: {"description": "The caller has uploaded this content; see Location"}})
async def find_content(sha256: Annotated[Hash, Query()], caller: Uploading, store: Store) -> Response:
    """Say whether the caller has uploaded a content; nobody is told of what others have."""
    async with store.engine.connect() as connection:
        row = await attachments.with_content(connection, caller, bytes.fromhex(sha256))
    if row is None:
        raise _not_found()
    return Response(headers={"Location": f"{PATH}/{row.id}", "Content-Length": "0"})


@router.get("/attachments/{attachment_id}", response_class=Response, responses=_CONTENT)
async def read_attachment(attachment_id: UUID, request: Request, caller: Reading, store: Store) -> Response:
    """Get the file. Images are encoded anew, upright, with nothing in them but the picture; videos do not
    tell where they were taken.

    Staff get all of their tenant's; others what they uploaded, what belongs to their complaints, and what the bureau
    has made public of that into which theirs were merged.
    """
    return await _file(attachment_id, "served", request, caller, store)


@router.get("/attachments/{attachment_id}/thumbnail", response_class=Response, responses=_CONTENT)
async def read_thumbnail(attachment_id: UUID, request: Request, caller: Reading, store: Store) -> Response:
    """Get an image in at most 320 × 320 pixels, as JPEG; other files have none."""
    return await _file(attachment_id, "thumbnail", request, caller, store)


@router.get("/attachments/{attachment_id}/original", response_class=Response, responses=_CONTENT)
async def read_original(attachment_id: UUID, request: Request, caller: OfStaff, store: Store) -> Response:
    """Download the file as it was uploaded, byte by byte: evidence, which may hold anything."""
    return await _file(attachment_id, "original", request, caller, store)


@router.get("/attachments/{attachment_id}/metadata")
async def read_metadata(attachment_id: UUID, caller: Reading, store: Store) -> AttachmentOut:
    """Tell what an attachment is."""
    async with store.engine.connect() as connection:
        row = await attachments.one(connection, attachment_id, caller)
    if row is None:
        raise _not_found()
    return AttachmentOut.model_validate(shown(row, caller))


@router.get("/complaints/{complaint_id}/attachments")
async def list_attachments(complaint_id: UUID, request: Request, caller: Reading, store: Store) -> Page[AttachmentOut]:
    """List all attachments of a complaint, in the order of their uploads; one page, because they are few.

    For staff, those of what was merged into it are among them: `complaint` says whose each is.
    """
    row = await seen_by(caller, complaint_id, request)
    merged = row.merged if caller.has(*STAFF) else []
    async with store.engine.connect() as connection:
        rows = await attachments.of_complaints(connection, [complaint_id, *merged])
    return Page(items=[AttachmentOut.model_validate(shown(row, caller)) for row in rows])


@router.post("/attachments/{attachment_id}/publication")
async def publish_photo(attachment_id: UUID, body: PublicationIn, caller: Publishing, store: Store) -> AttachmentOut:
    """Show a photo of a complaint to its reporter, also without an account, or no longer.

    Whoever does it has seen that no stranger's face or plate is on it. 404 `photo-not-found` for anything but an image
    that belongs to a complaint.
    """
    async with store.engine.begin() as connection:
        row = await public_photos.publish(connection, caller.tenant, attachment_id, public=body.public)
    if row is None:
        raise Problem(404, "photo-not-found")
    return AttachmentOut.model_validate(shown(row, caller))


async def _file(attachment_id: UUID, variant: Variant, request: Request, caller: Caller, store: Attaching) -> Response:
    async with store.engine.connect() as connection:
        file = await attachments.file_of(connection, attachment_id, variant, caller)
    if file is None:
        raise _not_found()
    return await stored_file(request, store, attachment_id, variant, file)


async def stored_file(request: Request, store: Attaching, attachment_id: UUID, variant: Variant, file: Any) -> Response:
    """Return a file of the store that the caller may have. Raises Problem 503 unless the store gives it."""
    is_original = variant == "original"
    shown_as = ShownAs(
        tag=file.sha256.hex(),
        size=file.size,
        media_type="application/octet-stream" if is_original else file.media_type,
        name=f"{attachment_id}.{MEDIA_TYPES[file.media_type].extension}",
        download=is_original or file.kind == "document",
    )
    with store_at_hand():
        try:
            return await serve(request, partial(store.blobs.read, file.sha256), shown_as)
        except FileNotFoundError as error:
            log.error("attachment_file_missing", attachment=str(attachment_id), variant=variant)  # noqa: TRY400 -- no traceback: what is missing is all there is to say
            raise Problem(503, "attachment-store-unavailable", headers={"Retry-After": "30"}) from error


def _not_found() -> Problem:
    """Return the one answer for an unknown attachment, another tenant's and another citizen's."""
    return Problem(404, "attachment-not-found")
