"""Files to upload, good and bad, and how they are uploaded."""

import io
import os
import random
import struct
import zlib
from pathlib import Path
from typing import Any

import httpx
from PIL import ExifTags, Image

from contracts.roles import Role
from intake.conftest import As

HEIC = (Path(__file__).parent / "tiny.heic").read_bytes()
MP3 = b"ID3\x03" + bytes(6) + (b"\xff\xfb\x90\x64" + bytes(413)) * 3
PDF = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"
AMR = b"#!AMR\n" + b"\x3c" * 200
WEBM = bytes.fromhex("1a45dfa39f4286810142f7810142f2810442f381084282847765626d42878104428581021853806701ffffffffffffff")
"""The head of a file of MediaRecorder: EBML's, then a segment of unknown length."""
SVG = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
HTML = b"<!DOCTYPE html><html><script>alert(1)</script></html>"


def picture(kind: str = "JPEG", size: tuple[int, int] = (60, 40), seed: int | None = None, **options: Any) -> bytes:
    """Return an image that no other call returns, unless it has the same `seed`."""
    colours = random.Random(seed)
    image = Image.new("RGB", size, tuple(colours.randbytes(3)))
    image.paste(tuple(colours.randbytes(3)), (0, 0, size[0] // 2, size[1] // 2))
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def photo() -> bytes:
    """Return a JPEG as a phone takes it: lying on its side, with time, place and device."""
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    exif[ExifTags.Base.Make], exif[ExifTags.Base.Model] = "HUAWEI", "P60\0"
    camera = exif.get_ifd(ExifTags.IFD.Exif)
    camera[ExifTags.Base.DateTimeOriginal], camera[ExifTags.Base.OffsetTimeOriginal] = "2026:11:20 08:30:00", "+08:00"
    position = exif.get_ifd(ExifTags.IFD.GPSInfo)
    position[ExifTags.GPS.GPSLatitudeRef], position[ExifTags.GPS.GPSLatitude] = "N", (26.0, 34.0, 50.52)
    position[ExifTags.GPS.GPSLongitudeRef], position[ExifTags.GPS.GPSLongitude] = "E", (107.0, 14.0, 8.52)
    return picture(exif=exif, comment=b"canary-comment")


def video(brand: bytes = b"isom") -> bytes:
    """Return the boxes of an MP4 file."""
    return _box(b"ftyp", brand + bytes(4) + brand) + _box(b"moov", bytes(100)) + _box(b"mdat", bytes(300))


def png_of(width: int, height: int) -> bytes:
    """Return a PNG of a few bytes that says it is that large."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(bytes(100_000)))
        + chunk(b"IEND", b"")
    )


def pixels(content: bytes) -> Image.Image:
    """Return the image."""
    image = Image.open(io.BytesIO(content))
    image.load()
    return image


async def upload(
    client: httpx.AsyncClient,
    headers: dict[str, str],
    content: bytes,
    *,
    name: str = "photo.jpg",
    declared: str = "application/octet-stream",
    **fields: str,
) -> httpx.Response:
    """Upload a file by form."""
    return await client.post("/attachments", files={"file": (name, content, declared)}, data=fields, headers=headers)


async def uploaded(
    client: httpx.AsyncClient,
    as_: As,
    subject: str = "citizen-1",
    role: Role = Role.CITIZEN,
    content: bytes | None = None,
) -> str:
    """Upload a file, by default one that there was not before, and return its id."""
    answer = await upload(client, as_(role, subject), content or video() + os.urandom(16))
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def left_in(store: Path) -> list[str]:
    """Return what is in the store and on its way there."""
    return sorted(str(path.relative_to(store)) for path in store.rglob("*") if path.is_file())


def _box(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content) + 8) + name + content
