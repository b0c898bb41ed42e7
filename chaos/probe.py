"""One fresh complaint, sent through the whole system."""

import asyncio
from collections.abc import Mapping, Sequence
from itertools import cycle
from typing import Any

import httpx

from bench.intake import BODY
from bench.platform import token
from chaos.journal import Journal, Op
from runtime.ids import uuid7

_ROLE = "operator"
_TIMEOUT_SECONDS = 2.0
_PAUSE_SECONDS = 0.05


async def travel(targets: Mapping[str, Sequence[str]], journal: Journal | None) -> str:
    """Post a complaint and return its id once it stands assigned in the ledger; tries every replica, for ever."""
    headers = {"Authorization": f"Bearer {token(_ROLE)}"}
    async with httpx.AsyncClient(headers=headers, timeout=_TIMEOUT_SECONDS) as client:
        complaint = await _post(client, targets["intake"], journal)
        for url in cycle(targets["ledger"]):
            answer = await _try(client, "GET", f"{url}/ledger/v1/complaints/{complaint}")
            if answer.get("status") == "assigned":
                break
    return complaint


async def _post(client: httpx.AsyncClient, urls: Sequence[str], journal: Journal | None) -> str:
    op = Op("create", f"{_ROLE}-bench", f"probe-{uuid7()}")
    number = await journal.intend(op) if journal else 0
    for url in cycle(urls):
        answer = await _try(
            client, "POST", f"{url}/intake/v1/complaints", json=BODY, headers={"Idempotency-Key": op.key}
        )
        if "id" in answer:
            break
    if journal:
        await journal.outcome(number, "acknowledged", 201, answer["id"])
    return str(answer["id"])


async def _try(client: httpx.AsyncClient, method: str, url: str, **request: Any) -> dict[str, Any]:
    """Return the answer's content where it is a success, else nothing, after a moment."""
    try:
        answer = await client.request(method, url, **request)
    except httpx.TransportError:
        await asyncio.sleep(_PAUSE_SECONDS)
        return {}
    await asyncio.sleep(0 if answer.status_code == httpx.codes.CREATED else _PAUSE_SECONDS)
    content: dict[str, Any] = answer.json() if answer.is_success else {}
    return content
