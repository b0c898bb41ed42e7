"""Photos of field work as JSON: attachments of intake, and what they show."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError

from dispatch_service.domain.photos import Photo, PhotoRole


class PhotoView(BaseModel):
    """The id of an attachment of intake, and what it shows: before, after, 近景, 远景, 参照物."""

    id: UUID
    role: PhotoRole


class PhotoBody(PhotoView):
    """A photo that was uploaded to intake before."""

    model_config = ConfigDict(extra="forbid")


def _each_once(photos: list[PhotoBody]) -> list[PhotoBody]:
    if len({photo.id for photo in photos}) < len(photos):
        raise PydanticCustomError("photo_twice", "a photo is named twice")
    return photos


Photos = Annotated[list[PhotoBody], Field(max_length=20), AfterValidator(_each_once)]


def photos_of(bodies: Sequence[PhotoBody]) -> list[Photo]:
    """Return photos as the rest of the service knows them."""
    return [Photo(body.id, body.role) for body in bodies]
