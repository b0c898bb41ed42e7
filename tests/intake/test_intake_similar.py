"""Complaints that are probably about the same: found by words, place and time, and shown without personal data."""

import json
import time
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from prometheus_client import REGISTRY
from sqlalchemy.ext.asyncio import AsyncEngine

from contracts.roles import Role
from intake.conftest import As
from intake.reports import REPORT
from intake.searches import put
from intake_service.persistence.likeness_tables import complaint_likeness
from intake_service.service.likeness_index import LikenessIndex

MIXER = "丽发新城小区旁边建了一个大型搅拌站，半夜还在生产，噪音和灰尘很大，孩子睡不着觉。"
MIXER_AGAIN = "投诉丽发新城附近的混凝土搅拌站，日夜施工扰民，扬尘污染严重，窗户都不敢开。"
DOGS = "福来社区广场上早晚都有人遛狗不牵绳，大狗追着小孩跑，很吓人。"
HERE = {"lon": 107.2357, "lat": 26.5807}


async def report(client: httpx.AsyncClient, headers: dict[str, str], text: str, **more: Any) -> dict[str, Any]:
    body = {
        **REPORT,
        "reporter": {"phone": "13800000000"},
        "description": text,
        "location": {**HERE, "address": "丽发路 1 号 3 单元"},
        **more,
    }
    answer = await client.post("/complaints", json=body, headers=headers)
    assert answer.status_code == 201, answer.text
    receipt: dict[str, Any] = answer.json()
    return receipt


async def test_the_metrics_say_up_to_when_all_are_found(
    client: httpx.AsyncClient, engine: AsyncEngine, as_: As, monkeypatch: pytest.MonkeyPatch
) -> None:
    while await LikenessIndex(engine).work():
        pass
    until = [_until()]
    for _ in range(3):
        await report(client, as_(Role.CITIZEN, "wang"), MIXER)
    monkeypatch.setattr("intake_service.service.likeness_index.BATCH", 2)
    between = time.time()
    while await LikenessIndex(engine).work():
        until.append(_until())
    assert len(until) == 3
    assert until[0] < until[1] <= between < until[2]


def _until() -> float:
    return REGISTRY.get_sample_value("jieban_similar_until_timestamp_seconds") or 0


@pytest.fixture
async def reported(client: httpx.AsyncClient, engine: AsyncEngine, as_: As) -> dict[str, str]:
    """Complaints of this test, by what they are, in a tenant of their own each time."""
    index = LikenessIndex(engine)
    ids = {
        "mixer": (await report(client, as_(Role.CITIZEN, "wang"), MIXER))["id"],
        "again": (await report(client, as_(Role.CITIZEN, "li"), MIXER_AGAIN))["id"],
        "far": (await report(client, as_(Role.CITIZEN, "zhao"), MIXER, location={"lon": 107.3, "lat": 26.7}))["id"],
        "unplaced": (await report(client, as_(Role.CITIZEN, "qian"), MIXER_AGAIN, location={"address": "丽发新城"}))[
            "id"
        ],
        "dogs": (await report(client, as_(Role.CITIZEN, "sun"), DOGS, location={"lon": 107.2362, "lat": 26.5809}))[
            "id"
        ],
    }
    while await index.work():
        pass
    return ids


async def alike(client: httpx.AsyncClient, as_: As, complaint: str, **query: float) -> list[dict[str, Any]]:
    answer = await client.get(f"/complaints/{complaint}/similar", params=query, headers=as_(Role.DISPATCHER))
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def test_staff_find_the_same_problem_in_other_words(
    client: httpx.AsyncClient, as_: As, reported: dict[str, str]
) -> None:
    found = await alike(client, as_, reported["mixer"], limit=50)
    ids = [each["id"] for each in found]
    assert reported["again"] in ids
    assert reported["unplaced"] in ids, "an address alone is found by its words"
    assert reported["mixer"] not in ids
    assert reported["far"] not in ids, "twenty kilometres away is another problem"
    assert ids.index(reported["again"]) < ids.index(reported["dogs"]), "what is near alone comes last"
    again = next(each for each in found if each["id"] == reported["again"])
    assert again["distance"] == 0
    assert 0.3 < again["likeness"] <= 1


async def test_only_time_place_and_likeness_that_were_asked_for(
    client: httpx.AsyncClient, as_: As, reported: dict[str, str]
) -> None:
    ids = [each["id"] for each in await alike(client, as_, reported["mixer"], least=0.35, limit=50)]
    assert reported["dogs"] not in ids
    near = await alike(client, as_, reported["dogs"], radius=10, least=0, limit=50)
    assert all(each["distance"] is None or each["distance"] <= 10 for each in near)
    assert len(await alike(client, as_, reported["mixer"], limit=1)) == 1


async def test_nobody_else_looks_at_them(client: httpx.AsyncClient, as_: As, reported: dict[str, str]) -> None:
    path = f"/complaints/{reported['mixer']}/similar"
    assert (await client.get(path, headers=as_(Role.CITIZEN, "wang"))).status_code == 403
    assert (await client.get(path, headers=as_(Role.OPERATOR, tenant="110105"))).status_code == 404
    assert (await client.get(path)).status_code == 401
    wrong = await client.get(path, params={"days": 400}, headers=as_(Role.OPERATOR))
    assert wrong.status_code == 422


async def test_before_filing_people_learn_what_everybody_may_know(
    client: httpx.AsyncClient, engine: AsyncEngine, as_: As, reported: dict[str, str]
) -> None:
    secret = await report(client, as_(Role.CITIZEN, "zhou"), MIXER, kind="report")
    await LikenessIndex(engine).work()
    question = {"description": MIXER_AGAIN, "location": HERE}
    answer = await client.post("/similar", json=question, headers=as_(Role.CITIZEN, "new-neighbour"))
    assert answer.status_code == 200, answer.text
    items = answer.json()["items"]
    assert 2 <= len(items) <= 5
    assert set(items[0]) == {
        "handle", "category", "category_label", "place", "status", "status_label", "received_on", "likeness",
        "affected",
    }  # fmt: skip
    told = json.dumps(items, ensure_ascii=False)
    for private in ("搅拌站", "丽发", "wang", "单元", secret["id"], reported["mixer"], "13800000000"):
        assert private not in told
    places = [each["place"]["lon"] for each in items]
    assert None in places, "an address alone is nobody's business"
    assert set(places) <= {None, 107.235, 107.237}, "the middles of the cells of these, and of the dogs beside them"
    elsewhere = await client.post("/similar", json=question, headers=as_(Role.CITIZEN, "x", tenant="110105"))
    assert elsewhere.json() == {"items": []}


async def test_before_filing_what_was_merged_is_known_by_its_master_alone(
    client: httpx.AsyncClient, engine: AsyncEngine, as_: As
) -> None:
    headers = as_(Role.CITIZEN, "wang", tenant="520100")
    near = (await report(client, headers, MIXER))["id"]
    far = (await report(client, headers, MIXER, location={"lon": 107.3, "lat": 26.7}))["id"]
    member = (await report(client, headers, MIXER_AGAIN))["id"]
    while await LikenessIndex(engine).work():
        pass
    await put(engine, near, status="accepted")
    await put(engine, far, status="in_progress")

    async def known(**more: str) -> dict[str, float]:
        question = {"description": MIXER_AGAIN, "location": HERE, **more}
        answer = await client.post("/similar", json=question, headers=as_(Role.CITIZEN, "new", tenant="520100"))
        items = answer.json()["items"]
        found = {each["status"]: each["likeness"] for each in items}
        assert len(found) == len(items)
        return found

    apart = await known()
    assert apart["accepted"] < apart["received"]
    assert set(apart) == {"accepted", "received"}
    await put(engine, member, status="merged", merged_into=near)
    assert await known() == {"accepted": apart["received"]}, "once, with the best likeness"
    assert await known(category="emergency") == {}
    await put(engine, member, merged_into=far)
    assert await known() == {"accepted": apart["accepted"], "in_progress": apart["received"]}, "where it is worked on"
    await put(engine, far, confidential=True)
    assert await known() == {"accepted": apart["accepted"]}, "the master is in confidence"
    await put(engine, member, merged_into=near, confidential=True)
    assert await known() == {"accepted": apart["accepted"]}, "what was said in confidence tells nothing"


async def test_who_asks_too_often_waits(client: httpx.AsyncClient, as_: As) -> None:
    question = {"description": DOGS, "location": HERE}
    headers = as_(Role.CITIZEN, "curious")
    for _ in range(30):
        assert (await client.post("/similar", json=question, headers=headers)).status_code == 200
    refused = await client.post("/similar", json=question, headers=headers)
    assert refused.status_code == 429
    assert refused.json()["type"].endswith("asked-too-often")
    assert 0 < int(refused.headers["Retry-After"]) <= 601
    assert (await client.post("/similar", json=question, headers=as_(Role.CITIZEN, "other"))).status_code == 200


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"description": " ", "location": HERE}, "blank-description"),
        ({"description": "x"}, "missing"),
        ({"description": "x", "location": {"lon": 1}}, "half-a-point"),
        ({"description": "x", "location": HERE, "category": "no.such"}, "unknown-category"),
        ({"description": "\ud800", "location": HERE}, ""),
        ({"description": "x" * 10_001, "location": HERE}, ""),
    ],
)
async def test_bad_questions_are_refused(client: httpx.AsyncClient, as_: As, body: dict[str, Any], code: str) -> None:
    content = json.dumps(body)
    headers = as_(Role.CITIZEN, "careless", **{"Content-Type": "application/json"})
    answer = await client.post("/similar", content=content, headers=headers)
    assert answer.status_code in (400, 422)
    assert code in json.dumps(answer.json())


async def test_texts_without_a_word_find_what_is_near(
    client: httpx.AsyncClient, as_: As, reported: dict[str, str]
) -> None:
    question = {"description": "!?", "location": HERE}
    answer = await client.post("/similar", json=question, headers=as_(Role.CITIZEN, "terse"))
    assert answer.status_code == 200
    assert answer.json()["items"]


async def test_an_erased_text_is_not_found_and_not_indexed_again(
    client: httpx.AsyncClient, engine: AsyncEngine, as_: As, reported: dict[str, str]
) -> None:
    erased = await client.post(
        f"/complaints/{reported['again']}/erasure",
        json={"ground": "request", "reason": "她要求", "texts": True},
        headers=as_(Role.SUPERVISOR),
    )
    assert erased.status_code == 200, erased.text
    await LikenessIndex(engine).work()
    indexed = sa.select(complaint_likeness).where(complaint_likeness.c.complaint_id == reported["again"])
    async with engine.connect() as connection:
        assert (await connection.execute(indexed)).first() is None
    assert reported["again"] not in [each["id"] for each in await alike(client, as_, reported["mixer"], limit=50)]


async def test_what_is_located_is_found_where_it_is(
    client: httpx.AsyncClient, as_: As, reported: dict[str, str]
) -> None:
    moved = await client.post(
        f"/complaints/{reported['again']}/location",
        json={"lon": 107.3, "lat": 26.7},
        headers=as_(Role.OPERATOR),
    )
    assert moved.status_code == 200, moved.text
    near = {each["id"]: each["distance"] for each in await alike(client, as_, reported["far"], limit=50)}
    assert near[reported["again"]] == 0


_WAVE = sa.text("""
    INSERT INTO complaint (id, tenant, number, query_code, status, version, sequence, source, proactive, description,
        address, anonymous, created_by, received_at, updated_at)
    SELECT uuidv7(), :tenant, 'wave-' || n, 'wave-' || n, 'received', 1, 1, 'hotline', false, :text, '青石桥', true,
           'nobody', now(), now()
    FROM generate_series(1, 500) AS n
""")
_WRITTEN = sa.text("SELECT pg_current_wal_insert_lsn() - '0/0'")


async def test_a_wave_of_the_same_is_indexed_without_writing_its_lists_anew_for_each(engine: AsyncEngine) -> None:
    index = LikenessIndex(engine)
    while await index.work():
        pass
    async with engine.begin() as connection:
        await connection.execute(_WAVE, {"tenant": "wave", "text": "青石桥下的污水漫到路上，车开过去溅得到处都是。"})
    async with engine.connect() as connection:
        before = await connection.scalar(_WRITTEN)
    assert await index.work() == 500
    async with engine.connect() as connection:
        written = await connection.scalar(_WRITTEN) - before
    assert written / 500 < 2_500  # bytes: 750, and 6,700 where each is taken into the index by itself
