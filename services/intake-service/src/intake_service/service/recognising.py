"""What a file is, by its content. Names and declared types decide nothing."""

from pathlib import Path

import filetype

from intake_service.domain.attachment import MEDIA_TYPES, Kind, MediaType
from runtime.problems import Problem

_ALIASES = {"audio/x-wav": "audio/wav", "audio/x-m4a": "audio/mp4", "image/heif": "image/heic"}
_SOUND = {"video/mp4": "audio/mp4", "video/3gpp": "audio/3gpp", "video/webm": "audio/webm"}
"""What a container is called where it holds sound alone, which only whoever has made it says."""
_CONTAINERS = frozenset({*_SOUND, *_SOUND.values(), "video/quicktime"})
_UNTOLD = frozenset({None, "", "application/octet-stream", "binary/octet-stream"})
_HEAD = 8192


def recognise(path: Path, declared: str | None) -> MediaType:
    """Return the type of a file; blocks.

    Raises Problem: 422 for an empty file, 415 for a type that is not taken, 422 where the client has `declared`
    another kind than it is. In the containers of ISO and WebM, audio and video pass for each other.
    """
    with path.open("rb") as file:
        head = file.read(_HEAD)
    if not head:
        raise Problem(422, "attachment-empty")
    name = _name_of(head)
    told = (declared or "").partition(";")[0].strip().lower()
    kind = _kind_of(told)
    found = MEDIA_TYPES.get(_SOUND.get(name, name) if kind == "audio" else name)
    if found is None:
        raise Problem(415, "attachment-type-unsupported", headers={"Accept": ", ".join(MEDIA_TYPES)})
    passes = kind == found.kind or (kind in ("audio", "video") and found.name in _CONTAINERS)
    if told not in _UNTOLD and not passes:
        raise Problem(422, "attachment-not-what-it-says", found=found.name)
    return found


def _name_of(head: bytes) -> str:
    if head[4:8] == b"ftyp" and head[8:11] in (b"3gp", b"3g2"):  # the library looks for it at the very beginning
        return "video/3gpp"
    guess = filetype.guess(head)
    return _ALIASES.get(guess.mime, guess.mime) if guess else ""


def _kind_of(name: str) -> Kind | None:
    known = MEDIA_TYPES.get(_ALIASES.get(name, name))
    if known:
        return known.kind
    for kind in ("image", "audio", "video"):
        if name.startswith(f"{kind}/"):
            return kind
    return None
