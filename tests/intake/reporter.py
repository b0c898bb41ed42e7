"""Somebody with a receipt, as tests let them see and say things."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from contracts.envelope import Event
from contracts.events import ComplaintAssigned, ComplaintClosed, ComplaintVerified
from contracts.lifecycle import EventType
from contracts.roles import Role
from histories import OFFICER, History
from intake.conftest import As
from intake_service.events.lifecycle import follow
from intake_service.persistence.reporter_tables import question
from outboxes import published

NOW = datetime.now(UTC)


class Reporter:
    """Somebody with a receipt, and what happens to their complaint."""

    def __init__(self, client: httpx.AsyncClient, engine: AsyncEngine, as_: As, receipt: dict[str, Any]) -> None:
        self.client, self.engine, self.as_, self.receipt = client, engine, as_, receipt
        self.history = History()
        self.history.id = UUID(receipt["id"])
        self.path = f"/track/{receipt['number']}"
        self.code = receipt["query_code"]

    async def happens(self, *events: Event) -> None:
        async with self.engine.begin() as connection:
            await follow(connection, events)

    def promised(self, hours: float = 24, **changes: Any) -> Event:
        moment = NOW + timedelta(hours=hours)
        said = {
            "team": "team-01", "team_name": "福来网格队", "round": 1, "rule": "grid", "officer": OFFICER,
            "promised_at": moment, "warn_at": moment - timedelta(hours=4),
            "accept_by": NOW + timedelta(hours=1), "on_site_by": NOW + timedelta(hours=2),
        }  # fmt: skip
        return self.history.event(EventType.ASSIGNED, ComplaintAssigned.model_validate(said | changes))

    async def is_closed(self) -> None:
        history = self.history
        await self.happens(self.promised(), history.accepted(), history.started(), history.resolved())
        verified = history.event(EventType.VERIFIED, ComplaintVerified(actor="inspector-1", method="photo"))
        await self.happens(verified, history.event(EventType.CLOSED, ComplaintClosed(gates=("verification",))))

    async def sees(self, language: str = "en") -> dict[str, Any]:
        answer = await self.client.get(
            self.path, params={"query_code": self.code}, headers={"Accept-Language": language}
        )
        assert answer.status_code == 200, answer.text
        seen: dict[str, Any] = answer.json()
        return seen

    async def says(self, end: str, **body: Any) -> httpx.Response:
        return await self.client.post(f"{self.path}/{end}", json={"query_code": self.code, **body})

    async def asked(self, text: str = "在几号楼？", role: Role = Role.OPERATOR, subject: str | None = None) -> Any:
        path = f"/complaints/{self.history.id}/questions"
        return await self.client.post(path, json={"text": text}, headers=self.as_(role, subject))

    async def questions(self) -> list[dict[str, Any]]:
        path = f"/complaints/{self.history.id}/questions"
        shown: list[dict[str, Any]] = (await self.client.get(path, headers=self.as_(Role.OPERATOR))).json()["items"]
        return shown

    async def is_due(self, asked: str) -> None:
        """Let the five days pass in which a question can be answered."""
        async with self.engine.begin() as connection:
            await connection.execute(
                sa.update(question).where(question.c.id == UUID(asked)).values(lapses_at=sa.func.now())
            )

    async def told(self) -> list[tuple[str, int]]:
        rows = await published(self.engine, self.history.id)
        return [(row["type"].removeprefix("complaint."), row["sequence"]) for row in rows]
