"""The words of complaints follow what is said, and go when it is erased."""

import asyncio

import httpx
import pytest
import sqlalchemy as sa
from prometheus_client import REGISTRY
from sqlalchemy.ext.asyncio import AsyncEngine

from contracts.roles import Role
from intake.conftest import As
from intake.searches import found, put, read, taken
from intake_service.service.reading import Reader

_UNREAD = sa.text("SELECT count(*) FROM complaint_unread")
_ENDED = sa.text("SELECT ended_as, ended_at = updated_at AS is_same FROM complaint WHERE id = :id")


async def test_two_readers_share_what_has_come_in(
    client: httpx.AsyncClient, engine: AsyncEngine, as_: As, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("intake_service.service.reading.BATCH", 5)
    reader = Reader(engine)
    while await reader.work():
        pass
    before = REGISTRY.get_sample_value("jieban_search_read_timestamp_seconds")
    made = {await taken(client, as_, "一起读的停车") for _ in range(23)}
    counts = await asyncio.gather(*(reader.work() for _ in range(3)))
    assert sum(counts) == 23
    assert (before or 0) < (REGISTRY.get_sample_value("jieban_search_read_timestamp_seconds") or 0)
    async with engine.connect() as connection:
        assert await connection.scalar(_UNREAD) == 0
    assert set(await found(client, as_(Role.OPERATOR), q="一起读的停车")) == made


async def test_a_reader_that_dies_leaves_its_work(client: httpx.AsyncClient, engine: AsyncEngine, as_: As) -> None:
    await read(engine)
    complaint = await taken(client, as_, "没读完")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("intake_service.domain.search.vector", lambda _: "'unbalanced")
        with pytest.raises(sa.exc.DBAPIError):
            await read(engine)
    assert await read(engine) == 1
    assert await found(client, as_(Role.OPERATOR), q="没读完") == [complaint]


async def test_what_another_version_took_is_noted_later(
    client: httpx.AsyncClient, engine: AsyncEngine, as_: As
) -> None:
    complaint = await taken(client, as_, "旧版本受理")
    await read(engine)
    async with engine.begin() as connection:
        await connection.execute(sa.text("DELETE FROM complaint_text WHERE complaint_id = :id"), {"id": complaint})
    await Reader(engine).look_back()
    assert await read(engine) == 1
    assert await found(client, as_(Role.OPERATOR), q="旧版本受理") == [complaint]


async def test_what_is_said_otherwise_is_read_again(client: httpx.AsyncClient, engine: AsyncEngine, as_: As) -> None:
    headers = as_(Role.OPERATOR)
    complaint = await taken(client, as_, "会改的话")
    await read(engine)
    await put(engine, complaint, address="会改的地方", category="construction.sites")
    assert await read(engine) == 1
    assert await found(client, headers, q="会改的地方") == [complaint]
    assert await found(client, headers, q="会改的", category="construction") == [complaint]
    await put(engine, complaint, status="assigned", unit="一队")
    assert await read(engine) == 0


async def test_what_is_erased_is_not_found(client: httpx.AsyncClient, engine: AsyncEngine, as_: As) -> None:
    supervisor = as_(Role.SUPERVISOR)
    reporter = {"phone": "13912345678"}
    kept, gone = [await taken(client, as_, "要删除的话", reporter=reporter) for _ in range(2)]
    unread = await taken(client, as_, "要删除的话", reporter=reporter)
    async with engine.begin() as connection:  # the last one is erased before it was read
        await connection.execute(sa.text("DELETE FROM complaint_unread WHERE complaint_id = :id"), {"id": unread})
    await read(engine)
    async with engine.begin() as connection:
        await connection.execute(sa.text("INSERT INTO complaint_unread VALUES (:id)"), {"id": unread})
    for complaint, texts in ((kept, False), (gone, True), (unread, True)):
        body = {"ground": "request", "reason": "来函申请", "texts": texts}
        assert (await client.post(f"/complaints/{complaint}/erasure", json=body, headers=supervisor)).status_code == 200
    for _ in range(2):  # before and after what is left has been read again
        of_person = await client.post("/complaints/of-reporter", json={"phone": "13912345678"}, headers=supervisor)
        assert of_person.json()["items"] == []
        assert gone not in await found(client, supervisor, q="要删除的话")
        await read(engine)
    assert await found(client, supervisor, q="要删除的话") == [kept]


async def test_the_end_of_a_complaint_is_noted(client: httpx.AsyncClient, engine: AsyncEngine, as_: As) -> None:
    complaint = await taken(client, as_)
    for status, ended in (("assigned", None), ("closed", "closed"), ("assigned", None), ("voided", "voided")):
        await put(engine, complaint, status=status)
        async with engine.connect() as connection:
            row = (await connection.execute(_ENDED, {"id": complaint})).one()
        assert row.ended_as == ended
        assert row.is_same is (True if ended else None)
