"""A batch that is only tried."""

from typing import Any

import httpx
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from contracts.roles import Role
from intake.conftest import As
from intake.reports import HOTLINE


async def tried(client: httpx.AsyncClient, as_: As, *items: dict[str, Any], dry_run: str = "true") -> dict[str, Any]:
    answer = await client.post(
        "complaints/batch", params={"dry_run": dry_run}, json={"items": items}, headers=as_(Role.OPERATOR)
    )
    assert answer.status_code == 200, answer.text
    result: dict[str, Any] = answer.json()
    return result


async def test_each_item_gets_what_it_would_and_nothing_is_kept(
    client: httpx.AsyncClient, as_: As, engine: AsyncEngine
) -> None:
    known = {**HOTLINE, "external_ref": "dry-1"}
    assert (await tried(client, as_, known, dry_run="false"))["created"] == 1
    before = await rows(engine)
    result = await tried(
        client,
        as_,
        known,
        {**HOTLINE, "external_ref": "dry-2"},
        {**HOTLINE, "category": "nothing"},
        {"source": "hotline"},
    )
    assert [item["status"] for item in result["items"]] == [409, 200, 422, 422]
    assert (result["created"], result["refused"]) == (0, 3)
    assert result["items"][0]["problem"]["type"] == "urn:jieban:problem:external-ref-exists"
    assert await rows(engine) == before


async def rows(engine: AsyncEngine) -> list[int]:
    """Return how much is stored, and how much waits to be published."""
    async with engine.connect() as connection:
        counts = [await connection.scalar(text(f"SELECT count(*) FROM {table}")) for table in ("complaint", "outbox")]
    return [int(count or 0) for count in counts]
