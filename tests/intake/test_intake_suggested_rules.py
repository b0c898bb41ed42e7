"""What a suggested category asks is asked of a report that names none."""

from typing import Any

import httpx
import pytest
import pytest_asyncio

from contracts.roles import Role
from intake.configuring import category, configuration, publish
from intake.conftest import As
from intake.reports import report
from refusals import code_of, errors_of
from runtime.ids import uuid7

CODE = "noise_and_fumes.noise"
NOISE = report(category=..., description="楼下KTV每天半夜唱歌，噪音扰民，根本睡不着")
QUESTION = {
    "name": "made_by", "zh": "来源", "en": "Made by", "type": "single_choice", "required": True,
    "choices": [{"code": "bar", "zh": "歌厅", "en": "A bar"}, {"code": "train", "zh": "火车", "en": "A train"}],
    "stops": [{"answer": "train", "zh": "请拨打12306。", "en": "Ring 12306."}],
}  # fmt: skip


@pytest_asyncio.fixture
async def me(client: httpx.AsyncClient, as_: As) -> dict[str, str]:
    """A citizen of a tenant that asks what makes a noise."""
    tenant = f"t{uuid7().hex[-10:]}"
    given, admin = configuration(), as_(Role.ADMIN, tenant=tenant)
    category(given, CODE)["questions"] = [QUESTION]
    await publish(client, admin, given)
    return as_(Role.CITIZEN, tenant=tenant)


@pytest.mark.parametrize(
    ("attributes", "taken"),
    [({"made_by": "bar"}, CODE), ({}, None), ({"made_by": "dog"}, None), ({"made_by": 3}, None)],
)
async def test_it_is_taken_only_with_what_it_asks(
    client: httpx.AsyncClient, me: dict[str, str], attributes: dict[str, Any], taken: str | None
) -> None:
    answer = await client.post("/complaints", json={**NOISE, "attributes": attributes}, headers=me)
    assert answer.status_code == 201, answer.text
    receipt = answer.json()
    assert (receipt["category"], receipt["suggested_category"]["code"]) == (taken, CODE)


async def test_an_answer_that_stops_it_is_answered_with_the_advice(
    client: httpx.AsyncClient, me: dict[str, str]
) -> None:
    body = {**NOISE, "attributes": {"made_by": "train"}}
    answers = [await client.post("/complaints", json=each, headers=me) for each in (body, {**body, "category": CODE})]
    for each in answers:
        assert code_of(each) == (422, "report-out-of-scope")
        assert errors_of(each) == [("/attributes/made_by", "report-out-of-scope")]
        assert each.json()["advice"] == {"zh": "请拨打12306。", "en": "Ring 12306."}
    vague = {**body, "description": "请问这个什么时候能有结果，谢谢"}
    assert (await client.post("/complaints", json=vague, headers=me)).status_code == 201
    tried = await client.post("/complaints/batch?dry_run=true", json={"items": [body, vague]}, headers=me)
    assert [each["status"] for each in tried.json()["items"]] == [422, 200]
