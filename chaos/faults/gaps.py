"""Complaints of which dispatch loses one event, and hears a later one: the lost one comes back behind that."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

import httpx

from bench.platform import token
from chaos import probe
from chaos.faults.asking import ask, came_about
from chaos.journal import Journal, Op
from chaos.system import System
from runtime.ids import uuid7

_MANY = 3
_ROLE = "operator"
_REPORT_SECONDS, _ANSWER_SECONDS, _HEARD_SECONDS = 10.0, 2.0, 60.0
_HEARD = """
    SELECT (SELECT count(*) FROM dispatch_case WHERE complaint_id = ANY($1::uuid[]) AND category = $2)
        + (SELECT count(DISTINCT key) FROM parked_message WHERE state = 'parked' AND key = ANY($3::bytea[]))
"""
_CATEGORY = "street_order.stalls_out_of_place"


class Gaps:
    """Such complaints, as operators make them."""

    def __init__(self) -> None:
        self._complaints: Sequence[str] = []

    async def report(self, system: System) -> None:
        """Report them, and wait until dispatch has their cases; make none where that takes too long."""
        travels = (probe.travel(system.targets, system.journal) for _ in range(_MANY))
        with suppress(TimeoutError):
            async with asyncio.timeout(_REPORT_SECONDS):
                self._complaints = await asyncio.gather(*travels)

    async def lose(self, system: System) -> None:
        """Ask to take them back, which is what gets lost: nobody waits for the word of dispatch, which is away."""
        await asyncio.gather(*(_withdraw(system, system.journal, each) for each in self._complaints))

    async def go_on(self, system: System) -> int:
        """Put them into another category once dispatch is back; return of how many it has heard that."""
        body = {"category": _CATEGORY, "reason": "归类有误"}
        await asyncio.gather(*(_post(system, each, "reclassification", body) for each in self._complaints))
        keys = [each.encode() for each in self._complaints]

        async def heard() -> int:
            return int((await ask(system, "dispatch", _HEARD, self._complaints, _CATEGORY, keys))[0][0])

        async def all_heard() -> bool:
            return await heard() == len(keys)

        await came_about(all_heard, _HEARD_SECONDS)
        return await heard()


async def _withdraw(system: System, journal: Journal | None, complaint: str) -> None:
    op = Op("withdraw", f"{_ROLE}-bench", f"gap-{uuid7()}", complaint)
    if journal:
        await journal.intend(op)  # what comes of it stays unknown
    await _post(system, complaint, "withdrawal", {"reason": "已解决"}, {"Idempotency-Key": op.key})


async def _post(
    system: System, complaint: str, what: str, body: Mapping[str, Any], headers: Mapping[str, str] | None = None
) -> None:
    """Ask intake, which has done it by the time that it is given up on."""
    url = f"{system.targets['intake'][0]}/intake/v1/complaints/{complaint}/{what}"
    authorised = {"Authorization": f"Bearer {token(_ROLE)}", **(headers or {})}
    async with httpx.AsyncClient(headers=authorised, timeout=_ANSWER_SECONDS) as client:
        try:
            await client.post(url, json=body)
        except httpx.TransportError:
            return
