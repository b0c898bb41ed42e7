"""Personal data goes out of the ledger, and every proof stays what it was."""

import asyncio
from collections.abc import Mapping
from contextlib import aclosing
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from contracts.roles import Role
from eventbus.parking import Misfit, park
from eventbus.release import ParkedMessages
from histories import History, message
from ledger.conftest import As, Enter
from ledger.exports import exported, verify
from ledger_service.domain.verifying import Verifier, check
from ledger_service.events.handler import SUBSCRIPTION
from ledger_service.persistence import checkpoints
from ledger_service.service.hotspots import catch_up
from ledger_service.service.proving import seal_and_sign, sign_all
from ledger_service.service.sealed_exporting import sealed_lines

COUNTY = "600003"
_ENTRIES = sa.text("SELECT * FROM entry WHERE complaint_id = :id ORDER BY position")
_COMPLAINT = sa.text("SELECT * FROM ledger_complaint WHERE complaint_id = :id")
_SEALS = sa.text("SELECT seal.* FROM seal JOIN entry USING (tenant, position) WHERE complaint_id = :id ORDER BY number")


@pytest.fixture
def staff(as_: As) -> dict[str, str]:
    return as_(Role.SUPERVISOR, tenant=COUNTY)


@pytest.fixture
def signed(app: Any, engine: AsyncEngine) -> Any:
    """A function that seals and signs all there is."""

    async def sign() -> None:
        await seal_and_sign(engine, None)
        await sign_all(engine, app.state.signer_of, every=timedelta())

    return sign


def _closed(**facts: object) -> History:
    history = History(tenant=COUNTY)
    history.received(**facts)
    history.assigned()
    history.accepted()
    history.started()
    history.resolved()
    return history


async def _rows(engine: AsyncEngine, query: sa.TextClause, history: History) -> list[Mapping[str, Any]]:
    async with engine.connect() as connection:
        return [dict(row) for row in (await connection.execute(query, {"id": history.id})).mappings()]


async def _erase(enter: Enter, history: History, *, texts: bool = True) -> None:
    await enter.raw(history.erased(texts=texts), lambda value: value)


async def test_what_was_said_goes_and_that_it_happened_stays(
    engine: AsyncEngine, enter: Enter, client: httpx.AsyncClient, staff: dict[str, str]
) -> None:
    history = _closed(description="王芳家门口垃圾", external_ref="GD-1")
    await enter(history)
    await _erase(enter, history)
    kept = {
        row["type"].removeprefix("complaint."): row["data"] is not None
        for row in await _rows(engine, _ENTRIES, history)
    }
    assert kept == {
        "received": False,
        "assigned": True,
        "accepted": False,
        "started": False,
        "resolved": False,
        "erased": True,
    }
    [row] = await _rows(engine, _COMPLAINT, history)
    gone = {name: row[name] for name in ("description", "address", "lon", "lat", "owner", "external_ref")}
    assert gone == {"description": ""} | dict.fromkeys(gone.keys() - {"description"})
    assert (row["status"], row["version"], row["community"]) == ("resolved", 6, "fulai")
    assert row["erased_at"] == history.events[-1].time
    story = (await client.get(f"complaints/{history.id}", headers=staff)).json()
    assert [each["erased"] for each in story["timeline"]] == [True, False, True, True, True, False]
    assert [each["actor"] for each in story["timeline"]] == [None] * 5 + ["supervisor-1"]
    assert story["timeline"][0]["data"] == {}
    assert story["timeline"][4]["unit"] == "team-01 网格队"
    listed = (await client.get(f"entries?complaint={history.id}", headers=staff)).json()["items"]
    assert [each["erased"] for each in listed] == [False, True, True, True, False, True]


async def test_texts_may_stay_where_only_the_reporter_is_to_be_forgotten(engine: AsyncEngine, enter: Enter) -> None:
    history = _closed(description="门口垃圾")
    await enter(history)
    await _erase(enter, history, texts=False)
    assert [row["data"] is None for row in await _rows(engine, _ENTRIES, history)] == [True] + [False] * 5
    [row] = await _rows(engine, _COMPLAINT, history)
    assert (row["description"], row["owner"], row["lon"]) == ("门口垃圾", None, 107.2357)


async def test_an_erasure_comes_whole_in_the_slice_of_what_it_erases(engine: AsyncEngine, enter: Enter) -> None:
    history = _closed()
    history.erased()
    await enter(history)
    assert [row["data"] is None for row in await _rows(engine, _ENTRIES, history)] == [True, False, *[True] * 3, False]
    [row] = await _rows(engine, _COMPLAINT, history)
    assert (row["description"], row["owner"]) == ("", None)


async def test_what_is_written_after_an_erasure_stays_until_the_next(engine: AsyncEngine, enter: Enter) -> None:
    history = _closed()
    history.erased()
    history.rework_ordered()
    await enter(history)
    assert (await _rows(engine, _ENTRIES, history))[-1]["data"] is not None
    await _erase(enter, history)
    gone = [row["data"] is None for row in await _rows(engine, _ENTRIES, history)]
    assert gone == [True, False, True, True, True, False, True, False]


async def test_a_replay_after_an_erasure_brings_nothing_back(engine: AsyncEngine, enter: Enter) -> None:
    history = _closed()
    history.erased()
    await enter(history)
    before = await _rows(engine, _ENTRIES, history), await _rows(engine, _COMPLAINT, history)
    await enter(history)
    assert (await _rows(engine, _ENTRIES, history), await _rows(engine, _COMPLAINT, history)) == before


@pytest.mark.parametrize("is_sealed_first", [True, False])
async def test_proofs_are_what_they_were(
    engine: AsyncEngine,
    enter: Enter,
    client: httpx.AsyncClient,
    staff: dict[str, str],
    signed: Any,
    tmp_path: Path,
    is_sealed_first: bool,
) -> None:
    erased, other = _closed(), _closed()
    await enter(erased, other)
    if is_sealed_first:
        await signed()
        before = (await client.get(f"complaints/{erased.id}/proof", headers=staff)).json()
        seals = await _rows(engine, _SEALS, erased)
        await _erase(enter, erased)
        after = (await client.get(f"complaints/{erased.id}/proof", headers=staff)).json()
        assert [each | {"erased": False} for each in after["entries"][:5]] == before["entries"]
        assert [each["erased"] for each in after["entries"]] == [True, False, True, True, True, False]
        assert after["flaws"] == []
        assert await _rows(engine, _SEALS, erased) == seals
    else:
        await _erase(enter, erased)
    await signed()
    code, said = await asyncio.to_thread(verify, await exported(client, staff, tmp_path / "ledger.jsonl"))
    assert code == 0, said
    assert "of them were erased, each by an entry that says so" in said


async def test_an_export_has_the_erasures_of_what_it_shows_as_erased(
    engine: AsyncEngine, enter: Enter, client: httpx.AsyncClient, staff: dict[str, str], signed: Any, tmp_path: Path
) -> None:
    before, meanwhile = _closed(), _closed()
    await enter(before, meanwhile)
    await signed()
    await _erase(enter, before)  # wiped at once, and sealed later
    code, said = await asyncio.to_thread(verify, await exported(client, staff, tmp_path / "ledger.jsonl"))
    assert code == 0, said

    verifier = Verifier()
    async with engine.connect() as connection:
        size = await checkpoints.sealed(connection, COUNTY)
    async with aclosing(sealed_lines(engine, COUNTY, size, page=1)) as pages:
        flaws = [flaw for line in await anext(pages) for flaw in verifier.take(check(line))]
        await _erase(enter, meanwhile)
        flaws += [flaw async for page in pages for line in page for flaw in verifier.take(check(line))]
    assert [*flaws, *verifier.end()] == []
    assert verifier.erased >= 8


async def test_the_database_lets_nothing_else_go(engine: AsyncEngine, enter: Enter) -> None:
    erased, other = _closed(), _closed()
    await enter(erased, other)
    await _erase(enter, erased)
    gone = "data = NULL, actor = NULL, salt = NULL"
    for change, history in (
        (gone, other),  # no erasure
        ("data = NULL", other),
        (f"{gone}, type = 'complaint.closed'", other),
        ("actor = 'x'", erased),
        ("data = '{}'", erased),  # nor back
        ("erased_digest = ''", erased),
        ("actor = NULL", other),
    ):
        with pytest.raises(DBAPIError, match="append-only"):
            async with engine.begin() as connection:
                await connection.execute(
                    sa.text(f"UPDATE entry SET {change} WHERE complaint_id = :id"), {"id": history.id}
                )


async def test_a_stored_answer_is_erased_and_the_repeat_is_told_so(
    enter: Enter, client: httpx.AsyncClient, as_: As
) -> None:
    history = _closed()
    await enter(history)
    inspector = as_(Role.INSPECTOR, tenant=COUNTY) | {"Idempotency-Key": "erased-1"}
    path, body = f"complaints/{history.id}/verification", {"method": "on_site"}
    assert (await client.post(path, json=body, headers=inspector)).status_code == 200
    await _erase(enter, history)
    again = await client.post(path, json=body, headers=inspector)
    assert (again.status_code, again.json()["type"]) == (410, "urn:jieban:problem:answer-erased")


async def test_parked_messages_wait_for_their_end_and_then_lose_what_they_say(
    engine: AsyncEngine, enter: Enter
) -> None:
    history = _closed()
    async with engine.begin() as connection:
        await park(connection, "ledger", [Misfit(message(history.events[0]), ValueError("x"))])
    await enter(history)
    await _erase(enter, history)
    assert await _rows(engine, _ENTRIES, history) == []
    parked = ParkedMessages(engine, [SUBSCRIPTION])
    [mine, *others] = [row for row in await parked.list(size=200) if row["key"] == str(history.id)]
    assert len(others) == 6
    assert await parked.release(mine["id"], by="admin-1") == 7
    assert (await _rows(engine, _ENTRIES, history))[0]["data"] is None
    values = sa.text("SELECT value FROM parked_message WHERE convert_from(key, 'UTF8') = CAST(:id AS text) ORDER BY id")
    async with engine.connect() as connection:
        left = (await connection.execute(values, {"id": str(history.id)})).scalars().all()
    assert [value is None for value in left] == [True] * 6 + [False]  # the erasure itself says nothing of a person


async def test_a_place_that_is_gone_counts_for_no_hot_spot(engine: AsyncEngine, enter: Enter, signed: Any) -> None:
    points = sa.text("SELECT complaint_id FROM hotspot_point WHERE complaint_id = :id")
    history = _closed()
    await enter(history)
    for _ in range(3):  # what is settled follows behind
        await signed()
    assert await catch_up(engine, COUNTY)
    assert len(await _rows(engine, points, history)) == 1
    await _erase(enter, history)
    for _ in range(3):
        await signed()
    assert await catch_up(engine, COUNTY)
    assert await _rows(engine, points, history) == []
