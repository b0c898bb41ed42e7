"""What a photo says of the time, the place and the device: evidence for staff, and never served."""

import math
from datetime import datetime
from typing import Any

from PIL import ExifTags, Image

_TEXT = 100


def evidence_of(image: Image.Image) -> dict[str, object]:
    """Return `taken_at` (as the camera had it, with an offset where it knew one), `lon`, `lat` (WGS84) and `device`.

    What is not there, or makes no sense, is left out.
    """
    try:
        exif = image.getexif()
        camera, position = exif.get_ifd(ExifTags.IFD.Exif), exif.get_ifd(ExifTags.IFD.GPSInfo)
    except Exception:  # noqa: BLE001 - EXIF is written by every device in its own way; the image is good without it
        return {}
    found = {
        "taken_at": _taken_at(camera),
        "device": _device(exif.get(ExifTags.Base.Make), exif.get(ExifTags.Base.Model)),
        "lon": _degrees(position, ExifTags.GPS.GPSLongitude, ExifTags.GPS.GPSLongitudeRef, "EW", 180),
        "lat": _degrees(position, ExifTags.GPS.GPSLatitude, ExifTags.GPS.GPSLatitudeRef, "NS", 90),
    }
    if found["lon"] is None or found["lat"] is None:
        found["lon"] = found["lat"] = None
    return {name: value for name, value in found.items() if value is not None}


def _taken_at(camera: dict[int, Any]) -> str | None:
    written = f"{camera.get(ExifTags.Base.DateTimeOriginal, '')}"
    offset = f"{camera.get(ExifTags.Base.OffsetTimeOriginal, '')}".strip("\0 ")
    try:
        moment = datetime.strptime(written.strip("\0 "), "%Y:%m:%d %H:%M:%S")  # noqa: DTZ007 - the camera's own clock
        return datetime.fromisoformat(f"{moment.isoformat()}{offset}").isoformat()
    except ValueError:
        return None


def _device(*parts: object) -> str | None:
    words = [part.strip("\0 ") for part in parts if isinstance(part, str)]
    text = " ".join(word for word in words if word.isprintable())[:_TEXT].strip()
    return text or None


def _degrees(position: dict[int, Any], value: int, reference: int, letters: str, largest: int) -> float | None:
    try:
        degrees, minutes, seconds = (float(part) for part in position[value])
        sign = -1 if str(position[reference]).strip("\0 ") == letters[1] else 1
    except (KeyError, TypeError, ValueError, ZeroDivisionError):
        return None
    found = sign * (degrees + minutes / 60 + seconds / 3600)
    return round(found, 7) if math.isfinite(found) and abs(found) <= largest else None
