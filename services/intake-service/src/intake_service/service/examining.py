"""Looks into a file that came, and makes of it what is kept."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from intake_service.domain.attachment import Limits, MediaType, Variant, Wish
from intake_service.persistence.staging import Staged, stage
from intake_service.service import videos
from intake_service.service.images import ImageRefused, Images, renderings
from intake_service.service.recognising import recognise
from runtime.problems import Problem

_THUMBNAIL_TYPE = "image/jpeg"


@dataclass(frozen=True, slots=True)
class Part:
    """One variant, in a file that waits to be placed."""

    variant: Variant
    staged: Staged
    media_type: str


@dataclass(frozen=True, slots=True)
class Content:
    """What a file turned out to be."""

    found: MediaType
    media_type: str
    parts: Sequence[Part]
    width: int | None = None
    height: int | None = None
    evidence: Mapping[str, object] | None = None


@asynccontextmanager
async def examined(staged: Staged, wish: Wish, limits: Limits, images: Images) -> AsyncIterator[Content]:
    """Give what the file is; what was made of it is removed afterwards where it was not placed in the store.

    Raises Problem for a file that is empty, of no type that is taken, of another kind than declared, too large, or an
    image that cannot be read.
    """
    found = await asyncio.to_thread(recognise, staged.path, wish.declared)
    if found.kind == "image" and staged.size > limits.image_bytes:
        raise Problem(413, "attachment-too-large", limit=limits.image_bytes)
    try:
        if found.kind == "image":
            yield await _image(staged, found, limits, images)
        else:
            yield await asyncio.to_thread(_as_it_came, staged, found)
    finally:
        for path in renderings(staged.path):
            path.unlink(missing_ok=True)


def _as_it_came(staged: Staged, found: MediaType) -> Content:
    """Return what is not encoded anew: served as it came, but for the place that a video tells; blocks."""
    served, evidence = staged, None
    if found.name in videos.TYPES and (told := videos.looked_into(staged.path)).blanks:
        target, _ = renderings(staged.path)
        videos.blanked(staged.path, target, told)
        served, evidence = stage(target), told.evidence or None
    parts = [Part("original", staged, found.name), Part("served", served, found.name)]
    return Content(found, found.name, parts, evidence=evidence)


async def _image(staged: Staged, found: MediaType, limits: Limits, images: Images) -> Content:
    try:
        rendered = await images.render(staged.path, found.name)
    except ImageRefused as error:
        raise Problem(422, error.code, pixels=limits.pixels) from error
    served = found.served_as or found.name
    parts = [
        Part("original", staged, found.name),
        Part("served", await asyncio.to_thread(stage, rendered.served), served),
        Part("thumbnail", await asyncio.to_thread(stage, rendered.thumbnail), _THUMBNAIL_TYPE),
    ]
    return Content(found, served, parts, rendered.width, rendered.height, rendered.evidence or None)
