"""A process with one trivial service, for the tests to stop in every way: `python trivial_process.py PORT ROLES`."""

import asyncio
import os
import sys
from typing import Any

from fastapi import APIRouter, Depends

from runtime import lifecycle, logging
from runtime.auth import TokenVerifier, public
from runtime.health import Readiness
from runtime.http import create_app
from runtime.settings import RuntimeSettings

SECRET = "3f9c1d7be05a4826a7c35d9e1f0b6482"


def say(word: str) -> None:
    sys.stdout.write(word + "\n")
    sys.stdout.flush()


class Worker:
    def __init__(self, name: str, is_stubborn: bool) -> None:
        self.name = name
        self._is_stubborn = is_stubborn

    async def run(self, stop: asyncio.Event) -> None:
        say(f"{self.name} runs")
        await stop.wait()
        if self._is_stubborn:
            await asyncio.sleep(60)
        say(f"{self.name} stopped")


def routes() -> APIRouter:
    router = APIRouter(prefix="/demo/v1", dependencies=[Depends(public)])

    @router.get("/slow")
    async def slow(seconds: float) -> dict[str, bool]:
        say("slow begins")
        await asyncio.sleep(seconds)
        say("slow ends")
        return {"done": True}

    @router.post("/echo")
    async def echo(body: dict[str, Any]) -> dict[str, Any]:
        return body

    return router


def service() -> lifecycle.Service:
    async def opened() -> None:
        say("open")
        await asyncio.sleep(float(os.environ.get("OPEN_SECONDS", "0")))
        if "OPEN_FAILS" in os.environ:
            raise RuntimeError("no database")

    async def closed() -> None:
        say("close")
        await asyncio.sleep(float(os.environ.get("CLOSE_SECONDS", "0")))

    settings = RuntimeSettings(token_secret=SECRET)
    readiness = Readiness({}, frozenset())
    app = create_app(
        title="Demo",
        version="1",
        prefix="/demo",
        settings=settings,
        verifier=TokenVerifier(settings),
        readiness=readiness,
    )
    app.include_router(routes())
    workers = {
        "relay": [Worker("relay", "STUBBORN" in os.environ)],
        "consumer": [Worker("consumer", is_stubborn=False)],
    }
    always = [Worker("watch", is_stubborn=False)] if "ALWAYS" in os.environ else []
    return lifecycle.Service(name="demo", app=app, workers=workers, always=always, on_open=opened, on_close=closed)


def main() -> None:
    logging.configure()
    port, roles = int(sys.argv[1]), frozenset(sys.argv[2].split(","))
    process = lifecycle.serve(
        [service()],
        roles=roles,
        host="127.0.0.1",
        port=port,
        on_ready=lambda: say("ready"),
        grace_seconds=4,
        drain_seconds=float(os.environ.get("DRAIN_SECONDS", "0")),
    )
    try:
        lifecycle.run(process)
    except lifecycle.PortInUse as error:
        sys.exit(str(error))
    say("done")


if __name__ == "__main__":
    main()
