"""Words of supplements are found as those of the complaint itself, behind the one who adds them, until an erasure."""

from uuid import UUID

import httpx
import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from contracts.roles import Role
from intake.conftest import As
from intake.searches import found, read, taken
from intake_service.domain import search
from intake_service.service.reading import Reader

_KEEP_AS_BEFORE = sa.text("""
    UPDATE complaint_text SET words = CAST(:words AS tsvector) WHERE complaint_id = ANY(CAST(:ids AS uuid[]))
""")


@pytest.fixture
async def complaint(client: httpx.AsyncClient, engine: AsyncEngine, as_: As) -> str:
    complaint = await taken(client, as_, "盲道停车")
    await read(engine)
    headers = as_(Role.OPERATOR)
    for text, address in (("车是蓝色皮卡", "麻雀巷12号"), ("又来一辆洒水车", None)):
        body = {"text": text, "location": {"address": address}} if address else {"text": text}
        answer = await client.post(f"/complaints/{complaint}/supplements", json=body, headers=headers)
        assert answer.status_code == 201, answer.text
    return complaint


async def test_a_complaint_is_found_by_words_of_its_supplements(
    client: httpx.AsyncClient, engine: AsyncEngine, as_: As, complaint: str
) -> None:
    headers = as_(Role.OPERATOR)
    assert await found(client, headers, q="蓝色皮卡") == [], "whoever adds something does not wait for the index"
    assert await read(engine) == 1
    for words in ("蓝色皮卡", "洒水车 盲道", "麻雀巷", "停车"):
        assert complaint in await found(client, headers, q=words)
    assert await found(client, headers, q="皮卡又来") == [], "not across the border of two texts"
    assert await found(client, as_(Role.OPERATOR, tenant="110101"), q="洒水车") == []


async def test_what_a_version_before_read_without_them_is_read_again(
    client: httpx.AsyncClient, engine: AsyncEngine, as_: As, complaint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("intake_service.service.reading.BATCH", 1)
    other = await taken(client, as_, "盲道停车")
    added = await client.post(f"/complaints/{other}/supplements", json={"text": "蓝色皮卡"}, headers=as_(Role.OPERATOR))
    assert added.status_code == 201
    both = {complaint, other}
    await read(engine)
    async with engine.begin() as connection:
        as_before = {"words": search.vector(["盲道停车"]), "ids": [UUID(complaint), UUID(other)]}
        await connection.execute(_KEEP_AS_BEFORE, as_before)
    assert not both & {*await found(client, as_(Role.OPERATOR), q="蓝色皮卡")}
    await Reader(engine).look_back()
    assert await read(engine) == 2
    assert both <= {*await found(client, as_(Role.OPERATOR), q="蓝色皮卡")}
    await Reader(engine).look_back()
    assert await read(engine) == 0, "what has been read is not read again and again"


@pytest.mark.parametrize("texts", [True, False])
async def test_what_is_erased_of_them_is_not_found_any_more(
    client: httpx.AsyncClient, engine: AsyncEngine, as_: As, complaint: str, texts: bool
) -> None:
    await read(engine)
    why = {"ground": "request", "reason": "来函", "texts": texts}
    gone = await client.post(f"/complaints/{complaint}/erasure", json=why, headers=as_(Role.SUPERVISOR))
    assert gone.status_code == 200, gone.text
    assert complaint not in await found(client, as_(Role.OPERATOR), q="蓝色皮卡"), "not even before it is read again"
    await read(engine)
    assert (complaint in await found(client, as_(Role.OPERATOR), q="蓝色皮卡")) is not texts
