"""Somebody with all rights on the ledger's database changes what was entered, and is to be found out."""

import asyncio
from collections.abc import Mapping
from contextlib import nullcontext
from random import Random

import httpx
from sqlalchemy import text

from bench.platform import SECRET, TENANT, token
from chaos.checker.sealed import flaws_of
from chaos.faults.base import Fault
from chaos.system import System
from ledger_service.domain.checkpoints import Checkpoint, Signer, opened, origin_of
from runtime.database import create_engine

_PATIENCE_SECONDS = 90.0
_WAYS: Mapping[str, str] = {
    "changed": "UPDATE entry SET status_after = 'closed' || status_after WHERE position = {one}",
    "removed": "DELETE FROM entry WHERE position = {one}",
    "inserted": """
        DELETE FROM seal WHERE position = {one};
        UPDATE seal SET number = -number WHERE tenant = '{tenant}' AND number > {number};
        UPDATE seal SET number = -number - 1 WHERE tenant = '{tenant}' AND number < 0
    """,
    "unsigned": """
        DELETE FROM entry WHERE position >= {one}; DELETE FROM seal WHERE position >= {one};
        DELETE FROM checkpoint WHERE size > {number}
    """,
}
"""What is to be said, and what was done: a row changed, removed, taken out of the seals, the end of it all cut off."""


class Tampering(Fault):
    """In one transaction that is rolled back each, so that the ledger itself stays whole."""

    name, number, bound_seconds = "tampering", 30, 5.0

    def __init__(self) -> None:
        super().__init__()
        self._unnoticed: list[str] = []

    async def inject(self, system: System, random: Random) -> None:
        kept = await _anchor(system)
        number = random.randrange(kept.size)
        for kind, statements in _WAYS.items():
            said = await self._tamper(system, statements, number, kept)
            if not said:
                self._unnoticed.append(f"{kind}: nothing was noticed of entry {number}")
        self.detail = f"entry {number} of {kept.size}"

    async def check(self, system: System) -> list[str]:
        engine = create_engine(system.databases["ledger"], application_name="chaos")
        try:
            flaws = await flaws_of(engine.connect, TENANT, SECRET)
        finally:
            await engine.dispose()
        return [*self._unnoticed, *(flaw.what for flaw in flaws)]

    async def _tamper(self, system: System, statements: str, number: int, kept: Checkpoint) -> list[str]:
        engine = create_engine(system.superuser_url("ledger"), application_name="chaos")
        try:
            async with engine.connect() as connection:
                await connection.execute(text("SET LOCAL session_replication_role = replica"))
                query = text("SELECT position FROM seal WHERE tenant = :tenant AND number = :number")
                one = (await connection.execute(query, {"tenant": TENANT, "number": number})).scalar_one()
                for statement in statements.format(one=one, number=number, tenant=TENANT).split(";"):
                    await connection.execute(text(statement))
                flaws = await flaws_of(lambda: nullcontext(connection), TENANT, SECRET, [kept])
                await connection.rollback()
        finally:
            await engine.dispose()
        return [flaw.what for flaw in flaws if flaw.first <= number <= flaw.last or flaw.kind == "inserted"]


async def _anchor(system: System) -> Checkpoint:
    """Keep the newest checkpoint, as a partner who does not trust the bureau would; wait for the first."""
    url = f"{system.targets['ledger'][0]}/ledger/v1/checkpoints"
    key = Signer(origin_of(TENANT), SECRET).verifier_key
    async with asyncio.timeout(_PATIENCE_SECONDS), httpx.AsyncClient(timeout=10.0) as client:
        while True:
            answer = await client.get(url, headers={"Authorization": f"Bearer {token('partner')}"})
            if answer.is_success and answer.json()["items"]:
                return opened(answer.json()["items"][0]["note"], key)
            await asyncio.sleep(1)


ALL: tuple[type[Fault], ...] = (Tampering,)
