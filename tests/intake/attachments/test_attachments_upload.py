"""What is taken, and what becomes of it."""

import hashlib
from pathlib import Path

import httpx
import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from contracts.roles import Role
from intake.attachments.files import (
    AMR,
    HEIC,
    HTML,
    MP3,
    PDF,
    WEBM,
    left_in,
    photo,
    picture,
    pixels,
    upload,
    uploaded,
    video,
)
from intake.conftest import As
from intake_service.persistence.staging import Staged
from runtime.lifecycle import Service


async def test_a_photo_is_served_upright_with_nothing_but_its_picture(client: httpx.AsyncClient, as_: As) -> None:
    content = photo()
    answer = await upload(client, as_(Role.CITIZEN), content, name="C:\\DCIM\\IMG 0417.jpg", role="near")
    assert answer.status_code == 201, answer.text
    about = answer.json()
    assert answer.headers["Location"] == f"/intake/v1/attachments/{about['id']}"
    assert (about["role"], about["kind"], about["media_type"]) == ("near", "image", "image/jpeg")
    assert (about["width"], about["height"], about["name"]) == (40, 60, "IMG 0417.jpg")
    assert (about["size"], about["sha256"]) == (len(content), hashlib.sha256(content).hexdigest())
    assert about["complaint"] is None
    assert about["evidence"] is None
    served = await client.get(f"/attachments/{about['id']}", headers=as_(Role.CITIZEN))
    assert served.headers["Content-Type"] == "image/jpeg"
    image = pixels(served.content)
    assert image.size == (40, 60)
    assert not image.getexif()
    assert not any(secret in served.content for secret in (b"canary", b"HUAWEI", b"Exif", b"2026:11:20"))
    small = await client.get(f"/attachments/{about['id']}/thumbnail", headers=as_(Role.CITIZEN))
    assert pixels(small.content).size == (40, 60)
    assert b"HUAWEI" not in small.content


async def test_staff_see_what_the_photo_said_and_get_it_as_it_was(client: httpx.AsyncClient, as_: As) -> None:
    content = photo()
    attachment = (await upload(client, as_(Role.CITIZEN), content)).json()["id"]
    about = (await client.get(f"/attachments/{attachment}/metadata", headers=as_(Role.OFFICER))).json()
    assert about["evidence"] == {
        "taken_at": "2026-11-20T08:30:00+08:00",
        "lon": 107.2357,
        "lat": 26.5807,
        "device": "HUAWEI P60",
    }
    original = await client.get(f"/attachments/{attachment}/original", headers=as_(Role.OFFICER))
    assert original.content == content
    assert original.headers["Content-Type"] == "application/octet-stream"
    assert original.headers["Content-Disposition"].startswith("attachment;")
    assert (await client.get(f"/attachments/{attachment}/original", headers=as_(Role.CITIZEN))).status_code == 403
    mine = await client.get(f"/attachments/{attachment}/metadata", headers=as_(Role.CITIZEN))
    assert mine.json()["evidence"] is None


@pytest.mark.parametrize(
    ("content", "kind", "media_type", "shown"),
    [
        (picture("PNG"), "image", "image/png", "inline"),
        (picture("WEBP"), "image", "image/webp", "inline"),
        (HEIC, "image", "image/jpeg", "inline"),
        (MP3, "audio", "audio/mpeg", "inline"),
        (AMR, "audio", "audio/amr", "inline"),
        (video(), "video", "video/mp4", "inline"),
        (video(b"qt  "), "video", "video/quicktime", "inline"),
        (video(b"3gp4"), "video", "video/3gpp", "inline"),
        (video(b"3g2a"), "video", "video/3gpp", "inline"),
        (WEBM, "video", "video/webm", "inline"),
        (PDF, "document", "application/pdf", "attachment"),
    ],
)
async def test_the_content_decides_whatever_the_name(
    client: httpx.AsyncClient, as_: As, content: bytes, kind: str, media_type: str, shown: str
) -> None:
    answer = await upload(client, as_(Role.INSPECTOR), content, name="evil.html")
    assert answer.status_code == 201, answer.text
    about = answer.json()
    assert (about["kind"], about["media_type"], about["has_thumbnail"]) == (kind, media_type, kind == "image")
    served = await client.get(f"/attachments/{about['id']}", headers=as_(Role.ANALYST))
    assert served.headers["Content-Type"] == media_type
    assert served.headers["Content-Disposition"].startswith(f'{shown}; filename="{about["id"]}.')
    assert served.headers["X-Content-Type-Options"] == "nosniff"
    assert served.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert "private" in served.headers["Cache-Control"]
    if kind != "image":
        assert served.content == content
        thumbnail = await client.get(f"/attachments/{about['id']}/thumbnail", headers=as_(Role.ANALYST))
        assert thumbnail.status_code == 404


@pytest.mark.parametrize(
    ("content", "declared", "kind", "media_type"),
    [
        (WEBM, "audio/webm;codecs=opus", "audio", "audio/webm"),
        (WEBM, "video/webm;codecs=vp8", "video", "video/webm"),
        (video(b"mp42"), "audio/mp4", "audio", "audio/mp4"),
        (video(), "audio/x-m4a", "audio", "audio/mp4"),
        (video(b"3gp4"), "audio/3gpp", "audio", "audio/3gpp"),
        (video(b"3gp5"), "video/3gpp", "video", "video/3gpp"),
        (video(b"M4A "), "video/mp4", "audio", "audio/mp4"),
        (video(b"qt  "), "audio/mp4", "video", "video/quicktime"),
    ],
)
async def test_a_recording_is_called_what_it_was_recorded_as(
    client: httpx.AsyncClient, as_: As, content: bytes, declared: str, kind: str, media_type: str
) -> None:
    answer = await upload(client, as_(Role.CITIZEN), content, name="note", declared=declared)
    assert answer.status_code == 201, answer.text
    assert (answer.json()["kind"], answer.json()["media_type"]) == (kind, media_type)
    served = await client.get(f"/attachments/{answer.json()['id']}", headers=as_(Role.OFFICER))
    assert (served.content, served.headers["Content-Type"]) == (content, media_type)


async def test_an_image_that_is_a_page_too_is_only_an_image_afterwards(client: httpx.AsyncClient, as_: As) -> None:
    for content in (picture("JPEG") + HTML, picture("PNG") + HTML, picture("JPEG", comment=HTML)):
        attachment = (await upload(client, as_(Role.CITIZEN), content)).json()["id"]
        served = await client.get(f"/attachments/{attachment}", headers=as_(Role.CITIZEN))
        assert b"script" not in served.content
        assert pixels(served.content).size == (60, 40)


async def test_transparent_and_other_modes_are_taken(client: httpx.AsyncClient, as_: As) -> None:
    import io

    from PIL import Image

    for mode, kind in (("RGBA", "PNG"), ("LA", "PNG"), ("P", "PNG"), ("1", "PNG"), ("I;16", "PNG"), ("CMYK", "JPEG")):
        file = io.BytesIO()
        Image.new(mode, (30, 20)).save(file, kind)
        answer = await upload(client, as_(Role.CITIZEN), file.getvalue())
        assert answer.status_code == 201, (mode, answer.text)
        served = await client.get(f"/attachments/{answer.json()['id']}", headers=as_(Role.CITIZEN))
        assert pixels(served.content).size == (30, 20)


async def test_one_content_is_kept_once(client: httpx.AsyncClient, engine: AsyncEngine, as_: As, store: Path) -> None:
    content = picture()
    first = (await upload(client, as_(Role.CITIZEN), content)).json()["id"]
    before = left_in(store)
    second = (await upload(client, as_(Role.CITIZEN, "another"), content)).json()["id"]
    assert first != second
    assert left_in(store) == before
    assert all(path.startswith("blobs/") for path in before)
    async with engine.connect() as connection:
        files = await connection.execute(
            sa.text("SELECT count(*), count(DISTINCT sha256) FROM attachment_file WHERE attachment_id IN (:a, :b)"),
            {"a": first, "b": second},
        )
        assert tuple(files.one()) == (6, 3)


async def test_a_repeat_under_one_key_is_one_attachment(client: httpx.AsyncClient, as_: As) -> None:
    headers = as_(Role.CITIZEN, **{"Idempotency-Key": "photo-1"})
    content = picture()
    first = await upload(client, headers, content)
    again = await upload(client, headers, content)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert again.headers["Idempotency-Replayed"] == "true"
    other = await upload(client, headers, picture())
    assert other.status_code == 422
    assert other.json()["type"].endswith("idempotency-key-reused")


async def test_a_content_is_placed_once_where_it_is_served_as_it_came(
    client: httpx.AsyncClient, as_: As, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    blobs = service.app.state.attaching.blobs
    place, placed = blobs.place, []

    async def count(staged: Staged) -> None:
        placed.append(staged.sha256)
        await place(staged)

    monkeypatch.setattr(blobs, "place", count)
    await uploaded(client, as_)
    assert len(placed) == 1
