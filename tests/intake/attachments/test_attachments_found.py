"""Content that its uploader has here already: what is handed out for it can be referred to, and counts."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from contracts.roles import Role
from intake.attachments.conftest import WAITING
from intake.attachments.files import picture, upload
from intake.attachments.pieces import begun
from intake.conftest import As
from intake.reports import report
from refusals import code_of
from runtime.ids import uuid7

_AGE = sa.text("UPDATE attachment SET created_at = created_at - CAST(:age AS interval) WHERE id = :id")
_HERE = sa.text("SELECT now() - created_at < interval '1 hour' FROM attachment WHERE id = :id")


@pytest.fixture
def me(as_: As) -> dict[str, str]:
    return as_(Role.CITIZEN, f"finder-{uuid7().hex[-8:]}")


async def sent(client: httpx.AsyncClient, me: dict[str, str], content: bytes, role: str = "near") -> str:
    return str((await upload(client, me, content, role=role)).json()["id"])


async def known(client: httpx.AsyncClient, me: dict[str, str], content: bytes, role: str = "near") -> str:
    answer = await begun(client, me, content, role=role)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["attachment"]["id"])


async def test_what_a_draft_holds_stays_with_the_draft(client: httpx.AsyncClient, me: dict[str, str]) -> None:
    content = picture()
    held = await sent(client, me, content)
    assert (await client.post("/drafts", json=report(attachments=[held]), headers=me)).status_code == 201
    found = await known(client, me, content)
    assert found != held
    assert await known(client, me, content) == found
    other: Any = report(attachments=[found])
    assert (await client.post("/drafts", json=other, headers=me)).status_code == 201


async def test_what_waits_already_waits_from_now_on(
    client: httpx.AsyncClient, engine: AsyncEngine, me: dict[str, str]
) -> None:
    content = picture()
    here = await sent(client, me, content)
    async with engine.begin() as connection:
        await connection.execute(_AGE, {"id": here, "age": timedelta(hours=23)})
    assert await known(client, me, content) == here
    async with engine.connect() as connection:
        assert (await connection.execute(_HERE, {"id": here})).scalar_one()


async def test_there_is_one_of_each_role_and_no_more_than_may_wait(
    client: httpx.AsyncClient, me: dict[str, str], store: Path
) -> None:
    content = picture()
    near = await sent(client, me, content)
    far = await known(client, me, content, "far")
    assert [await known(client, me, content, role) for role in ("near", "far", "near", "far")] == [near, far] * 2
    for _ in range(WAITING - 2):
        await sent(client, me, content)
    late = await begun(client, me, content, role="before")
    assert code_of(late) == (429, "too-many-waiting")
    assert await known(client, me, content, "far") == far
