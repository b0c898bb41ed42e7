"""The journal keeps what was asked, before it is asked, and never claims to know more than it does."""

import asyncio
import json
import os
import time
from pathlib import Path

import pytest

from chaos.journal import Journal, Op, read


async def test_an_intent_without_an_outcome_is_unknown(tmp_path: Path) -> None:
    with Journal(tmp_path / "journal") as journal:
        await journal.intend(Op("create", "citizen-1", "key-1"))
    [op] = read(tmp_path / "journal")
    assert (op.kind, op.actor, op.key, op.verdict, op.status, op.complaint) == (
        "create",
        "citizen-1",
        "key-1",
        "unknown",
        None,
        None,
    )
    assert op.at == pytest.approx(time.time(), abs=10)


async def test_outcomes_belong_to_their_intents(tmp_path: Path) -> None:
    with Journal(tmp_path / "journal") as journal:
        created = await journal.intend(Op("create", "citizen-1", "key-1"))
        accepted = await journal.intend(Op("accept", "officer-1", "key-2", "c-1"))
        await journal.outcome(accepted, "refused", 409)
        await journal.outcome(created, "acknowledged", 201, "c-1")
    create, accept = read(tmp_path / "journal")
    assert (create.verdict, create.status, create.complaint) == ("acknowledged", 201, "c-1")
    assert (accept.verdict, accept.status, accept.complaint) == ("refused", 409, "c-1")


async def test_a_line_is_in_the_file_before_the_caller_goes_on(tmp_path: Path) -> None:
    with Journal(tmp_path / "journal") as journal:
        for number in range(3):
            await journal.intend(Op("create", "citizen-1", f"key-{number}"))
            assert [op.key for op in read(tmp_path / "journal")] == [f"key-{n}" for n in range(number + 1)]


async def test_concurrent_lines_share_an_fsync(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    syncs = 0
    really = os.fsync

    def count(file: int) -> None:
        nonlocal syncs
        syncs += 1
        really(file)

    monkeypatch.setattr(os, "fsync", count)
    with Journal(tmp_path / "journal") as journal:
        await asyncio.gather(*(journal.intend(Op("create", "citizen-1", f"key-{n}")) for n in range(500)))
    assert len(read(tmp_path / "journal")) == 500
    assert syncs <= 5


async def test_it_is_continued_with_new_numbers(tmp_path: Path) -> None:
    with Journal(tmp_path / "journal") as journal:
        first = await journal.intend(Op("create", "citizen-1", "key-1"))
    with Journal(tmp_path / "journal") as journal:
        second = await journal.intend(Op("create", "citizen-1", "key-2"))
        await journal.outcome(second, "refused", 422)
    assert first != second
    assert [op.verdict for op in read(tmp_path / "journal")] == ["unknown", "refused"]


async def test_a_line_that_a_crash_cut_off_is_left_out_and_written_over(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    with Journal(path) as journal:
        number = await journal.intend(Op("create", "citizen-1", "key-1"))
    path.write_bytes(path.read_bytes() + json.dumps({"op": number, "verdict": "refused"}).encode()[:-3])
    assert [op.verdict for op in read(path)] == ["unknown"]
    with Journal(path) as journal:
        await journal.outcome(number, "acknowledged", 201, "c-1")
    assert [op.verdict for op in read(path)] == ["acknowledged"]
