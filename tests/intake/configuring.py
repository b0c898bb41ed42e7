"""Configurations to change, and what was told of them."""

import copy
from typing import Any

import httpx
import orjson
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from intake_service.domain.configuration.shipped import shipped

Json = dict[str, Any]


def configuration() -> Json:
    """Return what is shipped, to be changed."""
    return copy.deepcopy(shipped().configuration.content())


def category(given: Json, code: str) -> Json:
    found: Json = next(each for each in given["categories"] if each["code"] == code)
    return found


async def publish(client: httpx.AsyncClient, admin: dict[str, str], given: Json) -> None:
    """Make it the draft, and put it in force."""
    assert (await client.put("/configuration/draft", json=given, headers=admin)).status_code == 200
    assert (await client.post("/configuration/publication", json={}, headers=admin)).status_code == 201


async def told(engine: AsyncEngine, tenant: str) -> list[tuple[str, Json, int]]:
    query = sa.text("SELECT type, payload, sequence FROM outbox WHERE tenant = :tenant ORDER BY id")
    async with engine.connect() as connection:
        rows = await connection.execute(query, {"tenant": tenant})
        return [(row.type.removeprefix("directory."), orjson.loads(row.payload), row.sequence) for row in rows]
