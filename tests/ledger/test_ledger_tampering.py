"""Whoever writes to the ledger's database by hand, as a superuser can, is found out, entry by entry.

Once by the proofs of a complaint, as anybody gets them by REST, and once by an exported ledger, checked offline.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncEngine

from contracts.roles import Role
from histories import History
from ledger.conftest import As, Enter
from ledger.exports import exported, flaws_of, verify
from ledger_service.domain.checkpoints import Checkpoint, Signer, origin_of
from ledger_service.service.proving import seal_and_sign, sign_all

_counties = count(610001)
_COLUMNS = """tenant, position, event_id, complaint_id, type, source, sequence, status_before, status_after, actor,
              occurred_at, recorded_at, data, salt"""
_PUT_IN = f"""
    INSERT INTO entry ({_COLUMNS}) OVERRIDING SYSTEM VALUE
    SELECT tenant, {{position}}, gen_random_uuid(), complaint_id, type, source, {{sequence}}, status_before,
           status_after, actor, occurred_at, recorded_at, data, salt
    FROM entry WHERE position = {{third}}
"""
TAMPERINGS = {
    "change": ("UPDATE entry SET status_after = 'closed' WHERE position = {third}", ["changed"]),
    "change a text": (
        "UPDATE entry SET data = replace(data, 'team-01', 'team-02') WHERE position = {third}",
        ["changed"],
    ),
    "change who": ("UPDATE entry SET actor = 'officer-2' WHERE position = {third}", ["changed"]),
    "change a text and its seal": (
        "UPDATE entry SET data = '{{}}' WHERE position = {third};"
        " UPDATE seal SET digest = sha256('{{}}') WHERE position = {third}",
        ["changed"],
    ),
    "delete": ("DELETE FROM entry WHERE position = {third}", ["removed"]),
    "delete the last": ("DELETE FROM entry WHERE position = {last}", ["removed"]),
    "delete with its seal": (
        "DELETE FROM seal WHERE position = {third}; DELETE FROM entry WHERE position = {third}",
        ["removed"],
    ),
    "insert": (_PUT_IN.format(position="{gap}", sequence=99, third="{third}"), ["inserted"]),
    "reorder": (
        "CREATE TEMPORARY TABLE swapped ON COMMIT DROP AS SELECT * FROM entry WHERE position IN ({third}, {last});"
        " DELETE FROM entry WHERE position IN ({third}, {last});"
        " UPDATE swapped SET position = {third} + {last} - position;"
        f" INSERT INTO entry ({_COLUMNS}) OVERRIDING SYSTEM VALUE SELECT {_COLUMNS} FROM swapped",
        ["changed", "changed"],
    ),
    "wipe": (
        "UPDATE entry SET data = NULL, actor = NULL, salt = NULL,"
        " erased_digest = (SELECT digest FROM seal WHERE seal.position = entry.position) WHERE position = {third}",
        ["wiped"],
    ),
}


@dataclass
class Sealed:
    """A complaint of five entries between others, all of them sealed and signed for."""

    tenant: str
    history: History
    third: int
    last: int
    gap: int
    """A position that no entry has, below one that is sealed."""


Seal = Callable[..., Awaitable[None]]


@pytest.fixture
def seal(app: FastAPI, engine: AsyncEngine) -> Seal:
    async def seal() -> None:
        for _ in range(3):  # what is settled follows behind
            await seal_and_sign(engine, None)
        await sign_all(engine, app.state.signer_of, every=timedelta())

    return seal


@pytest.fixture
async def sealed(engine: AsyncEngine, enter: Enter, seal: Seal) -> Sealed:
    tenant = str(next(_counties))
    histories = [History(tenant=tenant).until_resolved() for _ in range(3)]
    await enter(histories[0])
    async with engine.connect() as connection:
        gap = await connection.scalar(sa.text("SELECT nextval(pg_get_serial_sequence('entry', 'position'))"))
    await enter(*histories[1:])
    await seal()
    query = sa.text("SELECT position FROM entry WHERE complaint_id = :id ORDER BY position")
    async with engine.connect() as connection:
        positions = (await connection.execute(query, {"id": histories[1].id})).scalars().all()
    return Sealed(tenant, histories[1], positions[2], positions[4], int(gap or 0))


async def tamper(engine: AsyncEngine, statements: str) -> None:
    """Write with triggers off."""
    async with engine.begin() as connection:
        driver: Any = (await connection.get_raw_connection()).driver_connection
        await connection.execute(sa.text("SET LOCAL session_replication_role = replica"))
        await driver.execute(statements)


async def proof_of(client: httpx.AsyncClient, staff: dict[str, str], history: History) -> Any:
    answer = await client.get(f"complaints/{history.id}/proof", headers=staff)
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.mark.parametrize("how", TAMPERINGS)
async def test_it_is_found_and_named(
    client: httpx.AsyncClient, as_: As, engine: AsyncEngine, sealed: Sealed, how: str
) -> None:
    staff = as_(Role.SUPERVISOR, tenant=sealed.tenant)
    assert (await proof_of(client, staff, sealed.history))["flaws"] == []
    assert await flaws_of(client, staff) == []
    statements, kinds = TAMPERINGS[how]

    await tamper(engine, statements.format(third=sealed.third, last=sealed.last, gap=sealed.gap))

    flaws = (await proof_of(client, staff, sealed.history))["flaws"]
    assert [flaw["kind"] for flaw in flaws if flaw["kind"] != "unprovable"] == kinds
    flaws = flaws[: len(kinds)]
    named = {"third": ("dispatch", 2), "last": ("dispatch", 4), "gap": ("dispatch", 99)}
    touched = {named[each] for each in named if f"{{{each}}}" in statements} if how != "insert" else {named["gap"]}
    assert {(flaw["source"], flaw["sequence"]) for flaw in flaws} == touched
    found = await flaws_of(client, staff)
    expected = {"inserted"} if how == "insert" else set(kinds)
    assert expected <= {flaw.kind for flaw in found}
    third, last = 7, 9  # numbers, in the second complaint of five entries
    if how != "insert":
        assert {third if ("dispatch", 2) in touched else last} <= {flaw.first for flaw in found}


async def test_an_erasure_without_a_seal_is_not_waited_for(
    client: httpx.AsyncClient, as_: As, engine: AsyncEngine, sealed: Sealed
) -> None:
    """An export ends, and names the erasure that was put in and what it was to excuse."""
    erasure = _PUT_IN.format(position=sealed.gap, sequence=99, third=sealed.third)
    await tamper(
        engine,
        f"{erasure}; UPDATE entry SET type = 'complaint.erased' WHERE position = {sealed.gap};"
        + TAMPERINGS["wipe"][0].format(third=sealed.third),
    )
    async with asyncio.timeout(20):
        flaws = await flaws_of(client, as_(Role.SUPERVISOR, tenant=sealed.tenant))
    assert {(flaw.kind, flaw.first) for flaw in flaws} >= {("wiped", 7)}
    assert "inserted" in {flaw.kind for flaw in flaws}


async def test_an_entry_that_is_put_in_at_the_end_is_sealed_and_yet_one_too_many(
    client: httpx.AsyncClient, as_: As, engine: AsyncEngine, sealed: Sealed, seal: Seal
) -> None:
    put_in = _PUT_IN.format(position="DEFAULT", sequence=5, third=sealed.third)
    await tamper(engine, put_in.replace("DEFAULT", "nextval(pg_get_serial_sequence('entry', 'position'))"))
    await seal()
    staff = as_(Role.SUPERVISOR, tenant=sealed.tenant)
    [flaw] = (await proof_of(client, staff, sealed.history))["flaws"]
    assert (flaw["kind"], flaw["source"], flaw["sequence"]) == ("inserted", "dispatch", 5)


async def test_who_seals_everything_anew_is_contradicted_by_the_checkpoints_that_others_keep(
    client: httpx.AsyncClient, as_: As, engine: AsyncEngine, sealed: Sealed, seal: Seal, app: FastAPI
) -> None:
    staff = as_(Role.ANALYST, tenant=sealed.tenant)
    [kept] = (await client.get("checkpoints", headers=staff)).json()["items"]

    async def asked(note: str) -> httpx.Response:
        return await client.post("checkpoints/check", json={"note": note}, headers=staff)

    good = await asked(kept["note"])
    assert (good.status_code, good.json()["size"], good.json()["sealed"]) == (200, 15, 15)
    assert (await asked(kept["note"].replace("\n", "\r\n") + "\r\n")).json() == good.json()
    tables = ("seal", "seal_node", "chain", "checkpoint")
    await tamper(
        engine,
        f"UPDATE entry SET actor = 'officer-2' WHERE position = {sealed.third};"
        + ";".join(f"DELETE FROM {table} WHERE tenant = '{sealed.tenant}'" for table in tables),
    )
    assert (await asked(kept["note"])).json()["type"] == "urn:jieban:problem:checkpoint-contradicted"
    await seal()
    contradicted = await asked(kept["note"])
    assert (contradicted.status_code, contradicted.json()["type"]) == (
        409,
        "urn:jieban:problem:checkpoint-contradicted",
    )
    signer: Signer = app.state.signer_of(sealed.tenant)
    forged = Signer(origin_of(sealed.tenant), "another secret of the tests")
    checkpoint = Checkpoint(
        origin_of(sealed.tenant), kept["size"], bytes.fromhex(kept["root"]), sealed.history.events[0].time
    )
    for note, code in (
        (kept["note"].replace("\n15\n", "\n14\n"), "checkpoint-tampered"),
        (forged.sign(checkpoint), "checkpoint-key-unknown"),
        (kept["note"][:-9], "checkpoint-unreadable"),
        (kept["note"].replace(sealed.tenant, "522723"), "checkpoint-unreadable"),
        ("x", "checkpoint-unreadable"),
    ):
        refused = await asked(note)
        assert (refused.status_code, refused.json()["type"]) == (422, f"urn:jieban:problem:{code}")
    assert signer.verifier_key != forged.verifier_key


async def test_the_command_names_what_was_done_and_has_a_code_for_each_outcome(
    client: httpx.AsyncClient, as_: As, engine: AsyncEngine, sealed: Sealed, tmp_path: Path
) -> None:
    staff = as_(Role.SUPERVISOR, tenant=sealed.tenant)
    [kept] = (await client.get("checkpoints", headers=staff)).json()["items"]
    note = tmp_path / "kept.txt"
    note.write_text(kept["note"].replace("\n15\n", "\n14\n"))
    path = await exported(client, staff, tmp_path / "ledger.jsonl")
    code, said = await asyncio.to_thread(verify, path, "--checkpoint", str(note))
    assert (code, "the signature of the checkpoint of 14 entries" in said) == (4, True)
    await tamper(engine, f"UPDATE entry SET status_after = 'closed' WHERE position = {sealed.third}")
    path = await exported(client, staff, tmp_path / "ledger.jsonl")
    code, said = await asyncio.to_thread(verify, path)
    assert (code, f"changed: entry 7 (position {sealed.third}) is not as sealed" in said) == (1, True)
    assert f"The key was in the file: jieban/{sealed.tenant}+" in said
