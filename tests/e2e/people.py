"""Callers with a role, and what they do."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any, TypeVar

import httpx

from runtime.auth import issue_token

TENANT = "522723"
CENTRE = {"lon": 107.2357, "lat": 26.5807, "crs": "WGS84"}
REPORT: dict[str, Any] = {
    "source": "resident_app",
    "category": "street_order.parking",
    "description": "盲道上停满了车，行人过不去",
    "location": CENTRE,
}
Body = dict[str, Any]
Answer = TypeVar("Answer")


class People:
    """One HTTP client for each role and subject."""

    def __init__(self, url: str, secret: str) -> None:
        self._url, self._secret = url, secret
        self._clients: dict[tuple[str, str, str], httpx.AsyncClient] = {}

    def a(self, role: str, subject: str | None = None, tenant: str = TENANT) -> httpx.AsyncClient:
        """Return the client of a caller."""
        key = (role, subject or f"{role}-demo", tenant)
        if key not in self._clients:
            token = issue_token(self._secret, key[1], tenant, [role], timedelta(hours=1))
            headers = {"Authorization": f"Bearer {token}", "Accept-Language": "en"}
            self._clients[key] = httpx.AsyncClient(base_url=self._url, headers=headers, timeout=30)
        return self._clients[key]

    async def report(self, role: str = "citizen", subject: str | None = None, **changes: Any) -> Body:
        """Report a complaint and return the receipt."""
        answer = await self.a(role, subject).post("/intake/v1/complaints", json={**REPORT, **changes})
        assert answer.status_code == 201, answer.text
        return body(answer)

    async def case(self, complaint: str, action: str, content: Body | None = None, **who: str) -> httpx.Response:
        """Let an officer act on a case."""
        officer = self.a(who.get("role", "officer"), who.get("subject"))
        return await officer.post(f"/dispatch/v1/cases/{complaint}/{action}", json=content or {})

    async def ledger(self, complaint: str) -> Body:
        """Return the story of a complaint as an operator reads it; empty while the ledger does not know it."""
        answer = await self.a("operator").get(f"/ledger/v1/complaints/{complaint}")
        return body(answer) if answer.is_success else {}

    async def until(self, complaint: str, status: str) -> Body:
        """Return the story once the complaint has reached a status in the ledger."""

        async def there() -> Body | None:
            story = await self.ledger(complaint)
            return story if story.get("status") == status else None

        return await eventually(there)

    async def assigned(self, complaint: str) -> Body:
        """Return the case once dispatch has it."""

        async def there() -> Body | None:
            answer = await self.a("officer").get(f"/dispatch/v1/cases/{complaint}")
            return body(answer) if answer.is_success else None

        return await eventually(there)

    async def close(self) -> None:
        """Close all clients."""
        for client in self._clients.values():
            await client.aclose()


def body(answer: httpx.Response) -> Body:
    """Return the JSON of an answer."""
    content: Body = answer.json()
    return content


async def eventually(ask: Callable[[], Awaitable[Answer | None]], seconds: float = 60) -> Answer:
    """Ask until there is an answer."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if (answer := await ask()) is not None:
            return answer
        await asyncio.sleep(0.03)
    raise AssertionError(f"nothing within {seconds} s")
