"""I5: every entry is sealed, the chain and the tree fit the entries, and the tree fits what was signed of it."""

import asyncio
import time

import asyncpg

from chaos.checker.evidence import Evidence, Violation
from ledger_service.domain.checkpoints import Checkpoint, Signer, opened, origin_of
from ledger_service.domain.verifying import Flaw, Verifier, check
from ledger_service.persistence import checkpoints, seals
from ledger_service.persistence.checkpoints import Connect
from runtime.database import create_engine

_PATIENCE_SECONDS = 6.0
_UNSEALED = """
    SELECT coalesce(complaint_id, subject)::text FROM entry WHERE NOT EXISTS (
        SELECT FROM seal WHERE seal.tenant = entry.tenant AND seal.position = entry.position)
""".strip()
_SEALED = "ledger: SELECT entry.*, seal.* FROM seal LEFT JOIN entry USING (tenant, position) WHERE number = {}"


async def sealed(evidence: Evidence) -> list[Violation]:
    """I5: all entries are sealed, and nothing was changed since."""
    engine = create_engine(evidence.databases["ledger"], application_name="chaos checker")
    try:
        missing = await unsealed(evidence.databases["ledger"])
        async with engine.connect() as connection:
            tenants = await seals.tenants(connection)
        flaws = [flaw for tenant in tenants for flaw in await flaws_of(engine.connect, tenant, evidence.signing_secret)]
    finally:
        await engine.dispose()
    found = [Violation("I5", flaw.what, (str(flaw.first),), _SEALED.format(flaw.first)) for flaw in flaws]
    if missing:
        found.append(Violation("I5", "entered, but never sealed", tuple(missing), f"ledger: {_UNSEALED}"))
    return found


async def flaws_of(
    connect: Connect, tenant: str, signing_secret: str | None, kept: list[Checkpoint] | None = None
) -> list[Flaw]:
    """Verify a tenant's ledger where it lies, also against checkpoints that somebody `kept`."""
    async with connect() as connection:
        size = await checkpoints.sealed(connection, tenant)
        notes = await checkpoints.telling(connection, tenant)
    signed = list(kept or [])
    if signing_secret is not None:
        key = Signer(origin_of(tenant), signing_secret).verifier_key
        signed += [opened(note, key) for note in notes]
    verifier = Verifier(signed, entries=size)
    flaws: list[Flaw] = []
    for pages in (checkpoints.pages(connect, tenant, 0, size), checkpoints.strays(connect, tenant)):
        async for page in pages:
            flaws += [flaw for line in page for flaw in verifier.take(check(line))]
    return flaws + list(verifier.end())


async def unsealed(url: str) -> list[str]:
    """Return what the entries without a seal are about, once the sealers have had their time."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    connection = await asyncpg.connect(url)
    try:
        while missing := sorted({row[0] for row in await connection.fetch(_UNSEALED)}):
            if time.monotonic() > deadline:
                return missing
            await asyncio.sleep(0.5)
    finally:
        await connection.close()
    return []
