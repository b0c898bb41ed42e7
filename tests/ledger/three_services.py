"""Intake, dispatch and ledger on databases of their own, with a list for a topic: a test says who hears what, when."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import sqlalchemy as sa
from pydantic import SecretStr
from sqlalchemy.ext.asyncio import AsyncEngine

from contracts.envelope import type_of
from contracts.roles import Role
from contracts.topics import LIFECYCLE
from dispatch_service import demo
from dispatch_service import main as dispatch
from dispatch_service.events.handlers import CONSUMED, CaseEvents
from dispatch_service.persistence.territory import Territory
from dispatch_service.service.clockworks import Clockworks
from dispatch_service.service.rulebooks import Rulebooks
from eventbus.parking import Message
from eventbus.slices import Subscription
from histories import TENANT
from intake_service import main as intake
from intake_service.events import lifecycle
from ledger_service import main as ledger
from ledger_service.events.handler import SUBSCRIPTION
from outboxes import as_message
from runtime.auth import TokenVerifier, issue_token
from runtime.database import run_migrations
from runtime.settings import RuntimeSettings
from stack import MakeDatabase

SECRET = "5b0c1f7ae2d94e3386a1b9c4d5e6f709"
SERVICES = ("intake", "dispatch", "ledger")
_STATUS = {"intake": "complaint", "dispatch": "dispatch_case", "ledger": "ledger_complaint"}
_KEYS = {"intake": "id", "dispatch": "complaint_id", "ledger": "complaint_id"}


@dataclass
class Part:
    """One service: how far the topic has its outbox, and how far it has read the topic."""

    engine: AsyncEngine
    client: httpx.AsyncClient
    subscription: Subscription
    published: int = 0
    read: int = 0


@dataclass
class Trio:
    """All three, and the one partition between them."""

    parts: dict[str, Part]
    topic: list[Message] = field(default_factory=list)

    async def post(
        self, path: str, body: Any, role: Role, subject: str | None = None, *, method: str = "POST"
    ) -> httpx.Response:
        token = issue_token(SECRET, subject or f"{role}-1", TENANT, [role], timedelta(hours=1))
        client = self.parts[path.split("/")[1]].client
        return await client.request(method, path, json=body, headers={"Authorization": f"Bearer {token}"})

    async def relay(self, name: str, size: int = 100) -> int:
        """Publish what is next in a service's outbox; return how much that was."""
        part = self.parts[name]
        statement = sa.text(
            "SELECT * FROM outbox WHERE aggregatetype = :topic AND position > :after ORDER BY position LIMIT :size"
        )
        values = {"topic": LIFECYCLE.name, "after": part.published, "size": size}
        async with part.engine.connect() as connection:
            rows = (await connection.execute(statement, values)).mappings().all()
        for row in rows:
            part.published = row["position"]
            self.topic.append(as_message(row, len(self.topic)))
        return len(rows)

    async def hear(self, name: str, size: int = 100) -> int:
        """Let a service read what is next on the topic, as one slice; return how much that was."""
        part = self.parts[name]
        heard = self.topic[part.read : part.read + size]
        types = {each.value.encode() for each in part.subscription.types}
        wanted = [message for message in heard if type_of(message.headers) in types]
        if wanted:
            outcome = await part.subscription.apply(part.engine, wanted)
            assert not outcome.misfits, outcome.misfits
        part.read += len(heard)
        return len(heard)

    async def settle(self) -> None:
        """Publish and hear until there is nothing left."""
        while sum([await self.relay(name) + await self.hear(name) for name in SERVICES]):
            pass

    async def statuses(self, complaint: str) -> dict[str, str]:
        """Return where each service has a complaint."""
        return {
            name: await self.one(name, f"SELECT status FROM {_STATUS[name]} WHERE {_KEYS[name]} = :id", id=complaint)
            for name in SERVICES
        }

    async def one(self, name: str, sql: str, **values: Any) -> Any:
        """Return the one value of a query on a service's database."""
        values = {key: UUID(value) if key == "id" else value for key, value in values.items()}
        async with self.parts[name].engine.connect() as connection:
            return (await connection.execute(sa.text(sql), values)).scalar_one()

    async def execute(self, name: str, sql: str) -> None:
        async with self.parts[name].engine.begin() as connection:
            await connection.execute(sa.text(sql))

    async def rows(self, name: str, sql: str) -> Sequence[Any]:
        async with self.parts[name].engine.connect() as connection:
            return (await connection.execute(sa.text(sql))).all()


@asynccontextmanager
async def three_services(databases: MakeDatabase) -> AsyncIterator[Trio]:
    """Open all three with the demo county in dispatch."""
    async with AsyncExitStack() as stack:
        parts = {}
        for name, build in (("intake", intake.build), ("dispatch", dispatch.build), ("ledger", ledger.build)):
            url = await databases()
            run_migrations(f"{name}_service", url)
            if name == "dispatch":
                await demo.load(url, TENANT)
            settings = RuntimeSettings(
                intake_database_url=url,
                dispatch_database_url=url,
                ledger_database_url=url,
                token_secret=SecretStr(SECRET),
                tenant=TENANT,
            )
            service = build(settings, TokenVerifier(settings))
            await service.open()
            stack.push_async_callback(service.close)
            transport = httpx.ASGITransport(service.app, raise_app_exceptions=False)
            client = httpx.AsyncClient(transport=transport, base_url="http://jieban.test")
            await stack.enter_async_context(client)
            parts[name] = Part(service.app.state.engine, client, _subscription(name))
        yield Trio(parts)


def _subscription(name: str) -> Subscription:
    if name == "intake":
        return Subscription("intake", LIFECYCLE.name, lifecycle.TYPES, lifecycle.follow)
    if name == "ledger":
        return SUBSCRIPTION
    rulebooks = Rulebooks(Territory(check_every_seconds=0), Clockworks(check_every_seconds=0), check_every_seconds=0)
    return Subscription("dispatch", LIFECYCLE.name, CONSUMED, CaseEvents(rulebooks))
