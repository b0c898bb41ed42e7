"""A program that reads one image, which may be hostile, and writes it anew: `python -m … SOURCE TARGET TYPE PIXELS`.

It runs in a process of its own with little memory and little time, so that no image can do more than be refused. It
writes `TARGET.served` and `TARGET.thumbnail`, neither of which has anything of the source but its pixels, and prints
a line of JSON: either `refused` with a code, or `width`, `height` and `evidence`.
"""

import contextlib
import json
import os
import resource
import sys
import warnings
from pathlib import Path

from PIL import Image, ImageOps

from intake_service.service.exif import evidence_of

_FORMATS = {"image/jpeg": "JPEG", "image/png": "PNG", "image/webp": "WEBP", "image/heic": "HEIF"}
_SAVED: dict[str, tuple[str, dict[str, int]]] = {
    "JPEG": ("JPEG", {"quality": 88}),
    "HEIF": ("JPEG", {"quality": 88}),
    "PNG": ("PNG", {"compress_level": 4}),
    "WEBP": ("WEBP", {"quality": 88, "method": 2}),
}
_THUMBNAIL = (320, 320)
_CPU_SECONDS = 20
_BASE_BYTES = 600_000_000
_BYTES_A_PIXEL = 16
_NICE = 5


class Refused(Exception):
    """The image is not taken; the text is a code."""


def render(source: Path, target: Path, media_type: str, pixels: int) -> dict[str, object]:
    """Write the image and its thumbnail, upright, and return its size and what it says of itself.

    Raises Refused for one of more pixels, before any is decoded; else whatever the decoder raises.
    """
    if media_type == "image/heic":
        import pi_heif

        pi_heif.register_heif_opener(thumbnails=False)
    format_ = _FORMATS[media_type]
    with Image.open(source, formats=[format_]) as image:
        if image.width * image.height > pixels:
            raise Refused("image-too-large")
        evidence = evidence_of(image)
        plain = _plain(ImageOps.exif_transpose(image))
    served, options = _SAVED[format_]
    if served == "JPEG":
        plain = _opaque(plain)
    plain.save(f"{target}.served", served, **options)
    width, height = plain.size
    plain.thumbnail(_THUMBNAIL)
    _opaque(plain).save(f"{target}.thumbnail", "JPEG", quality=80)
    return {"width": width, "height": height, "evidence": evidence}


def _plain(image: Image.Image) -> Image.Image:
    """Return the first frame in a common mode, without anything that came beside the pixels."""
    has_alpha = image.has_transparency_data
    wanted = "RGBA" if has_alpha else image.mode if image.mode in {"L", "RGB"} else "RGB"
    plain = image.convert(wanted)
    plain.info = {}
    return plain


def _opaque(image: Image.Image) -> Image.Image:
    if image.mode != "RGBA":
        return image
    ground = Image.new("RGB", image.size, "white")
    ground.paste(image, mask=image.getchannel("A"))
    return ground


def _confine(pixels: int) -> None:
    """Give up the right to much memory and time, and to large files."""
    memory = _BASE_BYTES + _BYTES_A_PIXEL * pixels
    limits = {
        resource.RLIMIT_AS: memory,
        resource.RLIMIT_CPU: _CPU_SECONDS,
        resource.RLIMIT_FSIZE: memory,
        resource.RLIMIT_CORE: 0,
    }
    for what, limit in limits.items():
        with contextlib.suppress(ValueError, OSError):  # a lower limit is set already, or the system knows none
            resource.setrlimit(what, (limit, limit))
    os.nice(_NICE)


def main() -> None:
    """Do it for the arguments of the program."""
    source, target, media_type, pixels = sys.argv[1:]
    _confine(int(pixels))
    warnings.simplefilter("ignore")
    Image.MAX_IMAGE_PIXELS = int(pixels)
    result: dict[str, object]
    try:
        result = render(Path(source), Path(target), media_type, int(pixels))
    except (Refused, Image.DecompressionBombError) as error:
        result = {"refused": str(error) if isinstance(error, Refused) else "image-too-large"}
    except Exception:  # noqa: BLE001 - decoders raise anything on bytes that they cannot read, MemoryError too
        result = {"refused": "image-unreadable"}
    sys.stdout.write(json.dumps(result))


if __name__ == "__main__":
    main()
