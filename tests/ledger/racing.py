"""Complaints of which several people want several things, while services hear of each other at random moments."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Any

import httpx

from contracts.roles import Role
from intake.reports import REPORT
from ledger.three_services import SERVICES, Trio

REASON = {"reason": "误报"}
_FAILED = {"method": "photo", "passed": False, "note": "还在"}
_RESULT = {"handling_mode": "guidance", "result": "好了"}
_ACTIONS: dict[str, tuple[str, Any, Role]] = {
    "accept": ("/dispatch/v1/cases/{}/accept", {}, Role.OFFICER),
    "start": ("/dispatch/v1/cases/{}/start", {}, Role.OFFICER),
    "resolve": ("/dispatch/v1/cases/{}/resolve", _RESULT, Role.OFFICER),
    "verify": ("/ledger/v1/complaints/{}/verification", {"method": "photo"}, Role.INSPECTOR),
    "rework": ("/ledger/v1/complaints/{}/verification", _FAILED, Role.INSPECTOR),
    "void": ("/ledger/v1/complaints/{}/voiding", REASON, Role.DISPATCHER),
    "force": ("/ledger/v1/complaints/{}/forced-closing", REASON, Role.DISPATCHER),
    "exclude": ("/ledger/v1/complaints/{}/exclusion", {"indicators": "all", **REASON}, Role.SUPERVISOR),
    "reopen": ("/ledger/v1/complaints/{}/reopening", REASON, Role.OPERATOR),
    "rate": ("/ledger/v1/complaints/{}/feedback", {"satisfaction": "satisfied", "solved": True}, Role.CITIZEN),
    "withdraw": ("/intake/v1/complaints/{}/withdrawal", REASON, Role.CITIZEN),
    "reject": ("/intake/v1/complaints/{}/rejection", {"reason": "spam", "template": "spam"}, Role.OPERATOR),
}  # fmt: skip
WORK = ("accept", "start", "resolve")


class Life:
    """One complaint, and everybody who wants something of it."""

    wishes: Sequence[str] = ()
    """Drawn where the work does not go on."""
    working = 0.4
    """How often it does."""

    def __init__(self, trio: Trio, random: Random, complaint: str) -> None:
        self.trio = trio
        self.random = random
        self.id = complaint
        self.work = iter(WORK)
        self.request: str | None = None

    async def step(self) -> None:
        """Do something, allowed or not: work goes on in its order, the rest is drawn."""
        drawn = self.random.random()
        if drawn < self.working:
            await self.go_on()
        elif self.request is not None and drawn < 0.8:
            await self._decide()
        else:
            await self.act(self.random.choice(self.wishes))

    async def go_on(self) -> None:
        """Do the next of the work, or what comes after it."""
        await self.act(next(self.work, "verify"))

    async def act(self, action: str) -> httpx.Response:
        """Do one of _ACTIONS, allowed or not."""
        answer = await self.post(*_ACTIONS[action])
        if action in ("void", "force") and answer.status_code == 201:
            self.request = answer.json()["id"]
        if action in ("rework", "reopen") and answer.status_code == 200:
            self.work = iter(WORK)
        return answer

    async def post(self, path: str, body: Any, role: Role) -> httpx.Response:
        """Ask for something, allowed or not."""
        subject = "officer-demo" if role is Role.OFFICER else None
        answer = await self.trio.post(path.format(self.id), body, role, subject)
        assert answer.status_code < 500, (path, answer.text)
        return answer

    async def _decide(self) -> None:
        approved = self.random.random() < 0.8
        path = f"/ledger/v1/complaints/{{}}/endings/{self.request}/decision"
        await self.post(path, {"approved": approved, **REASON}, Role.SUPERVISOR)
        self.request = None


async def received(trio: Trio, **facts: Any) -> str:
    """Report a complaint; return its id."""
    answer = await trio.post("/intake/v1/complaints", REPORT | facts, Role.CITIZEN)
    assert answer.status_code == 201, answer.text
    found: str = answer.json()["id"]
    return found


async def race(trio: Trio, random: Random, lives: Sequence[Life], steps: int) -> None:
    """Let so many steps of each be done, and services publish and hear in between."""
    for _ in range(steps * len(lives)):
        if random.random() < 0.55:
            await random.choice(lives).step()
        else:
            await random.choice((trio.relay, trio.hear))(random.choice(SERVICES), random.choice((1, 2, 5, 30)))
