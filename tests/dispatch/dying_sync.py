"""A dispatch service that is killed while it applies a batch of offline actions.

Run as `python -m dispatch.dying_sync '{"url": …, "token": …, "items": […], "dies_at": n}'`: it dies right after the
answer to the n-th action was written, before the transaction of its case has ended.
"""

import asyncio
import json
import os
import signal
import sys
from collections.abc import Mapping
from typing import Any

from httpx import ASGITransport, AsyncClient
from pydantic import SecretStr
from sqlalchemy.ext.asyncio import AsyncConnection

from dispatch.world import SECRET, TENANT
from dispatch_service.main import build
from dispatch_service.persistence import offline_actions
from runtime.auth import TokenVerifier
from runtime.settings import RuntimeSettings


async def main(url: str, token: str, items: list[dict[str, Any]], dies_at: int) -> None:
    """Send the batch to a service that dies meanwhile."""
    keep, kept = offline_actions.keep, 0

    async def keep_and_die(connection: AsyncConnection, action: Mapping[str, Any]) -> bool:
        nonlocal kept
        is_new = await keep(connection, action)
        kept += 1
        if kept == dies_at:
            os.kill(os.getpid(), signal.SIGKILL)
        return is_new

    offline_actions.keep = keep_and_die
    settings = RuntimeSettings(dispatch_database_url=url, token_secret=SecretStr(SECRET), tenant=TENANT)
    service = build(settings, TokenVerifier(settings))
    async with AsyncClient(transport=ASGITransport(app=service.app), base_url="http://test") as client:
        headers = {"Authorization": f"Bearer {token}"}
        await client.post("/dispatch/v1/sync", headers=headers, json={"items": items})


if __name__ == "__main__":
    asyncio.run(main(**json.loads(sys.argv[1])))
