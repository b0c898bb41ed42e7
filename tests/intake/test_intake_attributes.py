"""What a complaint's event says of its attributes, and of how sure the model was of its category."""

from typing import Any

import httpx
from sqlalchemy.ext.asyncio import AsyncEngine

import outboxes
from contracts.roles import Role
from intake.conftest import As
from intake.reports import report

NOISE = "楼下KTV每天半夜唱歌，噪音扰民，根本睡不着"
VAGUE = "请问这个什么时候能有结果，谢谢"


async def published(client: httpx.AsyncClient, engine: AsyncEngine, as_: As, **given: Any) -> tuple[Any, Any]:
    """Return the receipt of a report, and what is published of it."""
    receipt = (await client.post("/complaints", json=report(**given), headers=as_(Role.CITIZEN))).json()
    [received] = await outboxes.published(engine, receipt["id"])
    return receipt, received["data"]


async def test_attributes_are_published_as_what_they_are(
    client: httpx.AsyncClient, engine: AsyncEngine, as_: As
) -> None:
    attributes: dict[str, Any] = {"plate": "贵J12345", "count": 3, "height": 2.5, "lift": False, "unknown": None}
    attributes |= {"faults": ["light", "sound"], "none": []}

    _, payload = await published(client, engine, as_, attributes=attributes)

    told = {"plate": "贵J12345", "count": 3, "height": 2.5, "lift": False, "faults": "light; sound"}
    assert payload["attributes"] == told
    assert payload["attributes"]["lift"] is False


async def test_a_complaint_without_attributes_says_nothing_of_them(
    client: httpx.AsyncClient, engine: AsyncEngine, as_: As
) -> None:
    reports: list[dict[str, Any]] = [{}, {"attributes": {}}, {"attributes": {"unknown": None}}]
    for given in reports:
        _, payload = await published(client, engine, as_, **given)
        assert not {"attributes", "category_confidence"} & payload.keys()


async def test_the_confidence_is_published_where_the_suggestion_was_taken(
    client: httpx.AsyncClient, engine: AsyncEngine, as_: As
) -> None:
    sure, taken = await published(client, engine, as_, category=..., description=NOISE)
    unsure, left = await published(client, engine, as_, category=..., description=VAGUE)

    assert taken["category_confidence"] == sure["suggested_category"]["confidence"]
    assert unsure["suggested_category"] is not None
    assert "category_confidence" not in left
