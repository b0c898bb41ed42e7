"""What nobody needs goes, and nothing else."""

import asyncio
import errno
import hashlib
import os
import time
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from contracts.roles import Role
from e2e.people import eventually
from intake.attachments.conftest import BOTH
from intake.attachments.files import left_in, picture, upload, uploaded, video
from intake.conftest import TENANT, As
from intake.reports import report
from intake_service.persistence.blobs import SHARDS, Refused, key
from intake_service.persistence.staging import stage
from intake_service.service.attachment_janitor import AttachmentJanitor
from runtime.lifecycle import Service

pytestmark = BOTH


@pytest.fixture
def janitor(service: Service, engine: AsyncEngine) -> AttachmentJanitor:
    attaching = service.app.state.attaching
    return AttachmentJanitor(engine, attaching.staging, attaching.pieces, attaching.removing)


async def age(engine: AsyncEngine, store: Path, days: float) -> None:
    """Make everything that is there older."""
    async with engine.begin() as connection:
        for table in ("attachment", "attachment_upload"):
            await connection.execute(
                sa.text(f"UPDATE {table} SET created_at = created_at - CAST(:by AS interval)"),
                {"by": timedelta(days=days)},
            )
    before = time.time() - days * 86_400
    for path in left_in(store):
        os.utime(store / path, (before, before))


async def sweep(janitor: AttachmentJanitor) -> int:
    return sum([await janitor.sweep(shard) for shard in range(SHARDS)])


async def is_there(client: httpx.AsyncClient, as_: As, attachment: str) -> bool:
    about = await client.get(f"/attachments/{attachment}/metadata", headers=as_(Role.OPERATOR))
    file = await client.get(f"/attachments/{attachment}", headers=as_(Role.OPERATOR))
    assert about.status_code == file.status_code
    return file.status_code == 200


async def test_what_no_complaint_refers_to_goes_after_a_day(
    client: httpx.AsyncClient, engine: AsyncEngine, as_: As, store: Path, janitor: AttachmentJanitor
) -> None:
    unused = await uploaded(client, as_, content=picture())
    used = await uploaded(client, as_)
    officers = await uploaded(client, as_, "officer-1", Role.OFFICER)
    shared = video(b"mp42")
    theirs = (await upload(client, as_(Role.CITIZEN, "another"), shared)).json()["id"]
    mine = (await upload(client, as_(Role.CITIZEN), shared)).json()["id"]
    complaint = await client.post("/complaints", json=report(attachments=[used, mine]), headers=as_(Role.CITIZEN))
    assert complaint.status_code == 201
    await age(engine, store, 0.9)
    await janitor.clean()
    assert await is_there(client, as_, unused)
    await age(engine, store, 0.2)
    fresh = await uploaded(client, as_)
    files = len(left_in(store))
    await janitor.clean()
    kept = [await is_there(client, as_, one) for one in (unused, theirs, used, mine, officers, fresh)]
    assert kept == [False, False, True, True, True, True]
    assert len(left_in(store)) == files - 3
    await age(engine, store, 31)
    await janitor.clean()
    assert not await is_there(client, as_, officers)
    assert await is_there(client, as_, used)
    assert await sweep(janitor) == 0


async def test_files_that_no_row_knows_go(
    client: httpx.AsyncClient,
    engine: AsyncEngine,
    as_: As,
    store: Path,
    janitor: AttachmentJanitor,
    service: Service,
    tmp_path: Path,
) -> None:
    kept = await uploaded(client, as_, "officer-1", Role.OFFICER)
    died = tmp_path / "died"
    died.write_bytes(b"before its commit")
    staged = stage(died)
    await service.app.state.attaching.blobs.place(staged)
    stray = store / key(staged.sha256)
    for name in ("staging/dead", "staging/dead.served", "uploads/01920000-0000-7000-8000-000000000000"):
        (store / name).parent.mkdir(exist_ok=True)
        (store / name).write_bytes(b"dead")
    assert await sweep(janitor) == 0
    await age(engine, store, 1.1)
    alive = {"sha256": "1" * 64, "size": 10}
    upload_id = (await client.post("/attachments/uploads", json=alive, headers=as_(Role.CITIZEN))).json()["id"]
    piece = as_(Role.CITIZEN, **{"Content-Type": "application/offset+octet-stream", "Upload-Offset": "0"})
    await client.patch(f"/attachments/uploads/{upload_id}", content=b"12345", headers=piece)
    await janitor.clean()
    assert await sweep(janitor) <= 1
    assert not stray.exists()
    [piece_left] = [path for path in left_in(store) if not path.startswith("blobs")]
    assert piece_left.startswith(f"uploads/{upload_id}")
    assert await is_there(client, as_, kept)
    await age(engine, store, 1.1)
    await janitor.clean()
    assert [path for path in left_in(store) if not path.startswith("blobs")] == []
    head = await client.head(f"/attachments/uploads/{upload_id}", headers=as_(Role.CITIZEN))
    assert head.status_code == 404


async def test_a_file_is_not_removed_between_its_placing_and_its_commit(
    client: httpx.AsyncClient, engine: AsyncEngine, as_: As, store: Path, service: Service, on_s3: bool
) -> None:
    """The upload is made to wait just before its commit, by a twin of its idempotency key."""
    attaching = service.app.state.attaching
    eager = AttachmentJanitor(
        engine, attaching.staging, attaching.pieces, attaching.removing, keep=timedelta(seconds=-5)
    )
    content = video() + os.urandom(16)
    digest = hashlib.sha256(content).digest()
    file = store / key(digest)
    async with engine.connect() as twin:
        await twin.execute(
            sa.text(
                "INSERT INTO idempotency_key (tenant, principal, key, request_hash, status, body)"
                " VALUES (:tenant, 'citizen-1', :key, '', 201, '{}')"
            ),
            {"tenant": TENANT, "key": store.name},
        )
        headers = as_(Role.CITIZEN, **{"Idempotency-Key": store.name})
        uploading = asyncio.create_task(upload(client, headers, content))
        await eventually(lambda: _found(file))
        sweeping = asyncio.create_task(eager.sweep(digest[0]))
        await asyncio.wait([sweeping], timeout=0.5)
        assert not uploading.done()
        await twin.rollback()
    answer = await uploading
    assert answer.status_code == 201, answer.text
    assert await sweeping <= (1 if on_s3 else 0)  # brought before the transaction, and placed again in it
    assert await is_there(client, as_, answer.json()["id"])


@pytest.mark.parametrize("error", [PermissionError(errno.EACCES, "not yours"), Refused("s3://bucket: 403")])
async def test_what_cannot_be_deleted_stops_nothing_else(
    janitor: AttachmentJanitor, service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: OSError
) -> None:
    attaching = service.app.state.attaching
    blobs = attaching.blobs
    strays = []
    for number in range(4):
        (tmp_path / str(number)).write_bytes(os.urandom(50))
        staged = stage(tmp_path / str(number))
        await blobs.place(staged)
        strays.append(staged.sha256)
    stubborn, remove, asked = strays[0], blobs.remove, []

    async def remove_others(sha256: bytes) -> None:
        asked.append(sha256)
        if sha256 == stubborn:
            raise error
        await remove(sha256)

    with monkeypatch.context() as locked:
        locked.setattr(blobs, "remove", remove_others)
        assert await attaching.removing.remove(strays[:3]) == 2
        assert await attaching.removing.remove(strays[3:]) == 1
        assert asked == strays  # an erasure waits for its own files alone
        await janitor.clean()
        assert asked.count(stubborn) == 2
    assert [await blobs.has(each) for each in strays] == [True, False, False, False]
    await janitor.clean()
    assert not await blobs.has(stubborn)


async def _found(file: Path) -> bool | None:
    return await asyncio.to_thread(file.exists) or None


async def test_an_attachment_cannot_be_taken_and_removed(
    client: httpx.AsyncClient, engine: AsyncEngine, as_: As, store: Path, janitor: AttachmentJanitor
) -> None:
    photos = [await uploaded(client, as_, f"citizen-{n}") for n in range(10)]
    await age(engine, store, 1.1)

    async def complain(number: int, photo: str) -> int:
        body = report(attachments=[photo])
        return (await client.post("/complaints", json=body, headers=as_(Role.CITIZEN, f"citizen-{number}"))).status_code

    *statuses, _ = await asyncio.gather(*(complain(n, photo) for n, photo in enumerate(photos)), janitor.clean())
    await sweep(janitor)
    for photo, status in zip(photos, statuses, strict=True):
        assert (status, await is_there(client, as_, photo)) in {(201, True), (422, False)}
