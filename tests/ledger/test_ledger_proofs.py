"""Checkpoints, proofs and the export, as a client checks them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from contracts.roles import Role
from histories import History
from ledger.conftest import As, Enter
from ledger.exports import exported, verify
from ledger_service.domain.checkpoints import Checkpoint, Signer, opened, origin_of
from ledger_service.domain.merkle import check_consistency, check_inclusion
from ledger_service.persistence.checkpoints import telling
from ledger_service.service.proving import SignerOf, seal_and_sign, sign_all

COUNTY = "600001"


@pytest.fixture(scope="module")
def signer_of(app: Any) -> SignerOf:
    signer_of: SignerOf = app.state.signer_of
    return signer_of


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def known(engine: AsyncEngine, enter: Enter, signer_of: SignerOf) -> AsyncIterator[list[History]]:
    """Complaints of a county in three signed trees, and one that is sealed but not signed for."""
    made = []
    for count in (100, 30, 5):
        made += [_history() for _ in range(count)]
        await enter(*made[-count:])
        await seal_and_sign(engine, None)
        await sign_all(engine, signer_of, every=timedelta())
    made.append(_history())
    await enter(made[-1])
    await seal_and_sign(engine, None)
    yield made


def _history() -> History:
    history = History(tenant=COUNTY)
    history.received()
    history.assigned()
    history.accepted()
    return history


async def get(client: httpx.AsyncClient, headers: dict[str, str], path: str) -> Any:
    answer = await client.get(path, headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.fixture
def staff(as_: As) -> dict[str, str]:
    return as_(Role.SUPERVISOR, tenant=COUNTY)


async def checkpoints(client: httpx.AsyncClient, staff: dict[str, str]) -> list[Checkpoint]:
    key = (await get(client, staff, "checkpoints/key"))["verifier_key"]
    return [opened(each["note"], key) for each in (await get(client, staff, "checkpoints"))["items"]]


async def test_each_checkpoint_is_signed(client: httpx.AsyncClient, staff: dict[str, str], known: Any) -> None:
    signed = await checkpoints(client, staff)
    assert [each.size for each in signed] == [405, 390, 300]
    assert {each.origin for each in signed} == {f"jieban/{COUNTY}"}


async def test_every_entry_is_shown_to_be_in_the_newest(
    client: httpx.AsyncClient, staff: dict[str, str], known: list[History]
) -> None:
    newest = (await checkpoints(client, staff))[0]
    for history in (known[0], known[77], known[129], known[134]):
        proof = await get(client, staff, f"complaints/{history.id}/proof")
        assert proof["checkpoint"]["size"] == newest.size
        assert len(proof["entries"]) == 3
        for each in proof["entries"]:
            hashes = [bytes.fromhex(text) for text in each["proof"]]
            check_inclusion(bytes.fromhex(each["leaf"]), each["number"], newest.size, hashes, newest.root)


async def test_an_entry_that_is_younger_than_the_checkpoint_has_no_proof_yet(
    client: httpx.AsyncClient, staff: dict[str, str], known: list[History]
) -> None:
    proof = await get(client, staff, f"complaints/{known[-1].id}/proof")
    assert [each["number"] for each in proof["entries"]] == [405, 406, 407]
    assert [each["proof"] for each in proof["entries"]] == [None] * 3


async def test_each_tree_is_shown_to_be_the_beginning_of_the_next(
    client: httpx.AsyncClient, staff: dict[str, str], known: Any
) -> None:
    third, second, first = await checkpoints(client, staff)
    for old, new in ((first, second), (second, third), (first, third), (third, third)):
        shown = await get(client, staff, f"checkpoints/consistency?first={old.size}&second={new.size}")
        proof = [bytes.fromhex(each) for each in shown["proof"]]
        check_consistency(old.size, new.size, proof, (old.root, new.root))


@pytest.mark.parametrize(
    ("first", "second", "wrong"),
    [(2, 1, ["query/first"]), (1, 409, ["query/second"]), (0, 1, ["query/first"]), (1, 408, [])],
)
async def test_trees_that_are_not_there_are_refused(
    client: httpx.AsyncClient, staff: dict[str, str], known: Any, first: int, second: int, wrong: list[str]
) -> None:
    answer = await client.get(f"checkpoints/consistency?first={first}&second={second}", headers=staff)
    assert answer.status_code == (422 if wrong else 200)
    assert [error["pointer"] for error in answer.json().get("errors", [])] == wrong


async def test_reporters_see_the_proofs_of_their_own(client: httpx.AsyncClient, as_: As, known: list[History]) -> None:
    path = f"complaints/{known[0].id}/proof"
    own, other = as_(Role.CITIZEN, tenant=COUNTY), as_(Role.CITIZEN, "citizen-2", tenant=COUNTY)
    assert (await client.get(path, headers=own)).status_code == 200
    assert (await client.get(path, headers=other)).status_code == 404
    assert (await client.get(path, headers=as_(Role.SUPERVISOR))).status_code == 404


@pytest.mark.parametrize(("role", "status"), [(Role.SUPERVISOR, 200), (Role.OPERATOR, 403), (Role.CITIZEN, 403)])
async def test_who_may_export(client: httpx.AsyncClient, as_: As, known: Any, role: Role, status: int) -> None:
    assert (await client.get("export", headers=as_(role, tenant=COUNTY))).status_code == status


async def test_an_export_is_verified_offline(
    client: httpx.AsyncClient, staff: dict[str, str], known: Any, tmp_path: Path
) -> None:
    path = await exported(client, staff, tmp_path / "ledger.jsonl")
    key = (await get(client, staff, "checkpoints/key"))["verifier_key"]
    code, said = verify(path, "--key", key)
    assert code == 0, said
    assert "408 entries of 600001; signed checkpoints: 3;" in said
    assert "405 of 408 entries are signed for: none of these was changed" in said
    assert "The last 3 are not signed for" in said


async def test_after_another_secret_the_keys_of_before_are_named(
    app: Any, client: httpx.AsyncClient, staff: dict[str, str], known: Any, tmp_path: Path, signer_of: SignerOf
) -> None:
    note = (await get(client, staff, "checkpoints"))["items"][0]["note"]
    before = signer_of(COUNTY).verifier_key
    answers = {}
    for earlier in ([], [before]):
        app.state.signer_of = lambda tenant, earlier=earlier: Signer(origin_of(tenant), "another", earlier)
        try:
            answers[bool(earlier)] = await client.post("checkpoints/check", json={"note": note}, headers=staff)
            key = await get(client, staff, "checkpoints/key")
            path = await exported(client, staff, tmp_path / "ledger.jsonl")
        finally:
            app.state.signer_of = signer_of
        assert key["earlier_keys"] == earlier
        assert verify(path)[0] == (0 if earlier else 4)
    assert answers[False].json()["type"] == "urn:jieban:problem:checkpoint-key-unknown"
    assert answers[True].status_code == 200
    assert verify(path, "--key", before, "--key", key["verifier_key"])[0] == 0


async def test_an_export_has_the_newest_checkpoints_and_some_of_all_times(engine: AsyncEngine) -> None:
    add = text(
        "INSERT INTO checkpoint (tenant, size, root, at, note) "
        "SELECT 't-many', 10 * n, '', now(), CAST(10 * n AS text) FROM generate_series(1, 100) AS n"
    )
    async with engine.begin() as connection:
        await connection.execute(add)
        found = await telling(connection, "t-many", newest=3, earlier=4)
        assert found == ["240", "490", "730", "980", "990", "1000"]
        assert await telling(connection, "t-many", newest=99, earlier=50) == [str(10 * n) for n in range(1, 101)]
        assert await telling(connection, "t-none") == []


async def test_exports_of_the_sealed_ledger_take_their_turn(
    app: Any, client: httpx.AsyncClient, staff: dict[str, str], known: Any
) -> None:
    async with AsyncExitStack() as others:
        app.state.exporting.take(others)
        assert (await client.get("export", headers=staff)).status_code == 200
        app.state.exporting.take(others)
        answer = await client.get("export", headers=staff)
        assert (answer.status_code, answer.json()["type"]) == (503, "urn:jieban:problem:exports-busy")
        assert answer.headers["Retry-After"] == "5"
    assert (await client.get("export", headers=staff)).status_code == 200


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda lines: lines[1:], "is not the header"),
        (lambda lines: [*lines[:5], b"{\n"], "line 6, where entry 4 should stand, is no JSON"),
        (lambda lines: [*lines[:5], b"{}\n"], "missing required field `number`"),
        (lambda lines: [lines[0].replace(b"jieban/600001+", b"jieban/600002+")], "the key of jieban/600002"),
    ],
)
async def test_a_file_that_is_no_export_is_refused(
    client: httpx.AsyncClient, staff: dict[str, str], known: Any, tmp_path: Path, spoil: Any, reason: str
) -> None:
    path = await exported(client, staff, tmp_path / "ledger.jsonl")
    lines = (await asyncio.to_thread(path.read_bytes)).splitlines(keepends=True)
    await asyncio.to_thread(path.write_bytes, b"".join(spoil(lines)))
    code, said = verify(path)
    assert code == 3
    assert reason in said
