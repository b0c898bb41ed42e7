"""An operator who imports, and what they import."""

import asyncio
import csv
import io
from pathlib import Path
from typing import Any

import httpx
import sqlalchemy as sa
from pydantic import SecretStr
from sqlalchemy.ext.asyncio import AsyncEngine

from contracts.roles import Role
from intake.conftest import SECRET, TENANT, As
from intake_service.main import build
from intake_service.persistence.tables import complaint
from operations.importing.report import HEADINGS
from runtime.auth import TokenVerifier
from runtime.lifecycle import Service
from runtime.settings import RuntimeSettings

HEADER = "external_ref,description,lon,lat,address,occurred_at"
FILE_BYTES = 200_000
MOST_ROWS = 300
WAITING = 3


def replica(database_url: str, folder: Path) -> Service:
    settings = RuntimeSettings(
        intake_database_url=database_url,
        token_secret=SecretStr(SECRET),
        tenant=TENANT,
        attachments_dir=folder,
        import_max_bytes=FILE_BYTES,
        import_max_rows=MOST_ROWS,
        imports_waiting=WAITING,
    )
    return build(settings, TokenVerifier(settings))


class Desk:
    """An operator who imports."""

    def __init__(self, client: httpx.AsyncClient, as_: As, service: Service, engine: AsyncEngine) -> None:
        self.client, self.service, self.engine = client, service, engine
        self.me = as_(Role.OPERATOR)

    async def send(
        self, content: bytes | str, name: str = "rows.csv", key: str | None = None, **fields: str
    ) -> httpx.Response:
        file = {"file": (name, content if isinstance(content, bytes) else content.encode(), "text/csv")}
        headers = {**self.me, "Idempotency-Key": key} if key else self.me
        return await self.client.post("imports", files=file, data=fields, headers=headers)

    async def begun(self, content: bytes | str, name: str = "rows.csv", **fields: str) -> str:
        answer = await self.send(content, name, None, **fields)
        assert answer.status_code == 202, answer.text
        assert answer.headers["Location"] == f"/intake/v1/imports/{answer.json()['id']}"
        return str(answer.json()["id"])

    async def work(self, service: Service | None = None, stop: asyncio.Event | None = None) -> None:
        await (service or self.service).app.state.importing.work(stop or asyncio.Event())

    async def seen(self, job: str) -> dict[str, Any]:
        answer = await self.client.get(f"imports/{job}", headers=self.me)
        assert answer.status_code == 200, answer.text
        seen: dict[str, Any] = answer.json()
        return seen

    async def rejected(self, job: str, which: str = "rejected") -> list[dict[str, str]]:
        answer = await self.client.get(f"imports/{job}/{which}.csv", headers=self.me)
        assert answer.headers["content-type"].startswith("text/csv")
        headings, *lines = csv.reader(io.StringIO(answer.content.decode("utf-8-sig")))
        assert tuple(headings) in HEADINGS.values()
        return [dict(zip(HEADINGS["en"], line, strict=True)) for line in lines]

    async def filed(self, prefix: str) -> list[str]:
        query = sa.select(complaint.c.external_ref).where(complaint.c.external_ref.startswith(prefix))
        async with self.engine.connect() as connection:
            return sorted((await connection.execute(query)).scalars())


def rows(prefix: str, count: int, **changes: str) -> str:
    lines = [f"{prefix}-{n:03},{changes.get(str(n), f'路灯不亮 {n}')},107.2357,26.5807,三号路,2024-02-28 11:25"
             for n in range(count)]  # fmt: skip
    return "\n".join([HEADER, *lines]) + "\n"


def counts(seen: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(seen[name] for name in ("state", "rows", "accepted", "known", "rejected", "percent"))
