"""Entries that are about no complaint: in the same ledger, sealed as all others, and no concern of reconciliation."""

import json
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine

from contracts.roles import Role
from eventbus.books import Window
from histories import History
from ledger.conftest import As, Enter
from ledger.exports import exported, verify
from ledger.test_ledger_seals import assert_sealed, rows
from ledger_service.domain.entry_types import OwnType
from ledger_service.persistence import own_entries
from ledger_service.persistence.own_entries import OwnEntry
from ledger_service.persistence.reconciliation import EntryBook, extent
from ledger_service.service.proving import SignerOf, seal_and_sign, sign_all
from ledger_service.service.reconciling import differences
from ledger_service.service.sealing import seal_all
from runtime.clock import now
from runtime.ids import uuid7


def own(tenant: str, *, sequence: int = 1, of: OwnEntry | None = None) -> OwnEntry:
    return OwnEntry(
        tenant=tenant,
        event_id=uuid7(),
        type=OwnType.EXPORT_MADE,
        subject=of.subject if of else uuid7(),
        sequence=sequence,
        actor="analyst-1",
        occurred_at=now(),
        data=json.dumps({"rows": sequence}),
    )


async def append(engine: AsyncEngine, *entries: OwnEntry) -> None:
    async with engine.begin() as connection:
        await own_entries.append(connection, entries)


async def test_they_are_sealed_among_the_others(engine: AsyncEngine, enter: Enter) -> None:
    for _ in range(3):
        history = History(tenant="t-subjects")
        history.received()
        await enter(history)
        first = own("t-subjects")
        await append(engine, first, own("t-subjects", sequence=2, of=first))
        await seal_all(engine)
    await assert_sealed(engine, "t-subjects", 9)


async def test_staff_see_them_in_the_list(
    client: httpx.AsyncClient, engine: AsyncEngine, enter: Enter, as_: As
) -> None:
    history = History(tenant="t-listed")
    history.received()
    await enter(history)
    made = own("t-listed")
    await append(engine, made)
    staff = as_(Role.ANALYST, tenant="t-listed")

    async def listed(query: str) -> list[dict[str, object]]:
        answer = await client.get(f"/entries?{query}", headers=staff)
        assert answer.status_code == 200, answer.text
        items: list[dict[str, object]] = answer.json()["items"]
        return items

    newest, first = await listed("")
    assert (newest["complaint_id"], newest["subject"]) == (None, str(made.subject))
    assert (newest["type"], newest["label"]) == ("export.made", {"zh": "导出台账", "en": "Ledger exported"})
    assert (newest["from"], newest["to"], newest["data"]) == (None, None, {"rows": 1})
    assert (first["complaint_id"], first["subject"], first["to"]) == (str(history.id), None, "received")
    assert await listed("type=export.made") == [newest]
    assert await listed("type=complaint.received") == [first]
    assert await listed("type=complaint.received&type=export.made") == [newest, first]
    assert await listed(f"subject={made.subject}") == [newest]
    assert await listed(f"complaint={made.subject}") == []


async def test_an_unknown_kind_is_refused(client: httpx.AsyncClient, as_: As) -> None:
    answer = await client.get("/entries?type=export.made&type=export.eaten", headers=as_(Role.ANALYST))
    assert answer.status_code == 422
    [error] = answer.json()["errors"]
    assert (error["pointer"], error["code"]) == ("query/type/1", "enum")
    assert "'complaint.received'" in error["message"]
    assert "'export.made'" in error["message"]


async def test_reconciliation_leaves_them_out(engine: AsyncEngine, enter: Enter) -> None:
    history = History(tenant="t-reconciled")
    history.received()
    await enter(history)
    made = own("t-reconciled")
    await append(engine, made, own("t-reconciled", sequence=3, of=made))  # numbers of a subject are no concern of it
    window = Window(now() - timedelta(hours=1), now() + timedelta(seconds=1))
    assert await differences(engine, "t-reconciled", window) == []
    async with engine.connect() as connection:
        assert tuple(await extent(connection, "t-reconciled", window)) == (1, 1)
        buckets = await EntryBook().buckets(connection, window)
        ids = await EntryBook().ids(connection, window, after=history.id, size=10_000)
    assert {bucket.type for bucket in buckets if bucket.type and not bucket.type.startswith("complaint.")} == set()
    assert history.events[0].id in ids
    assert made.event_id not in ids


async def test_an_export_with_them_is_verified_and_tampering_is_found(
    client: httpx.AsyncClient, engine: AsyncEngine, app: FastAPI, enter: Enter, as_: As, tmp_path: Path
) -> None:
    history = History(tenant="600002")
    history.received()
    await enter(history)
    await append(engine, own("600002"))
    signer_of: SignerOf = app.state.signer_of
    await seal_and_sign(engine, None)
    await sign_all(engine, signer_of, every=timedelta())
    staff = as_(Role.SUPERVISOR, tenant="600002")
    path = await exported(client, staff, tmp_path / "whole.jsonl")
    code, said = verify(path)
    assert code == 0, said
    header, first, second = path.read_text("utf-8").splitlines()
    moved = json.loads(second) | {"subject": str(history.id)}
    (tmp_path / "moved.jsonl").write_text("\n".join([header, first, json.dumps(moved)]), "utf-8")
    code, said = verify(tmp_path / "moved.jsonl")
    assert (code, "entry 1 " in said) == (1, True)


@pytest.mark.parametrize(
    ("columns", "values"),
    [
        ("type", "'export.made'"),
        ("type, subject, complaint_id, status_after", "'export.made', :id, :id, 'received'"),
        ("type, subject", "'complaint.received', :id"),
        ("type, complaint_id, status_after", "'export.made', :id, 'received'"),
        ("type, complaint_id", "'complaint.received', :id"),
        ("type, subject, status_after", "'export.made', :id, 'received'"),
    ],
)
async def test_an_entry_is_about_a_complaint_or_about_something_else(
    engine: AsyncEngine, columns: str, values: str
) -> None:
    statement = f"""
        INSERT INTO entry (tenant, event_id, source, sequence, occurred_at, data, {columns})
        VALUES ('t-about', :id, 'ledger', 1, now(), '{{}}', {values})
    """
    async with engine.connect() as connection:
        with pytest.raises(IntegrityError, match="entry_about"):
            await connection.execute(text(statement), {"id": uuid7()})


async def test_each_number_of_a_subject_is_there_once(engine: AsyncEngine) -> None:
    made = own("t-numbers")
    await append(engine, made)
    with pytest.raises(Exception, match="entry_once_about"):
        await append(engine, own("t-numbers", of=made))
    assert len(await rows(engine, "SELECT 1 FROM entry WHERE tenant = 't-numbers'")) == 1
