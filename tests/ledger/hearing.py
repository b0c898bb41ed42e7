"""Listening to the ledger's stream over HTTP, for the tests of this folder."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

import httpx

from histories import History
from runtime.http import CompositeApp
from runtime.lifecycle import Service
from runtime.server import EmbeddedServer, bind
from runtime.supervision import keep_running


class Heard(NamedTuple):
    name: str
    id: str
    data: dict[str, Any]

    @property
    def complaint(self) -> str:
        return str(self.data["complaint_id"])


class Stream:
    """What a client hears."""

    def __init__(self, response: httpx.Response) -> None:
        self.lines = response.aiter_lines()

    async def next(self, within: float = 5.0) -> Heard | None:
        """Return the next event but for positions; None where the server has ended the stream."""
        fields: dict[str, str] = {}
        async with asyncio.timeout(within):
            async for line in self.lines:
                if not line and "data" in fields:
                    if fields["event"] != "stream.position":
                        return Heard(fields["event"], fields.get("id", ""), json.loads(fields["data"]))
                    fields = {}
                name, _, value = line.partition(": ")
                fields[name] = value
        return None

    async def of(self, history: History) -> list[str]:
        """Return the types of the complaint's next events, as many as it has, passing over those of others."""
        types: list[str] = []
        while len(types) < len(history.events):
            heard = await self.next()
            assert heard is not None
            if heard.complaint == str(history.id):
                types.append(heard.name)
        return types

    async def why_ended(self, within: float = 5.0) -> str:
        """Return the reason that is given for the end, which follows; entries may come before it."""
        heard = await self.next(within)
        while heard is not None and heard.name != "stream.ended":
            heard = await self.next(within)
        assert heard is not None
        assert heard.id == ""
        assert await self.next() is None
        return str(heard.data["reason"])


@asynccontextmanager
async def serving(service: Service) -> AsyncIterator[str]:
    """The ledger on a port, with what runs beside its API; gives the address of its API."""
    listener, stop = bind("127.0.0.1", 0), asyncio.Event()
    server = EmbeddedServer(CompositeApp({"ledger": service.app}, operations_only=False), drain_seconds=1)
    tasks = [asyncio.create_task(keep_running(worker, stop)) for worker in service.workers["api"]]
    tasks.append(asyncio.create_task(server.serve(sockets=[listener])))
    await server.is_up.wait()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}/ledger/v1"
    stop.set()
    server.should_exit = True
    await asyncio.gather(*tasks)


@asynccontextmanager
async def hearing(url: str, headers: dict[str, str] | None = None) -> AsyncIterator[Stream]:
    """Open a stream."""
    async with (
        httpx.AsyncClient(timeout=20) as client,
        client.stream("GET", url, headers=headers) as response,
    ):
        assert response.status_code == 200, await response.aread()
        assert response.headers["content-type"].startswith("text/event-stream")
        yield Stream(response)
