"""The life of a process: services open, work, and close in order and within a limit, on the first signal."""

import asyncio
import gc
import inspect
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

import structlog
import uvloop
from fastapi import FastAPI

from runtime import tracing
from runtime.http import CompositeApp
from runtime.server import EmbeddedServer, PortInUse, bind
from runtime.stopping import Stopping, stopping_on_signals
from runtime.supervision import Worker, keep_running

__all__ = ["PortInUse", "Service", "Worker", "run", "serve"]

log = structlog.get_logger()
Result = TypeVar("Result")

API_ROLE = "api"
_GC_THRESHOLDS = (100_000, 20, 20)
_HTTP_SHARE = 0.4
_WORKERS_SHARE = 0.85
"""Parts of the time to stop after which open requests, and then workers, are cancelled."""


@dataclass(kw_only=True)
class Service:
    """One service as a process runs it. `open` is called before anything of it runs, `close` after everything."""

    name: str
    app: FastAPI
    workers: Mapping[str, Sequence[Worker]] = field(default_factory=dict)
    """By role: `relay`, `consumer`."""
    always: Sequence[Worker] = ()
    """In each role."""
    also: Sequence[str] = ()
    """First segments of paths, beside the name, that the app answers too."""
    on_open: Callable[[], Awaitable[None]] | None = None
    on_close: Callable[[], Awaitable[None]] | None = None

    async def open(self) -> None:
        """Get hold of what the service needs, such as its pool of connections."""
        if self.on_open is not None:
            await self.on_open()

    async def close(self) -> None:
        """Let go of it; also called if `open` failed half-way."""
        if self.on_close is not None:
            await self.on_close()


def run(main: Coroutine[Any, Any, Result]) -> Result:
    """Run the main coroutine of a process on uvloop."""
    return uvloop.run(main)


async def serve(
    services: Sequence[Service],
    *,
    roles: frozenset[str],
    host: str,
    port: int,
    on_ready: Callable[[], Awaitable[None] | None] | None = None,
    grace_seconds: float = 8.0,
    drain_seconds: float = 0.0,
    trusted_proxies: str = "",
) -> None:
    """Run the services in these roles until SIGINT or SIGTERM, then stop in order within `grace_seconds`.

    The order: not ready any more (and so for `drain_seconds`, in which requests are taken as before, for the load
    balancer to see it), open requests, workers, `close`. A second signal stops at once. Without the role
    `api` only health and metrics are served. `PortInUse` is raised before anything is opened; `on_ready` is called
    when requests are taken. Who calls through one of `trusted_proxies` is who its `X-Forwarded-For` names.
    """
    listener = bind(host, port)
    _spare_the_collector()
    try:
        with stopping_on_signals(grace_seconds) as stopping:
            async with _opened(services, stopping):
                if not stopping.is_requested():
                    server = _server(services, roles, grace_seconds, trusted_proxies)
                    workers = [worker for s in services for worker in s.always]
                    workers += [worker for role in roles for s in services for worker in s.workers.get(role, ())]
                    await _work(server, listener, workers, services, stopping, drain_seconds, on_ready)
    finally:
        listener.close()
        tracing.flush()


def _spare_the_collector() -> None:
    """Take what was imported out of the garbage collector's rounds, and make those rarer.

    A slice of events is thousands of live objects: with the defaults, a fifth of a busy consumer's time went into
    walking over them, and nothing was found. What is cyclic (tracebacks, tasks) is still collected.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_GC_THRESHOLDS)


def _server(
    services: Sequence[Service], roles: frozenset[str], grace_seconds: float, trusted_proxies: str
) -> EmbeddedServer:
    apps = {service.name: service.app for service in services}
    also = {segment: service.name for service in services for segment in service.also}
    app = CompositeApp(apps, also, operations_only=API_ROLE not in roles)
    drain_seconds = max(1, round(grace_seconds * _HTTP_SHARE))
    return EmbeddedServer(app, drain_seconds=drain_seconds, trusted_proxies=trusted_proxies)


@asynccontextmanager
async def _opened(services: Sequence[Service], stopping: Stopping) -> AsyncIterator[None]:
    touched: list[Service] = []
    try:
        for service in services:
            touched.append(service)
            await stopping.unless_requested(service.open())
        yield
    finally:
        for service in reversed(touched):
            await _close(service, stopping)


async def _close(service: Service, stopping: Stopping) -> None:
    try:
        async with asyncio.timeout(max(stopping.seconds_left(1.0), 0.5)):
            await service.close()
    except Exception:
        log.exception("service_not_closed_cleanly", service=service.name)


async def _work(
    server: EmbeddedServer,
    listener: socket.socket,
    workers: Collection[Worker],
    services: Sequence[Service],
    stopping: Stopping,
    drain_seconds: float,
    on_ready: Callable[[], Awaitable[None] | None] | None,
) -> None:
    stop_workers = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        serving = group.create_task(server.serve(sockets=[listener]), name="http")
        working = [group.create_task(keep_running(w, stop_workers), name=w.name) for w in workers]
        await server.is_up.wait()
        log.info("serving", services=[service.name for service in services], workers=[w.name for w in workers])
        await _announce(on_ready)
        await stopping.requested.wait()
        log.info("stopping")
        for service in services:
            service.app.state.readiness.draining = True
        await stopping.linger(drain_seconds)
        server.should_exit = True
        await stopping.finish([serving], _HTTP_SHARE + 0.05)
        await server.abandon_requests()
        stop_workers.set()
        await stopping.finish(working, _WORKERS_SHARE)


async def _announce(on_ready: Callable[[], Awaitable[None] | None] | None) -> None:
    outcome = on_ready() if on_ready is not None else None
    if inspect.isawaitable(outcome):
        await outcome
