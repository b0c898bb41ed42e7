"""What only a store on S3 can do: be away, refuse, and take large contents in parts."""

import asyncio
import hashlib
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from contracts.roles import Role
from intake.attachments.files import left_in, picture, upload, uploaded
from intake.conftest import As
from intake.reports import report
from intake_service.persistence import s3_objects
from intake_service.persistence.blobs import Refused, StoreAway, key
from intake_service.persistence.s3_blobs import S3Blobs
from intake_service.persistence.s3_objects import S3Keys, S3Place
from intake_service.persistence.staging import stage
from intake_service.service.attachment_janitor import AttachmentJanitor
from runtime.lifecycle import Service
from s3 import ACCESS_KEY, EMPTY, SECRET_KEY, S3Server, answering

LARGE = 160_000_000


def place(s3: S3Server, bucket: str, endpoint: str | None = None, secret: str = SECRET_KEY) -> S3Place:
    keys = S3Keys(ACCESS_KEY, secret)
    return S3Place(bucket, "a/prefix", endpoint or s3.endpoint, "us-east-1", path_style=True, keys=keys)


@pytest.mark.parametrize("on_s3", [True], indirect=True)
async def test_while_it_is_away_nothing_is_half_done_and_complaints_come_in(
    client: httpx.AsyncClient, service: Service, engine: AsyncEngine, as_: As, store: Path, s3: S3Server
) -> None:
    kept = await uploaded(client, as_)
    attaching = service.app.state.attaching
    janitor = AttachmentJanitor(engine, attaching.staging, attaching.pieces, attaching.removing)
    stray = store.parent.parent / "stray"
    stray.write_bytes(os.urandom(100))
    staged = stage(stray)
    await attaching.blobs.place(staged)
    before = left_in(store)
    assert (await client.get("/readyz")).json()["checks"]["attachments"] == {"ok": True}
    await s3.stop()
    try:
        for answer in (
            await upload(client, as_(Role.CITIZEN), picture()),
            await client.get(f"/attachments/{kept}", headers=as_(Role.CITIZEN)),
        ):
            assert (answer.status_code, answer.json()["type"]) == (
                503,
                "urn:jieban:problem:attachment-store-unavailable",
            )
            assert answer.headers["Retry-After"] == "30"
        assert left_in(store) == before
        async with engine.connect() as connection:
            assert await connection.scalar(sa.text("SELECT count(*) FROM attachment")) == 1
        complaint = await client.post("/complaints", json=report(attachments=[kept]), headers=as_(Role.CITIZEN))
        assert complaint.status_code == 201
        check = (await client.get("/readyz")).json()["checks"]["attachments"]
        assert check["detail"].startswith(f"s3://{store.name}: no answer")
        assert await attaching.removing.remove([staged.sha256]) == 0
        assert await janitor.sweep(0) == 0
    finally:
        await s3.start()
    assert (await client.get(f"/attachments/{kept}", headers=as_(Role.CITIZEN))).status_code == 200
    assert (store / key(staged.sha256)).exists()
    assert await attaching.removing.remove_left() == 1 + 3  # the three of the picture that was not taken
    assert not (store / key(staged.sha256)).exists()


async def test_one_that_never_answers_is_not_waited_for_long(s3: S3Server, bucket_name: str) -> None:
    """The check of /readyz gives up by itself, and says so."""
    held: list[asyncio.StreamWriter] = []
    async with await asyncio.start_server(lambda _, writer: held.append(writer), "127.0.0.1", 0) as silent:
        port = silent.sockets[0].getsockname()[1]
        blobs = S3Blobs(place(s3, bucket_name, f"http://127.0.0.1:{port}"))
        assert await blobs.check() == f"s3://{bucket_name}/a/prefix: no answer in time"
        for writer in held:
            writer.close()


async def test_what_it_refuses_is_said_without_a_secret(s3: S3Server, bucket_name: str, tmp_path: Path) -> None:
    wrong = S3Blobs(place(s3, bucket_name, secret="another-secret"))
    (tmp_path / "file").write_bytes(b"content")
    with pytest.raises(StoreAway) as refused:
        await wrong.place(stage(tmp_path / "file"))
    assert str(refused.value.strerror).startswith(f"s3://{bucket_name}/a/prefix: 403")
    assert refused.value.__suppress_context__
    assert await S3Blobs(place(s3, "another")).check() == "s3://another/a/prefix: 404 NoSuchBucket"
    with pytest.raises(StoreAway, match="404 NoSuchBucket"):
        await S3Blobs(place(s3, "another")).has(bytes(32))
    with pytest.raises(StoreAway, match="404 NoSuchBucket"):
        await S3Blobs(place(s3, "another")).read(bytes(32), 0, 10)
    with pytest.raises(FileNotFoundError):
        await S3Blobs(place(s3, bucket_name)).read(bytes(32), 0, 10)
    with pytest.raises(StoreAway, match="no such bucket"):
        await S3Blobs(place(s3, "another")).place(stage(tmp_path / "file"))


@pytest.mark.parametrize(("status", "code"), [(204, ""), (404, "NoSuchKey"), (403, "AccessDenied"), (503, "SlowDown")])
async def test_what_is_not_there_is_removed_and_a_refusal_is_told_from_an_outage(
    s3: S3Server, monkeypatch: pytest.MonkeyPatch, status: int, code: str
) -> None:
    monkeypatch.setattr(s3_objects, "_ANSWER_SECONDS", 1.0)

    async def answer(method: str, _path: str) -> tuple[int, str]:
        return (status, f"<Error><Code>{code}</Code></Error>" if code else "") if method == "DELETE" else (200, EMPTY)

    async with answering(answer) as endpoint:
        blobs = S3Blobs(place(s3, "bucket", endpoint))
        if status in {204, 404}:
            await blobs.remove(bytes(32))
            return
        with pytest.raises(StoreAway) as failed:
            await blobs.remove(bytes(32))
    assert isinstance(failed.value, Refused) == (status == 403)


@contextmanager
def resident_growth() -> Iterator[Callable[[], int]]:
    """Give a function that says by how many bytes this process grew at most meanwhile, what Rust keeps included."""
    Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew (proc_pid_clear_refs(5))
    before = _status("VmRSS")
    yield lambda: _status("VmHWM") - before


def _status(name: str) -> int:
    [line] = [line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith(f"{name}:")]
    return int(line.split()[1]) * 1024


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
async def test_a_large_content_goes_through_in_parts(s3: S3Server, bucket_name: str, tmp_path: Path) -> None:
    blobs = S3Blobs(place(s3, bucket_name))
    (tmp_path / "large").write_bytes(os.urandom(LARGE))
    staged = stage(tmp_path / "large")
    with resident_growth() as grown:
        await blobs.place(staged)
    assert grown() < 64 << 20
    assert (s3.folder / bucket_name / "a/prefix" / key(staged.sha256)).stat().st_size == LARGE
    digest = hashlib.sha256()
    with resident_growth() as grown:
        async for block in await blobs.read(staged.sha256, 0, LARGE):
            digest.update(block)
    assert grown() < 16 << 20
    assert digest.digest() == staged.sha256
    part = b"".join([block async for block in await blobs.read(staged.sha256, 1000, 100)])
    assert part == (tmp_path / "large").read_bytes()[1000:1100]


@pytest.mark.parametrize(
    ("path_style", "url"), [(True, "https://oss.example.cn:8443"), (False, "https://photos.oss.example.cn:8443")]
)
def test_the_bucket_stands_in_the_path_or_in_the_name_of_the_host(path_style: bool, url: str) -> None:
    given = S3Place("photos", "", "https://oss.example.cn:8443", "cn-1", path_style=path_style)
    assert given.endpoint_url() == url
    assert given.url == "s3://photos"


def test_each_failure_of_the_store_has_a_series_before_the_first() -> None:
    """In a process of its own, where nothing has failed."""
    ask = "import intake_service.persistence.blobs, prometheus_client as p; print(p.generate_latest().decode())"
    said = subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True, check=True).stdout
    for operation in ("place", "read", "look", "list", "remove", "check", "stage"):
        assert f'jieban_attachment_store_failures_total{{operation="{operation}"}} 0.0' in said
