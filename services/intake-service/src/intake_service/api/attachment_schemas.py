"""Request and response models of attachments."""

import re
import unicodedata
from datetime import datetime
from typing import Annotated, Any, get_args
from uuid import UUID

from pydantic import AfterValidator, BaseModel, Field

from intake_service.api.multipart import BINARY, form_body
from intake_service.api.schemas import Request
from intake_service.domain.attachment import Kind, PhotoRole, Wish
from runtime.types import Integer

_LONGEST_NAME = 200


def file_name(given: str) -> str | None:
    """Return the last part of a name, without what could mislead whoever reads it; None where nothing is left."""
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", given))[-1]
    return "".join(letter for letter in last if letter.isprintable())[-_LONGEST_NAME:].strip() or None


Hash = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$", description="SHA-256 of the content, in lower-case hex")]
Role = Annotated[PhotoRole, Field(description="近景, 远景, 参照物, 处置前, 处置后, 其他")]
Name = Annotated[str, Field(max_length=1000), AfterValidator(file_name)]


class AttachmentForm(Request):
    """The fields of the form beside the file."""

    role: Role = "other"
    complaint: UUID | None = None
    sha256: Hash | None = None

    def wish(self, name: str | None, declared: str | None) -> Wish:
        """Return what the uploader says of the file."""
        digest = bytes.fromhex(self.sha256) if self.sha256 else None
        return Wish(self.role, file_name(name) if name else None, declared, self.complaint, digest)


class UploadIn(Request):
    """What is going to be uploaded, in pieces."""

    sha256: Hash
    size: Annotated[Integer, Field(ge=1, description="Bytes")]
    role: Role = "other"
    name: Name | None = None
    complaint: UUID | None = None

    def wish(self) -> Wish:
        """Return what the uploader says of the file."""
        return Wish(self.role, self.name, None, self.complaint, bytes.fromhex(self.sha256))


class Evidence(BaseModel):
    """What a photo said of itself: `taken_at` as the camera had it, WGS84 degrees, make and model."""

    taken_at: str | None = None
    lon: float | None = None
    lat: float | None = None
    device: str | None = None


class AttachmentOut(BaseModel):
    """An attachment; `sha256` and `size` are those of what was uploaded, `evidence` is shown to staff only."""

    id: UUID
    role: PhotoRole
    kind: Kind
    media_type: str
    name: str | None
    size: int
    sha256: str
    width: int | None
    height: int | None
    has_thumbnail: bool
    complaint: UUID | None
    public: Annotated[bool, Field(description="Whether everybody with the query code sees it")]
    uploaded_at: datetime
    evidence: Evidence | None


class UploadOut(BaseModel):
    """How far an upload is; `attachment` once all of it is there, and then `id` and `expires_at` are null.

    The attachment gets the `id` of its upload, so that what was done can be told before the last piece is sent.
    """

    id: UUID | None
    offset: int
    size: int
    expires_at: datetime | None
    attachment: AttachmentOut | None = None


FORM = form_body(
    "file",
    {
        "file": BINARY,
        "role": {"type": "string", "enum": list(get_args(PhotoRole))},
        "complaint": {"type": "string", "format": "uuid"},
        "sha256": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
    },
)
PIECE: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {"application/offset+octet-stream": {"schema": BINARY}},
    }
}
