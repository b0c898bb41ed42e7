"""Assembles a service from what is its own and what all services share: relay, janitor, consumer, readiness."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from importlib.metadata import version
from typing import Self

from fastapi import APIRouter
from sqlalchemy.ext.asyncio import AsyncEngine

from contracts.topics import TOPICS
from eventbus.admin import TopicMaker
from eventbus.backlog import Backlog
from eventbus.books import AppliedBook, InboxBook, JoinedBook
from eventbus.brokers import Brokers
from eventbus.consumer import Consumer, ConsumerOptions
from eventbus.janitor import Janitor
from eventbus.kafka import KafkaConnection
from eventbus.relay import Relay
from eventbus.release import ParkedMessages
from eventbus.slices import Subscription
from operations import parked, reconciliation, replay
from operations.readiness import checks_of, measured, readiness_of
from operations.rounds import Rounds
from operations.standing import IsReadingAgain, Standing
from runtime.auth import TokenVerifier
from runtime.clock import now
from runtime.database import create_engine, is_outage, reading
from runtime.health import Check
from runtime.http import create_app
from runtime.idempotency import forget
from runtime.lifecycle import Service, Worker
from runtime.settings import RuntimeSettings

KEEP_ANSWERS = timedelta(hours=48)
"""For so long a repeat with the same idempotency key gets the first answer; clients may rely on a day."""
_HOT_CONNECTIONS = 8
"""Two for the slices of each consumer, of which few are busy at once, and two for groups of complaints."""


@dataclass(frozen=True, kw_only=True)
class Foundation:
    """What every part of one service stands on."""

    name: str
    settings: RuntimeSettings
    engine: AsyncEngine
    hot_engine: AsyncEngine
    """For what is done many times a second and always the same: slices of events, groups of complaints."""
    kafka: KafkaConnection

    @classmethod
    def lay(cls, name: str, settings: RuntimeSettings, database_url: str | None) -> Self:
        """Make the engines and the way to Kafka; nothing is connected yet. ValueError where no database is named."""
        if database_url is None:
            raise ValueError(f"JIEBAN_{name.upper()}_DATABASE_URL is not set")
        timeout = settings.database_pool_timeout_seconds
        engine = create_engine(
            database_url,
            pool_size=settings.database_pool_size,
            pool_timeout=timeout,
            application_name=f"jieban {name}",
        )
        hot_engine = create_engine(
            database_url,
            pool_size=_HOT_CONNECTIONS,
            pool_timeout=timeout,
            application_name=f"jieban {name} hot",
            steady_plans=True,
        )
        return cls(
            name=name, settings=settings, engine=engine, hot_engine=hot_engine, kafka=KafkaConnection.of(settings)
        )

    @property
    def read_engine(self) -> AsyncEngine:
        """For statements that only read."""
        return reading(self.engine)


def assemble(
    foundation: Foundation,
    verifier: TokenVerifier,
    *,
    title: str,
    description: str,
    routers: Sequence[APIRouter],
    subscriptions: Sequence[Subscription],
    state: Mapping[str, object] | None = None,
    workers: Mapping[str, Sequence[Worker]] | None = None,
    body_limits: Mapping[str, int] | None = None,
    form_limits: Mapping[str, int] | None = None,
    gather_seconds: float = 0.01,
    applied: AppliedBook | None = None,
    is_reading_again: IsReadingAgain | None = None,
    facades: Sequence[APIRouter] = (),
    on_close: Sequence[Callable[[], Awaitable[None]]] = (),
    checks: Mapping[str, Check] | None = None,
) -> Service:
    """Return the service: its `routers` and those of operators under `/<name>/v1`, its workers by role.

    `state` is put on `app.state`, where `engine`, `read_engine` and `settings` always are. `workers` come in addition
    to relay, janitors, a consumer for each of the `subscriptions`, which lets events gather for `gather_seconds` where
    nobody waits for them, and the second reading of what earlier versions parked. `applied` is the book of what it
    applied of the first of them; of the others it is the inbox, as by default of all. `is_reading_again` says whether
    it was restored and is not whole yet. `facades` are routers with prefixes of their own. `on_close` runs, in order,
    before the engines are disposed of. `checks` are shown by `/readyz` beside database and Kafka, and measured with the
    API alone, as others may not have what that needs.
    """
    name, engine, own_checks = foundation.name, foundation.engine, checks or {}
    shared_checks = checks_of(engine, foundation.kafka)
    app = create_app(
        title=title,
        version=version(f"jieban-{name}"),
        description=description,
        prefix=f"/{name}/v1",
        alias=f"/{name}",
        settings=foundation.settings,
        verifier=verifier,
        readiness=readiness_of({**shared_checks, **own_checks}),
        body_limits=body_limits,
        form_limits=form_limits,
    )
    app.state.engine, app.state.read_engine, app.state.settings = engine, foundation.read_engine, foundation.settings
    parked_messages = ParkedMessages(engine, subscriptions)
    app.state.parked = parked_messages
    app.state.standing = Standing(
        service=name,
        engine=engine,
        database_url=engine.url.render_as_string(hide_password=False),
        brokers=Brokers(foundation.kafka),
        subscriptions=subscriptions,
        applied=_book(subscriptions, applied),
        is_reading_again=is_reading_again,
    )
    for key, value in (state or {}).items():
        setattr(app.state, key, value)
    for router in (*routers, parked.router, reconciliation.router, replay.router):
        app.include_router(router, prefix=f"/{name}/v1")
    for router in facades:
        app.include_router(router)

    async def close() -> None:
        for let_go in on_close:
            await let_go()
        await engine.dispose()
        await foundation.hot_engine.dispose()

    return Service(
        name=name,
        app=app,
        also=sorted({router.prefix.split("/")[1] for router in facades}),
        workers=_joined(
            _workers(foundation, subscriptions, parked_messages, gather_seconds),
            {"api": [measured(f"{name} own checks", name, own_checks)]} if own_checks else None,
            workers,
        ),
        always=[
            measured(f"{name} checks", name, shared_checks),
            Rounds(f"{name} backlog", Backlog(service=name, engine=engine).measure, every=timedelta(seconds=15)),
        ],
        on_close=close,
    )


def _book(subscriptions: Sequence[Subscription], of_first: AppliedBook | None) -> AppliedBook:
    inboxes = [InboxBook(each.consumer) for each in subscriptions]
    return JoinedBook([of_first or inboxes[0], *inboxes[1:]])


def _workers(
    foundation: Foundation,
    subscriptions: Sequence[Subscription],
    parked_messages: ParkedMessages,
    gather_seconds: float,
) -> dict[str, list[Worker]]:
    name, engine, kafka = foundation.name, foundation.engine, foundation.kafka
    relay = Relay(service=name, engine=engine, kafka=kafka, is_outage=is_outage)
    janitor = Janitor(engine=engine, consumers=[each.consumer for each in subscriptions])
    cleaning = Rounds(f"{name} janitor", janitor.clean, every=timedelta(seconds=15))
    forgetting = Rounds(
        f"{name} idempotency keys", partial(forget_old_answers, engine, KEEP_ANSWERS), every=timedelta(minutes=10)
    )
    options = ConsumerOptions(instance=foundation.settings.instance, gather_seconds=gather_seconds)
    consumers: list[Worker] = [
        Consumer(subscription=each, engine=foundation.hot_engine, kafka=kafka, is_outage=is_outage, options=options)
        for each in subscriptions
    ]
    reading_again = Rounds(
        f"{name} second reading", partial(parked_messages.read_again, is_outage), every=timedelta(seconds=5)
    )
    return {
        "relay": [TopicMaker(kafka, TOPICS), relay, cleaning, forgetting],
        "consumer": [*consumers, reading_again],
    }


async def forget_old_answers(engine: AsyncEngine, keep: timedelta) -> None:
    """Delete the answers that idempotency keys stand for, once they are older than that."""
    async with engine.begin() as connection:
        await forget(connection, now() - keep)


def _joined(*parts: Mapping[str, Sequence[Worker]] | None) -> dict[str, list[Worker]]:
    joined: dict[str, list[Worker]] = {}
    for part in parts:
        for role, workers in (part or {}).items():
            joined.setdefault(role, []).extend(workers)
    return joined
