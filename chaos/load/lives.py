"""One life of a complaint, as the people around it live it; what happens is decided by the life's own random numbers.

Whoever is too early waits and asks again: a case that dispatch has not heard of, a result that has not reached the
ledger. Nobody gives up before PATIENCE_SECONDS.
"""

import asyncio
import json
import random
import time
from collections.abc import Callable, Mapping
from typing import Any

from chaos.journal import Kind
from chaos.load.asking import PATIENCE_SECONDS, Asking, Person, Request, verdict_on
from chaos.load.replicas import Answer
from chaos.load.reports import report
from chaos.load.stats import Stats
from dispatch_service.demo.county import MOBILE_OFFICER

OFFICER = Person("officer", MOBILE_OFFICER)
INSPECTOR = Person("inspector", "inspector-chaos")
OPERATOR = Person("operator", "operator-chaos")
SUPERVISOR = Person("supervisor", "supervisor-chaos")
_PHOTOS = [
    {"id": "0190a0b0-0000-7000-8000-00000000000b", "role": "before"},
    {"id": "0190a0b0-0000-7000-8000-00000000000a", "role": "after"},
]
"""Some categories need them."""
_WORK: tuple[tuple[Kind, Mapping[str, Any]], ...] = (
    ("accept", {}),
    ("start", {"position": {"lon": 107.2358, "lat": 26.5806}}),
    ("resolve", {"handling_mode": "guidance", "result": "已劝离", "photos": _PHOTOS}),
)
_CREATED, _NOT_FOUND, _CONFLICT = 201, 404, 409

_WITHDRAWN, _REJECTED, _VOIDED, _WORKED_ON = 0.08, 0.04, 0.02, 0.28
"""Parts of the lives that are taken back, rejected, voided, and worked on to the end; the rest stays assigned."""
_NOT_GOOD, _REOPENED = 0.06, 0.06
"""Parts of the results that fail their verification, and of the closed complaints that are reopened."""


class Life:
    """One complaint and the people around it."""

    def __init__(self, asking: Asking, stats: Stats, rng: random.Random, name: str) -> None:
        """`name` is part of every idempotency key, so no two lives may share it."""
        self._asking = asking
        self._stats = stats
        self._rng = rng
        self._name = name
        self._complaint = ""
        self._round = 1

    async def live(self, *, is_short: Callable[[], bool]) -> None:
        """Create, and unless `is_short` by then, go on to one of the ends."""
        who = await self._created()
        if who is None:
            return
        if is_short():
            self._stats.shortened += 1
            return
        fate = self._rng.random()
        if fate < _WITHDRAWN:
            await self._withdrawn(who)
        elif fate < _WITHDRAWN + _REJECTED:
            await self._rejected()
        elif fate < _WITHDRAWN + _REJECTED + _VOIDED:
            await self._voided()
        elif (case := await self._assigned()) is not None and fate < _WITHDRAWN + _REJECTED + _VOIDED + _WORKED_ON:
            await self._worked_on(who, case)

    async def _created(self) -> Person | None:
        """Report it and return the reporter; None where nobody learnt of its acceptance."""
        who, body = report(self._rng, self._name)
        is_good = self._rng.random() < 0.98
        if not is_good:
            body = {**body, "category": "no.such.category"}
        request = Request(who, "intake", "/intake/v1/complaints", "create", body, f"{self._name}-create")
        answer = await self._told(request)
        if answer is None:
            return None
        if (verdict_on(answer) == "acknowledged") != is_good:
            self._asking.wrong(request, answer.status, f"a {'good' if is_good else 'bad'} report got this")
        if answer.status != _CREATED:
            return None
        self._stats.accepted += 1
        self._complaint = str(json.loads(answer.body)["id"])
        return who

    async def _told(self, request: Request) -> Answer | None:
        """Ask in one of the ways in which clients ask: plainly, twice, or hanging up first."""
        way, replica = self._rng.random(), self._rng.randrange(1000)
        if way < 0.06:
            await self._asking.abandon(request, replica, self._rng.uniform(0, 0.01))
            if self._rng.random() < 0.4:
                return None
        elif way < 0.16:
            return await self._asking.ask_twice(request, replica, at_once=self._rng.random() < 0.5)
        return await self._asking.ask(request, replica)

    async def _assigned(self) -> Mapping[str, Any] | None:
        """Wait until dispatch has the case, and return it."""
        begun = time.monotonic()
        read = Request(OFFICER, "dispatch", f"/dispatch/v1/cases/{self._complaint}")
        answer = await self._once_in_time(read, lambda answer: answer.status == _NOT_FOUND)
        if answer is None or not self._is_done(read, answer):
            return None
        self._stats.latencies["assigned"].append(time.monotonic() - begun)
        case: dict[str, Any] = json.loads(answer.body)
        return case

    async def _worked_on(self, who: Person, case: Mapping[str, Any] | None) -> None:
        """Work on it, in further rounds where the result is not good or the reporter not satisfied."""
        reporter = who if who.role == "citizen" else OPERATOR
        path = f"/ledger/v1/complaints/{self._complaint}"
        while case is not None and await self._handled(case):
            self._round = case["round"]
            is_good, is_over = self._rng.random() >= _NOT_GOOD, self._rng.random() >= _REOPENED
            if not await self._judged(f"{path}/verification", is_good=is_good):
                return
            if is_good and is_over:
                rating = {"satisfaction": "satisfied", "solved": self._rng.random() < 0.9}
                await self._done(self._post(reporter, "ledger", f"{path}/feedback", "feedback", rating))
                return
            if is_good and not await self._done(
                self._post(reporter, "ledger", f"{path}/reopening", "reopen", {"reason": "又来了"})
            ):
                return
            case = await self._next_round()

    async def _handled(self, case: Mapping[str, Any]) -> bool:
        """Accept, start and resolve."""
        for kind, body in _WORK:
            version = case["version"] if kind == "accept" and self._rng.random() < 0.2 else None
            if not await self._done(self._act(kind, body, version)):
                return False
        return True

    async def _judged(self, path: str, *, is_good: bool) -> bool:
        """Have the result looked at by an inspector."""
        body = {"method": "on_site"} if is_good else {"method": "photo", "passed": False, "note": "还在"}
        request = self._post(INSPECTOR, "ledger", path, "verify" if is_good else "rework", body)
        answer = await self._once_in_time(request, _not_yet_resolved)
        return answer is not None and self._is_done(request, answer)

    async def _next_round(self) -> Mapping[str, Any] | None:
        """Wait until dispatch has begun it, and return the case."""
        self._round += 1
        read = Request(OFFICER, "dispatch", f"/dispatch/v1/cases/{self._complaint}")
        answer = await self._once_in_time(
            read, lambda answer: json.loads(answer.body).get("round", self._round) < self._round
        )
        if answer is None or not self._is_done(read, answer):
            return None
        case: dict[str, Any] = json.loads(answer.body)
        return case

    async def _done(self, request: Request) -> bool:
        answer = await self._told(request)
        return answer is not None and self._is_done(request, answer)

    def _is_done(self, request: Request, answer: Answer) -> bool:
        """Nobody else acts on this complaint: whoever is next in its life is not refused."""
        if verdict_on(answer) == "refused":
            self._asking.wrong(request, answer.status, "refused, though nothing speaks against it")
        return verdict_on(answer) == "acknowledged"

    async def _withdrawn(self, who: Person) -> None:
        """Take it back at some point of its life, in a race with the next step of the work."""
        steps = self._rng.randrange(len(_WORK) + 2) - 1
        if steps >= 0 and await self._assigned() is None:
            return
        for kind, body in _WORK[: max(steps, 0)]:
            if not await self._done(self._act(kind, body)):
                return
        rivals = [self._asking.ask(self._act(kind, body)) for kind, body in _WORK[max(steps, 0) :][:1] if steps >= 0]
        owner = who if who.role == "citizen" else OPERATOR
        path = f"/intake/v1/complaints/{self._complaint}/withdrawal"
        withdraw = self._post(owner, "intake", path, "withdraw", {"reason": "已解决"})
        await asyncio.gather(self._asking.ask(withdraw, self._rng.randrange(1000)), *rivals)

    async def _rejected(self) -> None:
        """Have it rejected before a unit has accepted it, or just when one does."""
        rivals = []
        if self._rng.random() < 0.7:
            if await self._assigned() is None:
                return
            rivals = [self._asking.ask(self._act("accept", {}))]
        path = f"/intake/v1/complaints/{self._complaint}/rejection"
        reject = self._post(OPERATOR, "intake", path, "reject", {"reason": "not_ours", "advice": {"zh": "请拨打110"}})
        await asyncio.gather(self._asking.ask(reject, self._rng.randrange(1000)), *rivals)

    async def _voided(self) -> None:
        """Have it voided at some point of its life; the approval races with the next step of the work."""
        steps = self._rng.randrange(len(_WORK) + 1)
        if await self._assigned() is None:
            return
        for kind, body in _WORK[:steps]:
            if not await self._done(self._act(kind, body)):
                return
        path = f"/ledger/v1/complaints/{self._complaint}"
        ask = self._post(OPERATOR, "ledger", f"{path}/voiding", "void", {"reason": "误报"})
        answer = await self._once_in_time(ask, lambda answer: answer.status == _NOT_FOUND)
        if answer is None or not self._is_done(ask, answer):
            return
        decision = f"{path}/endings/{json.loads(answer.body)['id']}/decision"
        approve = self._post(SUPERVISOR, "ledger", decision, "approve", {"approved": True})
        rivals = [self._asking.ask(self._act(kind, body)) for kind, body in _WORK[steps:][:1]]
        await asyncio.gather(self._asking.ask(approve, self._rng.randrange(1000)), *rivals)

    async def _once_in_time(self, request: Request, is_early: Callable[[Answer], bool]) -> Answer | None:
        """Ask until it is no longer too early; return the answer, None where it never came to that."""
        deadline, pause = time.monotonic() + PATIENCE_SECONDS, 0.4
        while (answer := await self._asking.ask(request, self._rng.randrange(1000))) is not None:
            if not is_early(answer):
                return answer
            if time.monotonic() > deadline:
                return None
            await asyncio.sleep(pause * self._rng.uniform(0.8, 1.2))
            pause = min(pause * 2, 15.0)
        return None

    def _act(self, kind: Kind, body: Mapping[str, Any], version: int | None = None) -> Request:
        return self._post(OFFICER, "dispatch", f"/dispatch/v1/cases/{self._complaint}/{kind}", kind, body, version)

    def _post(
        self, who: Person, service: str, path: str, kind: Kind, body: Mapping[str, Any], if_match: int | None = None
    ) -> Request:
        key = f"{self._name}-{kind}-{self._round}"
        return Request(who, service, path, kind, body, key, self._complaint, if_match)


def _not_yet_resolved(answer: Answer) -> bool:
    """Tell an inspector who is ahead of the events from one who comes too late."""
    if answer.status == _NOT_FOUND:
        return True
    if answer.status != _CONFLICT:
        return False
    present = json.loads(answer.body).get("present", {}).get("status")
    return present in {"received", "assigned", "accepted", "in_progress", "suspended"}
