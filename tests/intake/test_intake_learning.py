"""Training the suggestion of categories from the database: a tenant's own complaints, and never a worse model."""

import asyncio
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine
from typer.testing import CliRunner

from contracts.roles import Role
from intake.conftest import TENANT, As
from intake.reports import REPORT
from intake_service.persistence.tables import complaint
from intake_service.service.classifying import load
from intake_service.service.learning import parted, without_persons
from intake_service.service.training import Example
from jieban.main import cli

LAMPS, VENDORS = "facilities.lamps", "street_order.itinerant_vendors"
ODD = {"qwert": LAMPS, "zxcvb": VENDORS}
"""Words that no model has learnt yet."""
PHONE = "13812345678"


async def _file(client: httpx.AsyncClient, engine: AsyncEngine, headers: dict[str, str], count: int) -> None:
    items = [
        {**REPORT, "category": category, "description": f"{word}{word[::-1]} {chr(0x4E00 + number)} {PHONE}"}
        for number in range(count)
        for word, category in ODD.items()
    ]
    answer = await client.post("/complaints/batch", json={"items": items}, headers=headers)
    assert answer.json()["created"] == len(items), answer.text
    async with engine.begin() as connection:
        await connection.execute(sa.update(complaint).where(complaint.c.status == "received").values(status="closed"))


async def _train(database_url: str, monkeypatch: pytest.MonkeyPatch, output: Path, *arguments: str) -> Any:
    monkeypatch.setenv("JIEBAN_INTAKE_DATABASE_URL", database_url)
    monkeypatch.setenv("JIEBAN_TENANT", TENANT)
    command = ["train-categories", "--from-database", "--output", str(output), *arguments]
    return await asyncio.to_thread(CliRunner().invoke, cli, command)


async def test_it_learns_from_what_was_closed_and_writes_no_worse_model(
    client: httpx.AsyncClient, engine: AsyncEngine, as_: As, database_url: str, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    await _file(client, engine, as_(Role.CITIZEN), 3)
    few = tmp_path / "few.npz"
    result = await _train(database_url, monkeypatch, few)
    assert "say too little" in str(result.exception)
    assert not few.exists()

    await _file(client, engine, as_(Role.CITIZEN), 100)
    await _file(client, engine, as_(Role.CITIZEN, tenant="110105"), 5)
    good = tmp_path / "good.npz"
    result = await _train(database_url, monkeypatch, good)
    assert result.exit_code == 0, (result.output, result.exception)
    assert PHONE not in result.output
    assert "before: 0 of" in result.output
    model = load(good)
    assert model.suggest("qwerttrewq")[0].code == LAMPS
    assert model.suggest("zxcvbbvcxz")[0].code == VENDORS

    other = await _train(database_url, monkeypatch, tmp_path / "other.npz", "--tenant", "110105")
    assert "say too little" in str(other.exception)
    assert "Complaints of 110105: " in other.output

    async with engine.begin() as connection:  # what is learnt from is labelled the other way round
        rows = (await connection.execute(sa.select(complaint).where(complaint.c.tenant == TENANT))).all()
        learnt = [row.id for row in rows if parted([Example(without_persons(row.description), "")])[0]]
        swap = sa.case((complaint.c.category == LAMPS, VENDORS), else_=LAMPS)
        await connection.execute(sa.update(complaint).where(complaint.c.id.in_(learnt)).values(category=swap))
    monkeypatch.setenv("JIEBAN_CATEGORY_MODEL", str(good))
    before = good.read_bytes()
    worse = await _train(database_url, monkeypatch, tmp_path / "worse.npz")
    assert "is worse than the present one" in str(worse.exception)
    assert not (tmp_path / "worse.npz").exists()
    forced = await _train(database_url, monkeypatch, tmp_path / "worse.npz", "--force")
    assert forced.exit_code == 0
    assert (tmp_path / "worse.npz").exists()
    assert good.read_bytes() == before
