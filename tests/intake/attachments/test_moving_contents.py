"""Contents move from the folder to S3 and back while intake runs."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import httpx
import pytest
import sqlalchemy as sa
from pydantic import SecretStr, ValidationError
from sqlalchemy.ext.asyncio import AsyncEngine
from typer.testing import CliRunner

from contracts.roles import Role
from e2e.printed import section
from intake.attachments.files import left_in, picture, uploaded
from intake.conftest import SECRET, TENANT, As
from intake_service.main import build
from intake_service.persistence.folder_blobs import FolderBlobs
from intake_service.persistence.paired_blobs import PairedBlobs
from intake_service.persistence.staging import Staged, Staging
from intake_service.service.moving_contents import Move, Moved
from intake_service.service.stores import blobs_of
from jieban.commands.attachments import attachments
from runtime.auth import TokenVerifier
from runtime.database import create_engine
from runtime.lifecycle import Service
from runtime.settings import RuntimeSettings
from s3 import EMPTY, S3Server, answering


def move(database_url: str, folder: Path, s3: Mapping[str, str], to: tuple[str, str], *options: str) -> tuple[int, str]:
    """Run the command between two stores, and return its exit code and what it says."""
    environment = {
        **os.environ,
        **s3,
        "JIEBAN_INTAKE_DATABASE_URL": database_url,
        "JIEBAN_ATTACHMENTS_DIR": str(folder),
        "JIEBAN_ATTACHMENTS_STORE": to[0],
        "JIEBAN_ATTACHMENTS_SECOND_STORE": to[1],
    }
    command = [sys.executable, "-m", "jieban", "attachments", "move", *options]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=120)
    return done.returncode, done.stdout + (done.stderr if done.returncode else "")


def as_printed(database_url: str, folder: Path, s3: S3Server, bucket: str) -> str:
    """Run the lines of docs/attachments.md, and return what they say."""
    lines = section("docs/attachments.md", "Moving to another store")
    lines = lines.replace("https://s3.example.cn", s3.endpoint).replace("s3://photos/jieban", f"s3://{bucket}")
    environment = {
        **os.environ,
        **s3.environment,
        "JIEBAN_INTAKE_DATABASE_URL": database_url,
        "JIEBAN_ATTACHMENTS_DIR": str(folder),
    }
    script = "set -e\n" + lines.replace(".venv/bin/jieban", f'"{sys.executable}" -m jieban')
    done = subprocess.run(["bash", "-c", script], env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def blobs_in(folder: Path) -> set[str]:
    return {path for path in left_in(folder) if path.startswith("blobs/")}


async def test_there_and_back_and_read_all_the_while(
    client: httpx.AsyncClient,
    database_url: str,
    as_: As,
    store: Path,
    s3: S3Server,
    bucket_name: str,
) -> None:
    bucket = s3.folder / bucket_name
    there, back = (f"s3://{bucket_name}", "folder"), ("folder", f"s3://{bucket_name}")
    photos = [await uploaded(client, as_, content=picture()) for _ in range(2)]
    files = blobs_in(store)
    broken = sorted(files)[0]
    whole = (store / broken).read_bytes()
    (store / broken).write_bytes(whole[::-1])
    code, said = move(database_url, store, s3.environment, there, "--remove")
    assert (code, f"{Path(broken).name}: another content in {store}" in said) == (1, True), said
    assert (blobs_in(bucket), blobs_in(store)) == (files - {broken}, {broken})
    (store / broken).write_bytes(whole)

    both = build(over := settings(database_url, store, s3, there), TokenVerifier(over))
    transport = httpx.ASGITransport(both.app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://intake.test/intake/v1") as meanwhile:
        photos.append(await uploaded(meanwhile, as_, content=picture()))
        for photo in photos:
            assert (await meanwhile.get(f"/attachments/{photo}", headers=as_(Role.CITIZEN))).status_code == 200
        said = as_printed(database_url, store, s3, bucket_name)
        assert "1 contents were copied" in said
        assert "0 contents were copied" in said
        assert (blobs_in(store), len(blobs_in(bucket))) == (set(), len(files) + 3)
        (store / broken).write_bytes(whole)
        await both.app.state.attaching.blobs.remove(bytes.fromhex(Path(broken).name))
        assert not (store / broken).exists()
        assert not (bucket / broken).exists()
    await both.close()

    code, said = move(database_url, store, s3.environment, back, "--remove")
    assert code == 1
    assert f"{Path(broken).name}: not in s3://{bucket_name}" in said
    assert blobs_in(bucket) == set()
    (store / broken).write_bytes(whole)
    for photo in photos:
        assert (await client.get(f"/attachments/{photo}", headers=as_(Role.CITIZEN))).status_code == 200


def settings(database_url: str, store: Path, s3: S3Server, to: tuple[str, str]) -> RuntimeSettings:
    return RuntimeSettings(
        **s3.settings,
        intake_database_url=database_url,
        token_secret=SecretStr(SECRET),
        tenant=TENANT,
        attachments_dir=store,
        attachments_store=to[0],
        attachments_second_store=to[1],
    )


class SlowBlobs(FolderBlobs):
    """A folder behind a slow line."""

    async def place(self, staged: Staged) -> None:
        await asyncio.sleep(0.6)
        await super().place(staged)


async def test_a_content_is_held_for_as_long_as_its_copy_takes(
    client: httpx.AsyncClient, database_url: str, as_: As, store: Path, tmp_path: Path
) -> None:
    await uploaded(client, as_)
    impatient = {"idle_in_transaction_session_timeout": "200ms"}
    engine = create_engine(database_url, application_name="moving", session=impatient)
    target = SlowBlobs(tmp_path / "target")
    moved: Moved = await Move(engine, FolderBlobs(store), target, Staging(tmp_path)).run(lambda _done, _total: None)
    await engine.dispose()
    assert (moved.copied, moved.broken) == (len(blobs_in(store)), [])
    assert blobs_in(tmp_path / "target") == blobs_in(store)


@pytest.mark.parametrize("left", [0, 10])
async def test_what_the_new_store_has_and_is_wrong_is_copied_anew(
    client: httpx.AsyncClient, database_url: str, as_: As, store: Path, s3: S3Server, bucket_name: str, left: int
) -> None:
    """An object that was cut off, like one by a service that ran out of space."""
    await uploaded(client, as_, content=picture())
    there = ("s3://" + bucket_name, "folder")
    assert move(database_url, store, s3.environment, there)[0] == 0
    broken = sorted(blobs_in(store))[0]
    whole = (store / broken).read_bytes()
    os.truncate(s3.folder / bucket_name / broken, left)
    (store / broken).write_bytes(whole[::-1])
    code, said = move(database_url, store, s3.environment, there, "--remove")
    assert (code, f"{Path(broken).name}: another content in s3://{bucket_name}, and no better one" in said) == (
        1,
        True,
    ), said
    (store / broken).write_bytes(whole)
    code, said = move(database_url, store, s3.environment, there, "--remove")
    assert (code, "1 contents were copied" in said) == (0, True), said
    assert (s3.folder / bucket_name / broken).read_bytes() == whole
    assert blobs_in(store) == set()
    assert move(database_url, store, s3.environment, there[::-1], "--remove")[0] == 0


def test_a_bucket_that_is_not_there_is_told_before_anything_moves(
    service: Service, database_url: str, store: Path, s3: S3Server
) -> None:
    for there in (("s3://another", "folder"), ("folder", "s3://another")):
        code, said = move(database_url, store, s3.environment, there)
        assert (code, "s3://another: 404 NoSuchBucket: broken off" in said) == (1, True), said


async def test_a_database_that_goes_away_meanwhile_is_told_in_one_sentence(
    client: httpx.AsyncClient, database_url: str, engine: AsyncEngine, as_: As, store: Path, s3: S3Server
) -> None:
    """The store has each content, and ends the connections to the database before it says so."""
    await uploaded(client, as_)
    end = sa.text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'jieban moving'")

    async def answer(_method: str, path: str) -> tuple[int, str]:
        if "list-type" not in path:
            async with engine.connect() as connection:
                await connection.execute(end)
        return 200, EMPTY if "list-type" in path else "a content"

    async with answering(answer) as endpoint:
        there = {**s3.environment, "JIEBAN_ATTACHMENTS_S3_ENDPOINT": endpoint}
        code, said = await asyncio.to_thread(move, database_url, store, there, ("s3://bucket", "folder"))
    assert code == 1
    assert "Traceback" not in said
    assert "broken off. What was copied stays; begin again." in said


def test_what_cannot_be_moved_is_said(tmp_path: Path) -> None:
    said = CliRunner().invoke(attachments, ["move"], env={"JIEBAN_ATTACHMENTS_DIR": str(tmp_path)})
    assert "JIEBAN_ATTACHMENTS_SECOND_STORE is not set" in str(said.exception)
    with pytest.raises(ValueError, match="SECOND_STORE is JIEBAN_ATTACHMENTS_STORE"):
        blobs_of(RuntimeSettings(attachments_second_store="folder"))
    with pytest.raises(ValueError, match="one is not set"):
        blobs_of(RuntimeSettings(attachments_store="s3://bucket", attachments_s3_access_key="key"))
    for wrong in ("s3://", "s3://Bucket", "ftp://host", "s3://bucket/../other"):
        with pytest.raises(ValidationError, match="attachments_store"):
            RuntimeSettings(attachments_store=wrong)


async def test_two_stores_are_checked_at_once(tmp_path: Path) -> None:
    both = asyncio.Barrier(2)

    class Waiting(FolderBlobs):
        async def check(self) -> str | None:
            await asyncio.wait_for(both.wait(), 5)
            return None

    assert await PairedBlobs(Waiting(tmp_path), Waiting(tmp_path)).check() is None
