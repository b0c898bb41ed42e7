"""What a file is, by its content. Names and declared types decide nothing."""

from pathlib import Path

import filetype

from intake_service.domain.attachment import MEDIA_TYPES, Kind, MediaType
from runtime.problems import Problem

_ALIASES = {"audio/x-wav": "audio/wav", "audio/x-m4a": "audio/mp4", "image/heif": "image/heic"}
_UNTOLD = frozenset({None, "", "application/octet-stream", "binary/octet-stream"})
_HEAD = 8192


def recognise(path: Path, declared: str | None) -> MediaType:
    """Return the type of a file; blocks.

    Raises Problem: 422 for an empty file, 415 for a type that is not taken, 422 where the client has `declared`
    another kind than it is.
    """
    with path.open("rb") as file:
        head = file.read(_HEAD)
    if not head:
        raise Problem(422, "attachment-empty")
    guess = filetype.guess(head)
    found = MEDIA_TYPES.get(_ALIASES.get(guess.mime, guess.mime)) if guess else None
    if found is None:
        raise Problem(415, "attachment-type-unsupported", headers={"Accept": ", ".join(MEDIA_TYPES)})
    told = (declared or "").partition(";")[0].strip().lower()
    if told not in _UNTOLD and _kind_of(told) != found.kind:
        raise Problem(422, "attachment-not-what-it-says", found=found.name)
    return found


def _kind_of(name: str) -> Kind | None:
    known = MEDIA_TYPES.get(_ALIASES.get(name, name))
    if known:
        return known.kind
    for kind in ("image", "audio", "video"):
        if name.startswith(f"{kind}/"):
            return kind
    return None
