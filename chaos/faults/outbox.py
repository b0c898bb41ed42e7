"""Faults of an outbox: rows in it that no broker takes."""

import re
from random import Random

import httpx

from bench.platform import TENANT
from chaos.faults.asking import ask, came_about
from chaos.faults.base import Fault
from chaos.faults.foreign import received
from chaos.faults.operating import doctor
from chaos.system import System
from contracts.lifecycle import EventType
from contracts.topics import LIFECYCLE
from eventbus.outbox import shard_of
from eventbus.producer import MAX_RECORD_BYTES
from runtime.ids import uuid7

_SECONDS = 40.0
"""It is counted every quarter of a minute."""
_SERVICE = "intake"
_ROWS_SET_ASIDE = re.compile(r'^jieban_outbox_rows_set_aside\{service="intake"\} ([0-9.e+]+)$', re.MULTILINE)
_FORCE = """
    INSERT INTO outbox (id, aggregatetype, aggregateid, type, payload, source, tenant, time, sequence, correlationid,
                        traceparent, shard)
    VALUES ($1, $2, $3, $4, $5, $6, $7, now(), 1, $1, $8, $9)
"""
_SET_ASIDE = """
    SELECT count(*) FILTER (WHERE aggregateid = ANY($1::text[])), count(*) FROM outbox WHERE error IS NOT NULL
"""
_SHORTEN = """
    UPDATE outbox SET payload = $2, traceparent = NULL, published_at = NULL, error = NULL
    WHERE aggregateid = ANY($1::text[])
"""
_ASSIGNED = "SELECT count(*) FROM ledger_complaint WHERE status = 'assigned' AND complaint_id::text = ANY($1::text[])"


class OversizeRows(Fault):
    """Rows that are too large for Kafka get into an outbox by SQL: the relay sets them aside, and is told of them."""

    name, number, bound_seconds = "oversize-rows", 20, 5.0

    def __init__(self) -> None:
        super().__init__()
        self._complaints: list[str] = []
        self._findings: list[str] = []

    async def inject(self, system: System, random: Random) -> None:
        giant, sound = (
            "x" * (MAX_RECORD_BYTES + random.randrange(MAX_RECORD_BYTES)),
            received("large").model_dump_json(),
        )
        self._complaints = [str(uuid7()), str(uuid7())]
        self.foreign = set(self._complaints)
        system.foreign.update(complaint.encode() for complaint in self._complaints)
        for complaint, payload, trace in zip(self._complaints, (giant, sound), (None, giant), strict=True):
            shard, event_type = shard_of(complaint), EventType.RECEIVED
            await ask(
                system, _SERVICE, _FORCE, uuid7(), LIFECYCLE.name, complaint, event_type, payload, _SERVICE, TENANT,
                trace, shard,
            )  # fmt: skip
        self.detail = f"a payload and a header of {len(giant):,} bytes"

        async def set_aside() -> bool:
            [[count, of_all]] = await ask(system, _SERVICE, _SET_ASIDE, self._complaints)
            return bool(count == len(self._complaints)) and await _counted(system) == of_all

        if not await came_about(set_aside, _SECONDS):
            self._findings.append("not all of them were set aside and counted")
        self._findings += await self._unseen(system)

    async def clear(self, system: System) -> None:
        """Do what the runbook says: shorten the payload, and let the relay send it."""
        await ask(system, _SERVICE, _SHORTEN, self._complaints, received("shortened").model_dump_json())
        self.parked = {_SERVICE: len(self._complaints)}  # which has no such complaint when dispatch assigns it

    async def check(self, system: System) -> list[str]:
        async def assigned() -> bool:
            [[count]] = await ask(system, "ledger", _ASSIGNED, self._complaints)
            return bool(count == len(self._complaints))

        arrived = await came_about(assigned, self.bound_seconds)
        return self._findings + ([] if arrived else ["they did not arrive when they were shortened"])

    async def _unseen(self, system: System) -> list[str]:
        """Say what the doctor does not."""
        report = await doctor(system, settle=0)
        named = {each["subject"] for each in report["missing"] if each["why"] == "set_aside"}
        sentence = f"{_SERVICE}: {len(self._complaints)} events are too large for Kafka and were set aside"
        unseen = [f"the doctor does not name {complaint}" for complaint in self._complaints if complaint not in named]
        return unseen + ([] if sentence in report["findings"] else [f"the doctor says {report['findings']}"])


async def _counted(system: System) -> float:
    """Return how many rows are set aside, as those of intake's processes say that have looked last."""
    async with httpx.AsyncClient(timeout=5.0) as client:
        texts = [(await client.get(f"{url}/metrics")).text for url in system.targets[_SERVICE]]
    return max((float(count) for text in texts for count in _ROWS_SET_ASIDE.findall(text)), default=0.0)


ALL: tuple[type[Fault], ...] = (OversizeRows,)
