"""The directory as tests of this folder change it over REST and see it told."""

import json
from typing import Any

import sqlalchemy as sa

from contracts.directory import DirectoryKind, subject_of
from dispatch.world import TENANT, World

API = "/dispatch/v1"


async def put(world: World, path: str, body: object, **options: Any) -> Any:
    return await world.send("PUT", f"{API}/{path}", role="admin", json=body, **options)


async def remove(world: World, path: str, **options: Any) -> Any:
    return await world.send("DELETE", f"{API}/{path}", role="admin", **options)


async def get(world: World, path: str, **options: Any) -> Any:
    return await world.send("GET", f"{API}/{path}", role="officer", **options)


async def told(world: World, kind: DirectoryKind, code: str, tenant: str = TENANT) -> list[dict[str, Any]]:
    """Return what was published about a thing, in order: `sequence` and the payload."""
    statement = sa.text("""
        SELECT sequence, type, tenant, source, payload FROM outbox
        WHERE aggregatetype = 'directory.v1' AND aggregateid = :key ORDER BY position
    """)
    async with world.engine.connect() as connection:
        rows = await connection.execute(statement, {"key": str(subject_of(tenant, kind, code))})
        found = [{**row, **json.loads(row["payload"])} for row in rows.mappings()]
    assert {(row["type"], row["tenant"], row["source"]) for row in found} <= {
        (f"directory.{kind}_changed", tenant, "dispatch")
    }
    return found
