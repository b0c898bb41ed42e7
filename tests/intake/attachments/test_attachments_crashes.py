"""Intake is killed while files come in: rows and files agree, whatever died when."""

import asyncio
import hashlib
import os
import random
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import sqlalchemy as sa

from contracts.roles import Role
from e2e.county import County
from e2e.people import eventually
from intake.attachments.conftest import BOTH
from intake.attachments.files import left_in, picture, upload, video
from intake.conftest import SECRET, As
from intake_service.persistence.blobs import SHARDS
from intake_service.persistence.pieces import FolderPieces
from intake_service.persistence.staging import Staging
from intake_service.service.attachment_janitor import AttachmentJanitor
from intake_service.service.removing import Removing
from intake_service.service.stores import blobs_of
from runtime.database import create_engine, run_migrations
from runtime.settings import RuntimeSettings
from stack import MakeDatabase

SERVE = ("serve", "intake", "--roles", "api")
UPLOADERS = 3
KILLS = 2
PIECE = "application/offset+octet-stream"


@BOTH
async def test_after_kills_rows_and_files_agree(
    databases: MakeDatabase,
    free_port: Callable[[], int],
    tmp_path: Path,
    as_: As,
    store: Path,
    store_settings: dict[str, Any],
) -> None:
    database_url = await databases()
    run_migrations("intake_service", database_url)
    environment = {"JIEBAN_INTAKE_DATABASE_URL": database_url, "JIEBAN_TOKEN_SECRET": SECRET}
    environment |= {f"JIEBAN_{name.upper()}": str(value) for name, value in store_settings.items()}
    intake = County(tmp_path, free_port(), {**environment, "JIEBAN_LOG_LEVEL": "warning"})
    await intake.start(*SERVE)
    kept: dict[str, bytes] = {}
    done = asyncio.Event()

    async def upload_until_done(client: httpx.AsyncClient, number: int) -> None:
        while not done.is_set():
            content = picture(size=(400, 300)) if random.random() < 0.3 else video() + os.urandom(200_000)
            try:
                answer = await upload(client, as_(Role.OFFICER, f"officer-{number}"), content)
            except httpx.TransportError:
                await asyncio.sleep(0.05)
                continue
            assert answer.status_code == 201, answer.text
            kept[answer.json()["id"]] = content

    async with httpx.AsyncClient(base_url=f"{intake.url}/intake/v1", timeout=30) as client:
        large = Large(client, intake.url, as_(Role.CITIZEN))
        async with asyncio.TaskGroup() as group:
            for number in range(UPLOADERS):
                group.create_task(upload_until_done(client, number))
            for kill in range(KILLS):
                await eventually(partial(_more, kept, len(kept) + 3))
                if kill == 0:
                    await large.send_half()
                await asyncio.sleep(random.random() * 0.3)
                await intake.kill()
                await intake.start(*SERVE)
            done.set()
        await large.go_on()
        await rows_and_files_agree(client, database_url, store, store_settings, kept, as_)
    await intake.stop()


async def _more(kept: dict[str, bytes], than: int) -> bool | None:
    return len(kept) > than or None


class Large:
    """An upload whose connection breaks within a piece before the service dies."""

    def __init__(self, client: httpx.AsyncClient, url: str, me: dict[str, str]) -> None:
        self._client, self._port, self._me = client, urlsplit(url).port, me
        self._content = video() + os.urandom(3_000_000)
        self._announced = {"sha256": hashlib.sha256(self._content).hexdigest(), "size": len(self._content)}

    async def arrived(self) -> int | None:
        """Say how much of it has, None for nothing."""
        said = await self._client.post("/attachments/uploads", json=self._announced, headers=self._me)
        self._id = said.json()["id"]
        return int(said.json()["offset"]) or None

    async def send_half(self) -> None:
        """Break off, and return once the service has what was sent."""
        assert await self.arrived() is None
        head = f"PATCH /intake/v1/attachments/uploads/{self._id} HTTP/1.1\r\nHost: a\r\nUpload-Offset: 0\r\n"
        head += f"Content-Length: {len(self._content)}\r\nContent-Type: {PIECE}\r\n"
        head += f"Authorization: {self._me['Authorization']}\r\n\r\n"
        _, writer = await asyncio.open_connection("127.0.0.1", self._port)
        writer.write(head.encode() + self._content[:2_000_000])
        await writer.drain()
        writer.close()
        await eventually(self.arrived)

    async def go_on(self) -> None:
        """Send the rest, and get all of it back."""
        offset = await eventually(self.arrived)
        assert 0 < offset <= 2_000_000
        headers = {**self._me, "Content-Type": PIECE, "Upload-Offset": str(offset)}
        path = f"/attachments/uploads/{self._id}"
        last = await self._client.patch(path, content=self._content[offset:], headers=headers)
        assert last.status_code == 201, last.text
        read = await self._client.get(f"/attachments/{last.json()['id']}", headers=self._me)
        assert read.content == self._content


async def rows_and_files_agree(
    client: httpx.AsyncClient,
    database_url: str,
    store: Path,
    store_settings: dict[str, Any],
    kept: dict[str, bytes],
    as_: As,
) -> None:
    staff = as_(Role.OPERATOR)
    for attachment, content in kept.items():
        original = await client.get(f"/attachments/{attachment}/original", headers=staff)
        assert original.content == content
    engine = create_engine(database_url, application_name="test")
    removing = Removing(engine, blobs_of(RuntimeSettings(**store_settings)))
    staging = Staging(store)
    janitor = AttachmentJanitor(engine, staging, FolderPieces(staging), removing, keep=timedelta(seconds=-5))
    for shard in range(SHARDS):
        await janitor.sweep(shard)
    async with engine.connect() as connection:
        rows = (await connection.execute(sa.text("SELECT DISTINCT sha256 FROM attachment_file"))).scalars().all()
        unfinished = await connection.scalar(
            sa.text("SELECT count(*) FROM attachment AS a WHERE NOT EXISTS (SELECT FROM attachment_file"
                    " WHERE attachment_id = a.id AND variant = 'served')")
        )  # fmt: skip
    await engine.dispose()
    assert unfinished == 0
    files = {path.rpartition("/")[2] for path in left_in(store) if path.startswith("blobs/")}
    assert files == {sha256.hex() for sha256 in rows}
    for name in files:
        assert hashlib.sha256((store / "blobs" / name[:2] / name).read_bytes()).hexdigest() == name
