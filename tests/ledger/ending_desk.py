"""Requests for endings, and decisions on them, as tests make them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

import httpx
from sqlalchemy.ext.asyncio import AsyncEngine

from contracts.envelope import Event
from contracts.roles import Role
from histories import History, messages
from ledger_service.events.handler import SUBSCRIPTION
from outboxes import published

if TYPE_CHECKING:  # whose fixture makes them
    from ledger.conftest import As, Enter

REASON = {"reason": "误报，现场无此事"}


class Desk:
    """Asks and decides on one complaint."""

    def __init__(self, client: httpx.AsyncClient, engine: AsyncEngine, as_: As, enter: Enter) -> None:
        self.client = client
        self.engine = engine
        self.as_ = as_
        self.enter = enter

    async def ask(self, history: History, what: str = "voiding", role: Role = Role.OPERATOR) -> httpx.Response:
        return await self.client.post(f"/complaints/{history.id}/{what}", json=REASON, headers=self.as_(role))

    async def decide(self, history: History, request: str, **body: Any) -> httpx.Response:
        path = f"/complaints/{history.id}/endings/{request}/decision"
        return await self.client.post(path, json={"approved": True} | body, headers=self.as_(Role.SUPERVISOR))

    async def approved(self, history: History, what: str = "voiding") -> UUID:
        """Have an ending asked for and approved; return the event of the decision."""
        asked = await self.ask(history, what)
        assert asked.status_code == 201, asked.text
        decided = await self.decide(history, asked.json()["id"])
        assert decided.status_code == 200, decided.text
        [decision] = [row for row in await self.published(history) if row["type"] == "complaint.ending_decided"]
        return UUID(str(decision["id"]))

    async def story(self, history: History) -> dict[str, Any]:
        answer = await self.client.get(f"/complaints/{history.id}", headers=self.as_(Role.SUPERVISOR))
        return dict(answer.json())

    async def states(self, history: History) -> list[str]:
        """Return the states of all requests about the complaint."""
        params: dict[str, Any] = {"state": ["pending", "approved", "refused", "done", "lapsed"], "limit": 200}
        page = await self.client.get("/ending-requests", params=params, headers=self.as_(Role.ANALYST))
        return [item["state"] for item in page.json()["items"] if item["complaint"]["id"] == str(history.id)]

    async def published(self, history: History) -> list[dict[str, Any]]:
        return await published(self.engine, history.id)

    async def answered(self, event: Event) -> None:
        """Let dispatch's answer come in."""
        await SUBSCRIPTION.apply(self.engine, messages([event]))
