"""The simulator's program on the dispatch of these tests, without a process of its own."""

import asyncio
import io
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import httpx
from rich.console import Console

from dispatch.world import SECRET, TENANT, World
from dispatch_service.domain.simulation.travel import Travel
from jieban.simulator import running
from jieban.simulator.asking import Dispatch
from jieban.simulator.report import Report
from jieban.simulator.running import Files, Question
from jieban.simulator.showing import show
from jieban.simulator.texts import Words
from runtime.auth import issue_token
from runtime.problems.language import Language

CSV = "team,weekday,shift,subject,post\n"


class _Bridge(httpx.BaseTransport):
    """Lets a thread call the service that runs in the loop of the tests."""

    def __init__(self, world: World, loop: asyncio.AbstractEventLoop) -> None:
        self._world = world
        self._loop = loop

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        ask = self._world.client.request(request.method, str(request.url), headers=dict(request.headers))
        answer = asyncio.run_coroutine_threadsafe(ask, self._loop).result(60)
        headers = [(name, value) for name, value in answer.headers.items() if name != "content-encoding"]
        return httpx.Response(answer.status_code, headers=headers, content=answer.content, request=request)


async def simulate(
    world: World,
    files: Files | None = None,
    *,
    first: date | None = None,
    last: date | None = None,
    seed: int | None = None,
    language: Language = "en",
    role: str = "analyst",
) -> Report:
    token = issue_token(SECRET, f"{role}-demo", TENANT, [role], timedelta(hours=1))
    transport = _Bridge(world, asyncio.get_running_loop())
    question = Question(
        first=first,
        last=last,
        after=timedelta(days=7),
        travel=Travel(),
        longest_work=timedelta(hours=4),
        seed=seed,
        moves=10,
    )
    with httpx.Client(
        transport=transport, base_url="http://test", headers={"Authorization": f"Bearer {token}"}
    ) as client:
        arguments: Any = (Dispatch(client), question, files or Files(), language, lambda *_: None)
        return await asyncio.to_thread(running.run, *arguments)


def printed(report: Report, language: Language = "en", *, width: int = 200) -> str:
    output = io.StringIO()
    show(Console(file=output, width=width), report, Words(language), 20)
    return output.getvalue()


def written(directory: Path, name: str, text: str) -> Path:
    path = directory / name
    path.write_text(text, "utf-8")
    return path
