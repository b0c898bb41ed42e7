"""Uploads in pieces, for bad networks: a small part of the tus protocol, with the hash as what is found again."""

import json
import re
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Header, Request, Response

from intake_service.api.attachment_schemas import PIECE, AttachmentOut, UploadIn, UploadOut
from intake_service.api.attachment_texts import store_at_hand
from intake_service.api.attachments import Store, Uploading
from intake_service.service import uploading
from intake_service.service.attaching import PATH
from intake_service.service.uploading import Upload
from runtime.problems import PROBLEM_RESPONSES, Problem

router = APIRouter(prefix="/attachments/uploads", tags=["attachments"], responses=PROBLEM_RESPONSES)
_OFFSET = re.compile(r"0|[1-9][0-9]{0,14}", re.ASCII)
_MEDIA_TYPE = "application/offset+octet-stream"


@router.post("", responses={201: {"model": UploadOut, "description": "Begun"}})
async def begin_upload(body: UploadIn, response: Response, caller: Uploading, store: Store) -> UploadOut:
    """Begin an upload, or find the one that was begun: `offset` says where to go on.

    Where the caller has uploaded this content before, nothing has to be sent: `attachment` is there at once. A repeat
    needs no idempotency key, because the content names the upload. It can be gone on with for a day.
    """
    begun = await uploading.begin(store, body.wish(), body.size, caller)
    if not isinstance(begun, Upload):
        attachment = AttachmentOut.model_validate(json.loads(begun.body))
        return UploadOut(id=None, offset=body.size, size=body.size, expires_at=None, attachment=attachment)
    response.status_code = 201 if begun.is_new else 200
    response.headers["Location"] = f"{PATH}/uploads/{begun.id}"
    response.headers["Upload-Offset"] = str(begun.offset)
    return UploadOut(id=begun.id, offset=begun.offset, size=begun.size, expires_at=begun.expires_at)


@router.head("/{upload_id}", responses={200: {"description": "How far it is: Upload-Offset of Upload-Length"}})
async def read_upload(upload_id: UUID, caller: Uploading, store: Store) -> Response:
    """Say how far an upload is."""
    upload = await uploading.progress(store, upload_id, caller)
    return Response(headers={**_headers(upload), "Content-Length": "0"})


@router.patch(
    "/{upload_id}",
    status_code=204,
    responses={
        201: {"model": AttachmentOut, "description": "That was the last piece: kept, durably"},
        204: {"description": "Taken; Upload-Offset says how far it is"},
    },
    response_class=Response,
    openapi_extra=PIECE,
)
async def continue_upload(
    upload_id: UUID,
    request: Request,
    caller: Uploading,
    store: Store,
    upload_offset: Annotated[str, Header(description="Where the piece begins: where the upload is.")],
) -> Response:
    """Send the next piece, of any length. What has arrived stays, also where the connection breaks.

    The last piece is answered with the attachment. Where its content cannot be taken, the upload is over.
    """
    if request.headers.get("content-type", "").lower() != _MEDIA_TYPE:
        raise Problem(415, "piece-needed", headers={"Accept": _MEDIA_TYPE})
    with store_at_hand():
        result = await uploading.go_on(store, upload_id, _offset(upload_offset), request.stream(), caller)
    if isinstance(result, Upload):
        return Response(status_code=204, headers=_headers(result))
    return Response(result.body, result.status, headers=dict(result.headers), media_type="application/json")


def _headers(upload: Upload) -> dict[str, str]:
    return {"Upload-Offset": str(upload.offset), "Upload-Length": str(upload.size)}


def _offset(given: str) -> int:
    if _OFFSET.fullmatch(given) is None:
        raise Problem(
            400, "header-invalid", header="Upload-Offset", reason_zh="应为字节数", reason_en="a number of bytes"
        )
    return int(given)
