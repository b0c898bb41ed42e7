"""What can be attached to a complaint, and how much of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

PhotoRole = Literal["near", "far", "reference", "before", "after", "other"]
"""What a picture is for: 近景, 远景, 参照物, 处置前, 处置后, 其他."""
Kind = Literal["image", "audio", "video", "document"]
Variant = Literal["original", "served", "thumbnail"]
"""As it was uploaded, as callers get it, and small. The first two are the same of what is no
image and tells no place."""


@dataclass(frozen=True, slots=True)
class MediaType:
    """A type that is taken."""

    name: str
    kind: Kind
    extension: str
    served_as: str | None = None
    """What an image becomes when it is encoded anew; None: the same."""


_TAKEN = (
    MediaType("image/jpeg", "image", "jpg"),
    MediaType("image/png", "image", "png"),
    MediaType("image/webp", "image", "webp"),
    MediaType("image/heic", "image", "heic", served_as="image/jpeg"),
    MediaType("audio/mpeg", "audio", "mp3"),
    MediaType("audio/mp4", "audio", "m4a"),
    MediaType("audio/3gpp", "audio", "3gp"),
    MediaType("audio/webm", "audio", "webm"),
    MediaType("audio/aac", "audio", "aac"),
    MediaType("audio/amr", "audio", "amr"),
    MediaType("audio/ogg", "audio", "ogg"),
    MediaType("audio/wav", "audio", "wav"),
    MediaType("video/mp4", "video", "mp4"),
    MediaType("video/quicktime", "video", "mov"),
    MediaType("video/3gpp", "video", "3gp"),
    MediaType("video/webm", "video", "webm"),
    MediaType("application/pdf", "document", "pdf"),
)
MEDIA_TYPES: Mapping[str, MediaType] = {taken.name: taken for taken in _TAKEN}
"""By name. SVG, HTML and archives are not among them, whatever they are called."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How much may be attached."""

    file_bytes: int
    image_bytes: int
    pixels: int
    per_complaint: int
    waiting: int
    """Uploads of one citizen or partner that no complaint refers to yet, finished or not."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What an uploader says of a file."""

    role: PhotoRole = "other"
    name: str | None = None
    declared: str | None = None
    """The media type that the client names."""
    complaint: UUID | None = None
    sha256: bytes | None = None


@dataclass(frozen=True, slots=True)
class StoredFile:
    """One variant of an attachment; its content is in the store under its hash."""

    variant: Variant
    sha256: bytes
    size: int
    media_type: str


@dataclass(frozen=True, slots=True)
class NewAttachment:
    """An attachment about to be kept."""

    id: UUID
    tenant: str
    uploaded_by: str
    by_staff: bool
    role: PhotoRole
    name: str | None
    kind: Kind
    media_type: str
    """As it is served."""
    sha256: bytes
    """Of what was uploaded, as is `size`."""
    size: int
    width: int | None
    height: int | None
    evidence: Mapping[str, object] | None
    """What the file said of time, place and device; for staff only."""
    complaint: UUID | None
    created_at: datetime
    files: Sequence[StoredFile]
