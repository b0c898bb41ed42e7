"""Asks on behalf of people: journalled, repeated at the next replica until it is clear what came of it."""

import asyncio
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from typing import Any

from bench.http_load import post
from chaos.journal import Journal, Kind, Op, Verdict
from chaos.load.replicas import Answer, Replicas
from chaos.load.stats import Stats, WrongAnswer
from runtime.auth import issue_token

PATIENCE_SECONDS = 120.0
"""How long a client goes on repeating; longer than the longest fault but one."""
_TOO_MANY_REQUESTS = 429
_UNAVAILABLE = 503
_PENDING = 202


@dataclass(frozen=True)
class Person:
    """Who asks."""

    role: str
    subject: str


@dataclass(frozen=True)
class Request:
    """What somebody asks of a service. What has no `kind` only reads, and is not journalled."""

    who: Person
    service: str
    path: str
    kind: Kind | None = None
    body: Mapping[str, Any] | None = None
    key: str = ""
    complaint: str | None = None
    if_match: int | None = None

    @property
    def method(self) -> str:
        """POST, unless it only reads."""
        return "POST" if self.kind else "GET"


class Asking:
    """Everybody's way to the services."""

    def __init__(
        self, targets: Mapping[str, Sequence[str]], journal: Journal, stats: Stats, *, secret: str, tenant: str
    ) -> None:
        """`secret` is what the services check tokens with."""
        self._replicas = {service: Replicas(urls) for service, urls in targets.items()}
        self._journal = journal
        self._stats = stats
        self._token = lru_cache(None)(
            lambda who: issue_token(secret, who.subject, tenant, [who.role], timedelta(hours=12))
        )

    async def ask(self, request: Request, replica: int = 0) -> Answer | None:
        """Return an answer that leaves nothing open, or None where there was none within PATIENCE_SECONDS."""
        deadline, pause = time.monotonic() + PATIENCE_SECONDS, 0.1
        while True:
            answer = await self._once(request, replica)
            if answer is not None and verdict_on(answer) != "unknown":
                return answer
            if time.monotonic() > deadline:
                return None
            await asyncio.sleep(pause)
            pause = min(pause * 2, 3.0)
            replica += 1

    async def ask_twice(self, request: Request, replica: int, *, at_once: bool) -> Answer | None:
        """Ask two replicas with one key, at once or one after the other; both have to give the same answer."""
        if at_once:
            first, second = await asyncio.gather(self.ask(request, replica), self.ask(request, replica + 1))
        else:
            first, second = await self.ask(request, replica), await self.ask(request, replica + 1)
        if first is not None and second is not None and (first.status, first.body) != (second.status, second.body):
            if verdict_on(first) == verdict_on(second) == "refused":
                return first  # the present state, which is part of a refusal, may have moved on
            self.wrong(request, second.status, f"a repeat is answered otherwise than at first ({first.status})")
        return first or second

    async def abandon(self, request: Request, replica: int, after: float) -> None:
        """Ask and hang up; what came of it stays unknown."""
        await self._intend(request)
        try:
            await self._replicas[request.service].abandon(replica, self._bytes(request), after)
        except OSError:
            self._stats.answers[f"{_name(request)} -"] += 1
        else:
            self._stats.answers[f"{_name(request)} hung up"] += 1

    def wrong(self, request: Request, status: int | None, what: str) -> None:
        """Note an answer that nobody should have got."""
        self._stats.wrong.append(WrongAnswer(request.method, request.path, status, what))

    def close(self) -> None:
        """Close all connections."""
        for replicas in self._replicas.values():
            replicas.close()

    async def _once(self, request: Request, replica: int) -> Answer | None:
        number = await self._intend(request)
        begun = time.monotonic()
        try:
            answer = await self._replicas[request.service].send(replica, self._bytes(request))
        except TimeoutError:
            self.wrong(request, None, "no answer")
            answer = None
        except OSError:
            answer = None
        self._count(request, answer, time.monotonic() - begun)
        if number is not None:
            await self._journal.outcome(number, *_outcome(request, answer))
        return answer

    async def _intend(self, request: Request) -> int | None:
        if request.kind is None:
            return None
        return await self._journal.intend(Op(request.kind, request.who.subject, request.key, request.complaint))

    def _count(self, request: Request, answer: Answer | None, seconds: float) -> None:
        self._stats.answers[f"{_name(request)} {answer.status if answer else '-'}"] += 1
        if answer is None:
            return
        if verdict_on(answer) == "acknowledged":
            self._stats.latencies[_name(request)].append(seconds)
        elif answer.status >= 500 and not (answer.status == _UNAVAILABLE and b"\r\nretry-after: " in answer.head):
            self.wrong(request, answer.status, answer.body[:200].decode("utf-8", "replace"))

    def _bytes(self, request: Request) -> bytes:
        headers = {"Authorization": f"Bearer {self._token(request.who)}"}
        if request.key:
            headers["Idempotency-Key"] = request.key
        if request.if_match is not None:
            headers["If-Match"] = f'"{request.if_match}"'
        body = b"" if request.body is None else json.dumps(request.body, ensure_ascii=False).encode()
        return post(request.path, body, headers, request.method)


def verdict_on(answer: Answer) -> Verdict:
    """Return what a client knows after an answer: done, not done, or neither."""
    if answer.status == _PENDING:
        return "unknown"  # asked for, not decided
    if 200 <= answer.status < 300:
        return "acknowledged"
    if 400 <= answer.status < 500 and answer.status != _TOO_MANY_REQUESTS:
        return "refused"
    return "unknown"


def _outcome(request: Request, answer: Answer | None) -> tuple[Verdict, int | None, str | None]:
    if answer is None:
        return "unknown", None, None
    verdict = verdict_on(answer)
    created = request.kind == "create" and verdict == "acknowledged"
    return verdict, answer.status, str(json.loads(answer.body)["id"]) if created else None


def _name(request: Request) -> str:
    return request.kind or f"read {request.service}"
