"""What is refused, each with its own code, and leaves nothing behind."""

import asyncio
import hashlib
import threading
import time
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from prometheus_client import REGISTRY
from pydantic import SecretStr
from sqlalchemy.ext.asyncio import AsyncEngine

from behaviour.running import running, until
from contracts.roles import Role
from intake.attachments.conftest import FILE_BYTES, IMAGE_BYTES, WAITING
from intake.attachments.files import HTML, MP3, PDF, SVG, left_in, picture, png_of, upload, video
from intake.conftest import SECRET, TENANT, As
from intake_service.persistence.folder_blobs import FolderBlobs

NOISE = bytes(range(256)) * 2000
CASES: list[tuple[str, bytes, str, int, str]] = [
    ("nothing", b"", "image/jpeg", 422, "attachment-empty"),
    ("SVG", SVG, "image/svg+xml", 415, "attachment-type-unsupported"),
    ("SVG that says it is a PNG", SVG, "image/png", 415, "attachment-type-unsupported"),
    ("HTML", HTML, "text/html", 415, "attachment-type-unsupported"),
    ("GIF", picture("GIF"), "image/gif", 415, "attachment-type-unsupported"),
    ("TIFF", picture("TIFF"), "image/tiff", 415, "attachment-type-unsupported"),
    ("zip", b"PK\x03\x04" + bytes(100), "application/zip", 415, "attachment-type-unsupported"),
    ("program", b"\x7fELF" + bytes(100), "image/jpeg", 415, "attachment-type-unsupported"),
    ("text", "你好".encode(), "application/pdf", 415, "attachment-type-unsupported"),
    ("PDF behind a page", HTML + PDF, "application/pdf", 415, "attachment-type-unsupported"),
    ("PDF that says it is a JPEG", PDF, "image/jpeg", 422, "attachment-not-what-it-says"),
    ("video that says it is a JPEG", video(), "image/jpeg", 422, "attachment-not-what-it-says"),
    ("MP3 that says it is a video", MP3, "video/mp4", 422, "attachment-not-what-it-says"),
    ("MP3 that says it is a page", MP3, "text/html", 422, "attachment-not-what-it-says"),
    ("half a JPEG", picture(size=(400, 300))[:900], "image/jpeg", 422, "image-unreadable"),
    ("head of a JPEG", b"\xff\xd8\xff\xe0" + NOISE[:500], "image/jpeg", 422, "image-unreadable"),
    ("head of a WebP", b"RIFF\xff\xff\xff\x7fWEBPVP8 " + NOISE[:500], "image/webp", 422, "image-unreadable"),
    ("50,000 x 50,000", png_of(50_000, 50_000), "image/png", 422, "image-too-large"),
    ("2^31 wide", png_of(2**31 - 1, 1), "image/png", 422, "image-too-large"),
    ("a bit too many pixels", png_of(2001, 1000), "image/png", 422, "image-too-large"),
    ("no pixels", png_of(0, 0), "image/png", 422, "image-unreadable"),
    ("fewer pixels than it says", png_of(1500, 1000), "image/png", 422, "image-unreadable"),
    ("too long an image", picture() + bytes(IMAGE_BYTES), "image/jpeg", 413, "attachment-too-large"),
    ("too long", MP3 + bytes(FILE_BYTES), "audio/mpeg", 413, "attachment-too-large"),
    ("longer than any form", MP3 + bytes(FILE_BYTES + 100_000), "audio/mpeg", 413, "body-too-large"),
]


@pytest.mark.parametrize(
    ("content", "declared", "status", "code"), [case[1:] for case in CASES], ids=[c[0] for c in CASES]
)
async def test_bad_content(
    client: httpx.AsyncClient,
    engine: AsyncEngine,
    as_: As,
    store: Path,
    content: bytes,
    declared: str,
    status: int,
    code: str,
) -> None:
    began = time.monotonic()
    answer = await upload(client, as_(Role.CITIZEN), content, declared=declared)
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["type"] == f"urn:jieban:problem:{code}"
    assert "{" not in answer.json()["detail"]
    assert time.monotonic() - began < 20
    await nothing_is_left(engine, store)


BOUNDARY = "b0undary"
PART = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{{}}"{{}}\r\n\r\n{{}}\r\n'
FILE = PART.format("file", '; filename="a.pdf"', PDF.decode())
END = f"--{BOUNDARY}--\r\n"
FORM = f"multipart/form-data; boundary={BOUNDARY}"
FORMS: list[tuple[str, str, int, str]] = [
    (FILE + END, "application/json", 415, "multipart-needed"),
    (FILE + END, "multipart/form-data", 415, "multipart-needed"),
    (FILE + END, "multipart/mixed; boundary=b0undary", 415, "multipart-needed"),
    (FILE + END, f"multipart/form-data; boundary={'x' * 300}", 400, "multipart-invalid"),
    ("nonsense", FORM, 400, "multipart-invalid"),
    ("", FORM, 400, "multipart-invalid"),
    (FILE, FORM, 400, "multipart-invalid"),
    (FILE[:60], FORM, 400, "multipart-invalid"),
    (f"--{BOUNDARY}\r\nX-A: {'y' * 20_000}\r\n\r\n\r\n" + END, FORM, 400, "multipart-invalid"),
    (f"--{BOUNDARY}\r\nContent-Type: text/plain\r\n\r\na\r\n" + END, FORM, 400, "multipart-invalid"),
    ("".join(PART.format(f"f{n}", "", "") for n in range(2000)) + FILE + END, FORM, 400, "multipart-invalid"),
    (PART.format("role", "", "near") + END, FORM, 422, "/file missing"),
    (FILE + FILE + END, FORM, 422, "/file part-repeated"),
    (PART.format("role", "", "near") * 2 + FILE + END, FORM, 422, "/role part-repeated"),
    (PART.format("role", "", "x" * 2000) + FILE + END, FORM, 422, "/role string_too_long"),
    (PART.format("role", "", "nose") + FILE + END, FORM, 422, "/role literal_error"),
    (PART.format("owner", "", "me") + FILE + END, FORM, 422, "/owner extra_forbidden"),
    (PART.format("complaint", "", "7") + FILE + END, FORM, 422, "/complaint uuid_parsing"),
    (PART.format("sha256", "", "XYZ") + FILE + END, FORM, 422, "/sha256 string_pattern_mismatch"),
    (PART.format("sha256", "", "0" * 64) + FILE + END, FORM, 422, "/sha256 checksum-mismatch"),
]


@pytest.mark.parametrize(("form", "media_type", "status", "code"), FORMS)
async def test_bad_forms(
    client: httpx.AsyncClient,
    engine: AsyncEngine,
    as_: As,
    store: Path,
    form: str,
    media_type: str,
    status: int,
    code: str,
) -> None:
    headers = as_(Role.CITIZEN, **{"Content-Type": media_type})
    answer = await client.post("/attachments", content=form.encode(), headers=headers)
    assert answer.status_code == status, answer.text
    if status == 422:
        error = answer.json()["errors"][0]
        assert f"{error['pointer']} {error['code']}" == code
        assert "{" not in error["message"]
    else:
        assert answer.json()["type"] == f"urn:jieban:problem:{code}"
    await nothing_is_left(engine, store)


@pytest.mark.parametrize(
    "name", ["../../../etc/passwd", "a\0b.jpg", "a\r\nX-Evil: 1.jpg", "\u202egpj.exe", "", "长" * 500]
)
async def test_names_mislead_nobody(client: httpx.AsyncClient, as_: As, name: str) -> None:
    answer = await upload(client, as_(Role.INSPECTOR), PDF, name=name)
    assert answer.status_code in {201, 422, 400}, answer.text
    if answer.status_code == 201:
        kept = answer.json()["name"] or ""
        assert kept.isprintable()
        assert len(kept) <= 200
        assert "/" not in kept
        served = await client.get(f"/attachments/{answer.json()['id']}", headers=as_(Role.INSPECTOR))
        assert "X-Evil" not in served.headers
        assert served.headers["Content-Disposition"] == f'attachment; filename="{answer.json()["id"]}.pdf"'


async def test_who_may_not_upload(client: httpx.AsyncClient, as_: As) -> None:
    for role in (Role.ANALYST, Role.ADMIN):
        assert (await upload(client, as_(role), PDF)).status_code == 403
    assert (await client.post("/attachments", files={"file": PDF})).status_code == 401


async def test_a_citizen_cannot_fill_the_store(client: httpx.AsyncClient, as_: As) -> None:
    me = as_(Role.CITIZEN, "hoarder")
    for _ in range(WAITING):
        assert (await upload(client, me, PDF)).status_code == 201
    refused = await upload(client, me, PDF)
    assert (refused.status_code, refused.json()["type"]) == (429, "urn:jieban:problem:too-many-waiting")
    assert refused.headers["Retry-After"]
    begun = await client.post("/attachments/uploads", json={"sha256": "0" * 64, "size": 9}, headers=me)
    assert begun.status_code == 429
    assert (await upload(client, as_(Role.CITIZEN, "another"), PDF)).status_code == 201


async def test_a_store_that_is_not_there_is_503(database_url: str, service: Any, tmp_path: Path, as_: As) -> None:
    from intake_service.main import build
    from runtime.auth import TokenVerifier
    from runtime.settings import RuntimeSettings

    (tmp_path / "file").write_bytes(b"")
    settings = RuntimeSettings(
        intake_database_url=database_url,
        token_secret=SecretStr(SECRET),
        tenant=TENANT,
        attachments_dir=tmp_path / "file" / "store",
    )
    broken = build(settings, TokenVerifier(settings))
    await broken.open()
    transport = httpx.ASGITransport(broken.app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://intake.test/intake/v1") as client:
        answer = await upload(client, as_(Role.CITIZEN), PDF)
    [checks] = [worker for worker in broken.workers["api"] if worker.name == "intake own checks"]
    async with running(checks):
        await until(_store_is_said_to_be_away)
    await broken.close()
    assert (answer.status_code, answer.json()["type"]) == (503, "urn:jieban:problem:attachment-store-unavailable")
    assert await broken.app.state.attaching.blobs.check() == f"{tmp_path / 'file' / 'store'}: cannot be written to"


async def _store_is_said_to_be_away() -> bool:
    labels = {"service": "intake", "check": "attachments"}
    return REGISTRY.get_sample_value("jieban_check_ok", labels) == 0


async def test_a_folder_that_hangs_keeps_one_thread(tmp_path: Path) -> None:
    begun, goes_on = threading.Semaphore(0), threading.Event()

    class Hanging(FolderBlobs):
        def _check(self) -> None:
            begun.release()
            goes_on.wait()
            super()._check()

    blobs = Hanging(tmp_path)
    for _ in range(3):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await blobs.check()
    goes_on.set()
    assert await blobs.check() is None
    assert begun.acquire(blocking=False)
    assert not begun.acquire(blocking=False)


async def test_nobody_learns_what_others_have(client: httpx.AsyncClient, as_: As) -> None:
    await upload(client, as_(Role.CITIZEN), PDF)
    asked = f"/attachments?sha256={hashlib.sha256(PDF).hexdigest()}"
    assert (await client.head(asked, headers=as_(Role.CITIZEN))).status_code == 200
    for other in (as_(Role.CITIZEN, "other"), as_(Role.OPERATOR), as_(Role.CITIZEN, tenant="110101")):
        assert (await client.head(asked, headers=other)).status_code == 404
    assert (await client.head("/attachments?sha256=xyz", headers=as_(Role.CITIZEN))).status_code == 422


async def nothing_is_left(engine: AsyncEngine, store: Path) -> None:
    async with engine.connect() as connection:
        assert await connection.scalar(sa.text("SELECT count(*) FROM attachment")) == 0
    assert left_in(store) == []
