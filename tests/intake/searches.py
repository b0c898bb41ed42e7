"""Complaints to look for, and lists of them."""

from typing import Any

import httpx
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from contracts.roles import Role
from intake.conftest import As
from intake.reports import HOTLINE
from intake_service.service.reading import Reader


async def taken(client: httpx.AsyncClient, as_: As, description: str = "盲道上停满了车", **changes: Any) -> str:
    """Have an operator take a complaint; return its id."""
    body = {**HOTLINE, "description": description, **changes}
    answer = await client.post("/complaints", json=body, headers=as_(Role.OPERATOR))
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def read(engine: AsyncEngine) -> int:
    """Let the words of what has come in be kept, as the service does a moment later."""
    reader, total = Reader(engine), 0
    while count := await reader.work():
        total += count
    return total


async def found(client: httpx.AsyncClient, headers: dict[str, str], **query: Any) -> list[str]:
    """Return the ids of all pages of a list, three complaints a page."""
    url: str | None = str(httpx.URL("/intake/v1/complaints", params={"limit": 3, **query}))
    ids: list[str] = []
    while url:
        page = await client.get(f"http://intake.test{url}", headers=headers)
        assert page.status_code == 200, page.text
        ids += [item["id"] for item in page.json()["items"]]
        url = page.links.get("next", {}).get("url")
    return ids


async def put(engine: AsyncEngine, complaint: str, **facts: Any) -> None:
    """Let a complaint be as its events would have made it."""
    sets = ", ".join(f"{name} = :{name}" for name in facts)
    async with engine.begin() as connection:
        await connection.execute(sa.text(f"UPDATE complaint SET {sets} WHERE id = :id"), {"id": complaint, **facts})
