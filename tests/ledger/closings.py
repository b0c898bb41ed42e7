"""Closing rules and tasks as tests need them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from contracts.events import query_code_digest
from contracts.roles import Role
from histories import History
from outboxes import published

if TYPE_CHECKING:  # whose fixture makes them
    from ledger.conftest import As, Enter, Headers

Rules = list[dict[str, Any]]
CODE = "7K3M9Q2WXTRV"
ASK_FIRST: dict[str, Any] = {"gates": ["verification", "follow_up"]}
"""A rule: the reporter is called before the closing."""
DUE_DAY = {"calls": {"due_hours": 24}}


class Closings:
    """Acts on complaints of one ledger, over REST."""

    def __init__(self, client: httpx.AsyncClient, engine: AsyncEngine, enter: Enter, as_: As) -> None:
        self.client = client
        self.engine = engine
        self._enter = enter
        self.operator, self.supervisor = as_(Role.OPERATOR), as_(Role.SUPERVISOR)
        self.inspector, self.admin = as_(Role.INSPECTOR), as_(Role.ADMIN)

    async def rules(self, *rules: dict[str, Any]) -> dict[str, Any]:
        """Put the rules, in force since long ago: the histories of tests are old."""
        answer = await self.client.put("/closing-rules", json={"rules": rules}, headers=self.admin)
        assert answer.status_code == 200, answer.text
        async with self.engine.begin() as connection:
            statement = sa.text("UPDATE closing_rules SET in_force_from = '2020-01-01' WHERE version = :version")
            await connection.execute(statement, {"version": answer.json()["version"]})
        shown: dict[str, Any] = answer.json()
        return shown

    async def resolved(self, **facts: Any) -> History:
        """Enter a complaint whose result waits for verification."""
        history = History()
        history.received(**{"query_code_digest": query_code_digest(history.id, CODE), **facts})
        for step in (history.assigned, history.accepted, history.started, history.resolved):
            step()
        await self._enter(history)
        return history

    async def verified(self, **facts: Any) -> History:
        """Enter a complaint and verify its result."""
        history = await self.resolved(**facts)
        answer = await self.post(history, "verification", {"method": "photo"}, self.inspector)
        assert answer.status_code == 200, answer.text
        return history

    async def post(self, history: History, path: str, body: dict[str, Any] | None, headers: Headers) -> httpx.Response:
        """Act on a complaint."""
        return await self.client.post(f"/complaints/{history.id}/{path}", json=body, headers=headers)

    async def tasks(self, history: History) -> list[dict[str, Any]]:
        """Return the tasks about a complaint."""
        answer = await self.client.get(f"/complaints/{history.id}/follow-ups", headers=self.operator)
        assert answer.status_code == 200, answer.text
        items: list[dict[str, Any]] = answer.json()["items"]
        return items

    async def task(self, history: History, kind: str) -> dict[str, Any]:
        """Return the newest task of a kind about a complaint."""
        return max((task for task in await self.tasks(history) if task["kind"] == kind), key=lambda task: task["round"])

    async def call(self, history: History, task: dict[str, Any], **said: Any) -> httpx.Response:
        """Report a call."""
        return await self.post(history, f"follow-ups/{task['id']}/attempts", said, self.operator)

    async def decide(self, history: History, task: dict[str, Any], decision: str) -> httpx.Response:
        """Decide as a supervisor."""
        body = {"decision": decision, "reason": "已查看现场照片"}
        return await self.post(history, f"follow-ups/{task['id']}/decision", body, self.supervisor)

    async def types(self, history: History) -> list[str]:
        """Return what the ledger has published of a complaint, in order."""
        return [row["type"].removeprefix("complaint.") for row in await published(self.engine, history.id)]
