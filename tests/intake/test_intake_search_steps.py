"""Whatever steps a search takes, its pages have what is there, the newest first, each once."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
import pytest_asyncio
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from contracts.roles import Role
from intake.conftest import As
from intake.searches import found, read
from intake_service.domain.lexeme_shares import Shares
from intake_service.persistence import lexeme_shares, searching

_COUNT = 240
_THREE_YEARS = sa.text("""
    INSERT INTO complaint (id, tenant, number, query_code, status, version, sequence, source, proactive, category,
        description, address, anonymous, created_by, received_at, updated_at, community)
    SELECT uuidv7(received - statement_timestamp()), '522723', 'steps-' || n, 'code-' || n, 'received', 1, 1, 'hotline',
        false, CASE WHEN n % 4 = 0 THEN 'noise.fumes' ELSE 'street_order.parking' END,
        '渠道堵塞' || CASE WHEN n % 7 = 0 THEN '，靠近水泵房' ELSE '' END
            || CASE WHEN n % 40 = 0 THEN '和钟楼' ELSE '' END,
        '石磨村' || n % 20 || '号', true, 'nobody', received, received, 'steps-' || n % 3
    FROM (SELECT n, now() - n * n * interval '1096 days' / (:count * :count) AS received
          FROM generate_series(1, :count) AS n) AS made
    RETURNING id
""")
_LEXEMES = ("渠道", "道堵", "堵塞", "水泵", "泵房", "钟楼", "石磨", "磨村", "村", "7", "飞碟")
WRONG = (
    Shares({"小区": 0.5}, 0.001, _COUNT),
    Shares(dict.fromkeys(_LEXEMES, 0.9), 0.9, 1e6),
    Shares({"水泵": 0.9, "石磨": 0.9}, 0.001, 1e6),
    Shares(dict.fromkeys(_LEXEMES, 0.1), 0.1, _COUNT),
)
_NOTED = sa.text("INSERT INTO complaint_unread (complaint_id) SELECT unnest(CAST(:ids AS uuid[]))")
_MATCHING = "SELECT id FROM complaint WHERE number LIKE 'steps-%' AND {} ORDER BY id DESC"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def _long(engine: AsyncEngine) -> None:
    """Three years of complaints, more and more of them."""
    async with engine.begin() as connection:
        ids = list((await connection.execute(_THREE_YEARS, {"count": _COUNT})).scalars())
        await connection.execute(_NOTED, {"ids": ids})
    await read(engine)


@pytest.mark.usefixtures("_long")
@pytest.mark.parametrize("shares", [None, *WRONG], ids=["unknown", "all rare", "all common", "one common", "both"])
@pytest.mark.parametrize("sizes", [(10, 20, 8, 12), (1, 2, 200, 2), (1, 2, 2, 2), (300, 300, 1, 1)])
@pytest.mark.parametrize(
    ("asked", "matching"),
    [
        ({"q": "水泵房"}, "description LIKE '%水泵房%'"),
        ({"q": "钟楼"}, "description LIKE '%钟楼%'"),
        ({"q": "石磨村7号"}, "address = '石磨村7号'"),
        ({"q": "渠道 -水泵房", "community": "steps-1"}, "description NOT LIKE '%水泵房%' AND community = 'steps-1'"),
        ({"q": "水泵房", "category": "noise"}, "description LIKE '%水泵房%' AND category LIKE 'noise.%'"),
        ({"q": "钟楼", "community": "steps-9"}, "false"),
        ({"q": "飞碟"}, "false"),
    ],
)
async def test_all_of_it_is_found(
    client: httpx.AsyncClient,
    engine: AsyncEngine,
    as_: As,
    monkeypatch: pytest.MonkeyPatch,
    sizes: tuple[int, int, int, int],
    asked: dict[str, Any],
    matching: str,
    shares: Shares | None,
) -> None:
    """Also where what is known of the words is wrong."""
    for name, size in zip(("NEWEST", "MANY", "FEW", "FEW_EVER"), sizes, strict=True):
        monkeypatch.setattr(searching, name, size)
    words_of = searching.words_of
    monkeypatch.setattr(searching, "words_of", lambda wanted, phone, _: words_of(wanted, phone, shares))
    assert await found(client, as_(Role.OPERATOR), **asked) == await _there(engine, matching)


@pytest.mark.usefixtures("_long")
async def test_a_time_that_is_over_is_searched_from_its_end(
    client: httpx.AsyncClient, engine: AsyncEngine, as_: As, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("NEWEST", "MANY", "FEW", "FEW_EVER"):
        monkeypatch.setattr(searching, name, 2)
    end = datetime.now(UTC) - timedelta(days=200)
    for days in (20, 300, 900):
        begin = end - timedelta(days=days)
        period = {"received_from": begin.isoformat(), "received_to": end.isoformat()}
        there = await _there(
            engine, f"description LIKE '%水泵房%' AND received_at >= '{begin}' AND received_at < '{end}'"
        )
        assert there or days == 20
        assert await found(client, as_(Role.OPERATOR), q="水泵房", **period) == there


@pytest.mark.usefixtures("_long")
async def test_it_is_known_how_common_words_are(engine: AsyncEngine) -> None:
    async with engine.connect() as connection:
        await connection.execute(sa.text("ANALYZE complaint_text"))
        shares = await lexeme_shares.read(connection)
    assert shares is not None
    assert shares.texts == _COUNT
    assert shares.known["渠道"] == pytest.approx(1)
    assert shares.known["水泵"] == pytest.approx(1 / 7, abs=0.01)
    assert shares.of_rarest(["渠道", "水泵", "飞碟"]) == shares.least <= 1 / 40
    assert shares.rare(["渠道", "水泵", "飞碟"]) == ["飞碟"]


async def _there(engine: AsyncEngine, matching: str) -> list[str]:
    async with engine.connect() as connection:
        return [str(each) for each in (await connection.execute(sa.text(_MATCHING.format(matching)))).scalars()]
