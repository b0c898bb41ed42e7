"""Exports of ledgers in the background, as a test has them made and shown."""

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx
from sqlalchemy.ext.asyncio import AsyncEngine

from ledger.conftest import Headers
from ledger_service.service.exporting import LedgerFiles
from operations.exporting.files import ExportFiles
from operations.exporting.making import ExportMaker


def maker_of(engine: AsyncEngine, files: ExportFiles, keep: timedelta = timedelta(hours=1)) -> ExportMaker:
    """Return what makes the exports of a ledger that runs without its workers."""
    return ExportMaker("ledger", engine, files, LedgerFiles(ZoneInfo("Asia/Shanghai")), keep)


async def shown(client: httpx.AsyncClient, headers: Headers, path: str) -> dict[str, Any]:
    """Return how an export stands."""
    answer = await client.get(path, headers=headers)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found
