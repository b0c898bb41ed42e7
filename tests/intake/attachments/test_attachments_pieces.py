"""Pieces of uploads where several replicas have one place for them: each goes on where another left off."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
import sqlalchemy as sa
from pydantic import SecretStr
from sqlalchemy.ext.asyncio import AsyncEngine

from contracts.roles import Role
from intake.attachments.files import left_in
from intake.attachments.pieces import begun, content_of, send
from intake.conftest import SECRET, TENANT, As
from intake_service.main import build
from intake_service.persistence import s3_pieces
from intake_service.persistence.staging import Writer
from intake_service.service.attachment_janitor import AttachmentJanitor
from refusals import code_of
from runtime.auth import TokenVerifier
from runtime.lifecycle import Service
from runtime.settings import RuntimeSettings

ON_S3 = pytest.mark.parametrize("on_s3", [True], indirect=True)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def other(
    service: Service, database_url: str, store_settings: dict[str, Any], tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[httpx.AsyncClient]:
    """Another replica, with a folder of its own."""
    settings = RuntimeSettings(
        **store_settings | {"attachments_dir": tmp_path_factory.mktemp("other")},
        intake_database_url=database_url,
        token_secret=SecretStr(SECRET),
        tenant=TENANT,
    )
    intake = build(settings, TokenVerifier(settings))
    await intake.open()
    transport = httpx.ASGITransport(intake.app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://other.test/intake/v1") as caller:
        yield caller
    await intake.close()


def pieces_in(store: Path, upload: str) -> list[str]:
    return [path for path in left_in(store) if path.startswith(f"uploads/{upload}")]


@ON_S3
async def test_another_replica_goes_on(
    client: httpx.AsyncClient, other: httpx.AsyncClient, as_: As, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(s3_pieces, "_SMALL", 1_000)
    me, content = as_(Role.CITIZEN), content_of(21)
    upload = (await begun(client, me, content)).json()["id"]
    places = [0, 70_000, 70_010, 70_020, 150_000, len(content)]
    for number, (first, end) in enumerate(pairwise(places)):
        here, there = (client, other) if number % 2 else (other, client)
        answer = await send(here, me, upload, first, content[first:end])
        if end < len(content):
            assert (answer.status_code, answer.headers["Upload-Offset"]) == (204, str(end)), answer.text
            head = await there.head(f"/attachments/uploads/{upload}", headers=me)
            assert head.headers["Upload-Offset"] == str(end)
            assert (await begun(there, me, content)).json()["offset"] == end
    assert answer.status_code == 201, answer.text
    for replica in (client, other):
        assert (await replica.get(f"/attachments/{answer.json()['id']}", headers=me)).content == content
    assert pieces_in(store, upload) == []


@ON_S3
async def test_a_long_piece_is_kept_as_it_comes_and_small_ones_are_joined(
    client: httpx.AsyncClient, other: httpx.AsyncClient, as_: As, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(s3_pieces, "_BLOCK", 20_000)
    monkeypatch.setattr(s3_pieces, "_SMALL", 10_000)
    me, content = as_(Role.CITIZEN), content_of(22)
    upload = (await begun(client, me, content)).json()["id"]

    async def in_two_parts() -> AsyncIterator[bytes]:
        yield content[:25_000]
        assert (await other.head(f"/attachments/uploads/{upload}", headers=me)).headers["Upload-Offset"] == "25000"
        yield content[25_000:29_000]

    await send(client, me, upload, 0, in_two_parts())
    for first in range(29_000, 45_000, 1_000):
        assert (await send(other, me, upload, first, content[first : first + 1_000])).status_code == 204
    assert len(pieces_in(store, upload)) == 3
    assert (await send(client, me, upload, 45_000, content[45_000:])).status_code == 201


@ON_S3
async def test_of_two_that_append_at_once_one_has_done_so(
    client: httpx.AsyncClient, other: httpx.AsyncClient, as_: As, store: Path
) -> None:
    me, content = as_(Role.CITIZEN), content_of(23)
    upload = (await begun(client, me, content)).json()["id"]
    both_have_begun = asyncio.Barrier(2)

    async def slowly(end: int) -> AsyncIterator[bytes]:
        yield content[:1_000]
        await both_have_begun.wait()
        yield content[1_000:end]

    answers = await asyncio.gather(
        send(client, me, upload, 0, slowly(50_000)), send(other, me, upload, 0, slowly(60_000))
    )
    [taken] = [each for each in answers if each.status_code == 204]
    [refused] = [each for each in answers if each is not taken]
    assert code_of(refused) == (409, "upload-busy")
    offset = int(taken.headers["Upload-Offset"])
    assert len(pieces_in(store, upload)) == 1
    assert (await send(client, me, upload, offset, content[offset:])).status_code == 201


@ON_S3
async def test_the_last_piece_may_be_asked_for_again(
    client: httpx.AsyncClient, other: httpx.AsyncClient, service: Service, engine: AsyncEngine, as_: As
) -> None:
    """A replica that has all of it, and dies before it is an attachment."""
    me, content = as_(Role.CITIZEN), content_of(24)
    upload = (await begun(client, me, content)).json()["id"]
    async with engine.connect() as connection:
        query = sa.text("SELECT * FROM attachment_upload WHERE id = CAST(:id AS uuid)")
        row = (await connection.execute(query, {"id": upload})).one()
    async with service.app.state.attaching.pieces.appending(row) as appending:
        await appending.take(content)
    assert (await begun(other, me, content)).json()["offset"] == len(content)
    answers = await asyncio.gather(*[send(each, me, upload, len(content), b"") for each in (other, client)])
    assert sorted(each.status_code for each in answers)[0] == 201
    assert {each.status_code for each in answers} <= {201, 404, 409}


@ON_S3
async def test_abandoned_pieces_are_removed(
    client: httpx.AsyncClient, service: Service, engine: AsyncEngine, as_: As, store: Path
) -> None:
    me = as_(Role.CITIZEN, "quitter")
    kept, abandoned, erased = [(await begun(client, me, content_of(seed))).json()["id"] for seed in (25, 26, 27)]
    for upload, seed in ((kept, 25), (abandoned, 26), (erased, 27)):
        await send(client, me, upload, 0, content_of(seed)[:500])
    attaching = service.app.state.attaching
    await attaching.pieces._objects.put(f"uploads/{abandoned}/000000000000500-lost", b"of a process that died")
    async with engine.begin() as connection:
        for statement in (
            "UPDATE attachment_upload SET created_at = created_at - interval '25 hours' WHERE id = CAST(:id AS uuid)",
            "DELETE FROM attachment_upload WHERE id = CAST(:other AS uuid)",
        ):
            await connection.execute(sa.text(statement), {"id": abandoned, "other": erased})
    janitor = AttachmentJanitor(engine, attaching.staging, attaching.pieces, attaching.removing)
    await janitor.clean()
    assert [len(pieces_in(store, each)) for each in (kept, abandoned, erased)] == [1, 0, 1]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("intake_service.service.attachment_janitor.KEEP_UPLOADS", timedelta(seconds=-5))
        await janitor._sweep_pieces([])
    assert [len(pieces_in(store, each)) for each in (kept, abandoned, erased)] == [1, 0, 0]


async def test_in_a_folder_one_writes_at_a_time(client: httpx.AsyncClient, as_: As, store: Path) -> None:
    me, content = as_(Role.CITIZEN), content_of(28)
    upload = (await begun(client, me, content)).json()["id"]
    async with Writer(store / "uploads" / upload, len(content)):
        assert code_of(await send(client, me, upload, 0, content)) == (409, "upload-busy")
    assert (await send(client, me, upload, 0, content)).status_code == 201
