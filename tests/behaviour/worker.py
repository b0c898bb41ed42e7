"""A process that runs a relay or a consumer of the suite's service, to be killed by the test, or by itself at a point.

Run as `python -m behaviour.worker '{"role": …, "url": …, "bootstrap_servers": …, "topic": …}'`. SIGTERM stops it.
"""

import asyncio
import json
import os
import signal
import sys
from collections.abc import Sequence
from typing import Any

import uvloop
from sqlalchemy.ext.asyncio import AsyncConnection

from behaviour.tiny_service import Applying, TinyService
from contracts.envelope import Event
from eventbus.consumer import Consumer, ConsumerOptions
from eventbus.kafka import KafkaConnection
from eventbus.relay import Relay
from runtime.database import create_engine
from runtime.outages import is_outage

BEFORE_DB_COMMIT = "before-db-commit"
BEFORE_OFFSET_COMMIT = "after-db-commit-before-offset-commit"
BEFORE_MARK = "between-send-and-mark"


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


class _DiesBeforeDatabaseCommit(Applying):
    async def __call__(self, connection: AsyncConnection, events: Sequence[Event]) -> list[Event]:
        await super().__call__(connection, events)
        _die()
        return []


class _DiesBeforeOffsetCommit(Consumer):
    async def _commit(self) -> None:
        if self._offsets.uncommitted:
            _die()
        await super()._commit()


class _DiesBeforeMark(Relay):
    async def _mark(self, positions: list[int]) -> None:
        if positions:
            _die()


def _consumer(service: TinyService, dies: str | None, options: dict[str, Any], delay: float) -> Consumer:
    handler = _DiesBeforeDatabaseCommit if dies == BEFORE_DB_COMMIT else Applying
    consumer = _DiesBeforeOffsetCommit if dies == BEFORE_OFFSET_COMMIT else Consumer
    return consumer(
        subscription=service.subscription(handler("worker", delay=delay)),
        engine=service.engine,
        kafka=service.kafka,
        is_outage=is_outage,
        options=ConsumerOptions(**options),
    )


def _relay(service: TinyService, dies: str | None, options: dict[str, Any]) -> Relay:
    relay = _DiesBeforeMark if dies == BEFORE_MARK else Relay
    return relay(service=service.topic, engine=service.engine, kafka=service.kafka, is_outage=is_outage, **options)


async def main(
    role: str,
    url: str,
    bootstrap_servers: str,
    topic: str,
    *,
    dies: str | None = None,
    delay: float = 0.0,
    **options: Any,
) -> None:
    """Run until SIGTERM or the point named by `dies`."""
    engine = create_engine(url, application_name=f"{topic} worker")
    service = TinyService(url, engine, KafkaConnection(bootstrap_servers), topic)
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    if role == "relay":
        await _relay(service, dies, options).run(stop)
    else:
        await _consumer(service, dies, options, delay).run(stop)
    await engine.dispose()


if __name__ == "__main__":
    uvloop.run(main(**json.loads(sys.argv[1])))
