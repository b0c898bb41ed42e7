"""Categories that descriptions suggest: asked for, kept with a complaint, taken where they are sure."""

from pathlib import Path
from typing import Any

import httpx
import pytest
from prometheus_client import REGISTRY
from pydantic import SecretStr
from sqlalchemy.ext.asyncio import AsyncEngine

from contracts.roles import Role
from intake.conftest import SECRET, TENANT, As
from intake.reports import report
from intake_service.main import build
from outboxes import published
from runtime.auth import TokenVerifier
from runtime.lifecycle import Service
from runtime.settings import RuntimeSettings

NOISE = "楼下KTV每天半夜唱歌，噪音扰民，根本睡不着"
VAGUE = "请问这个什么时候能有结果，谢谢"


def counted(category: str, taken: str) -> float:
    labels = {"category": category, "taken": taken}
    return REGISTRY.get_sample_value("jieban_category_suggestions_total", labels) or 0.0


async def suggest(client: httpx.AsyncClient, as_: As, description: Any) -> httpx.Response:
    return await client.post("/categories/suggest", json={"description": description}, headers=as_(Role.CITIZEN))


async def test_three_suggestions_the_likeliest_first(client: httpx.AsyncClient, as_: As) -> None:
    answer = await suggest(client, as_, NOISE)
    assert answer.status_code == 200
    said = answer.json()
    confidences = [each["confidence"] for each in said["suggestions"]]
    assert said["suggestions"][0]["code"] == "noise_and_fumes.noise"
    assert len(confidences) == 3
    assert confidences == sorted(confidences, reverse=True)
    assert 0 < said["taken_from"] <= confidences[0] <= 1
    assert sum(confidences) <= 1.001


@pytest.mark.parametrize(
    ("description", "code"),
    [("  \n　", "blank-description"), ("", "string_too_short"), ("吵" * 10_001, "string_too_long"), (3, "string_type")],
)
async def test_what_says_nothing_is_refused(client: httpx.AsyncClient, as_: As, description: Any, code: str) -> None:
    answer = await suggest(client, as_, description)
    assert answer.status_code == 422
    assert [error["code"] for error in answer.json()["errors"]] == [code]


async def test_a_suggestion_needs_a_token(client: httpx.AsyncClient) -> None:
    assert (await client.post("/categories/suggest", json={"description": NOISE})).status_code == 401


async def test_a_sure_suggestion_becomes_the_category_everywhere(
    client: httpx.AsyncClient, engine: AsyncEngine, as_: As
) -> None:
    before = counted("noise_and_fumes.noise", "true")
    body = report(category=..., description=NOISE)
    receipt = (await client.post("/complaints", json=body, headers=as_(Role.CITIZEN))).json()
    assert receipt["category"] == receipt["suggested_category"]["code"] == "noise_and_fumes.noise"
    view = (await client.get(f"/complaints/{receipt['id']}", headers=as_(Role.CITIZEN))).json()
    assert (view["category"], view["suggested_category"]) == (receipt["category"], receipt["suggested_category"])
    [received] = await published(engine, receipt["id"])
    assert received["data"]["category"] == "noise_and_fumes.noise"
    assert counted("noise_and_fumes.noise", "true") == before + 1


async def test_an_unsure_suggestion_leaves_the_complaint_open(client: httpx.AsyncClient, as_: As) -> None:
    suggested = (await suggest(client, as_, VAGUE)).json()
    body = report(category=..., description=VAGUE)
    receipt = (await client.post("/complaints", json=body, headers=as_(Role.CITIZEN))).json()
    assert receipt["category"] is None
    assert receipt["suggested_category"] == suggested["suggestions"][0]


async def test_a_given_category_is_kept_and_nothing_suggested(client: httpx.AsyncClient, as_: As) -> None:
    body = report(category="facilities.lamps", description=NOISE)
    receipt = (await client.post("/complaints", json=body, headers=as_(Role.CITIZEN))).json()
    assert (receipt["category"], receipt["suggested_category"]) == ("facilities.lamps", None)


async def test_a_tenant_may_leave_every_decision_to_its_operators(service: Service, database_url: str, as_: As) -> None:
    settings = RuntimeSettings(
        intake_database_url=database_url, token_secret=SecretStr(SECRET), tenant=TENANT, category_adoption=False
    )
    cautious = build(settings, TokenVerifier(settings))
    await cautious.open()
    try:
        transport = httpx.ASGITransport(cautious.app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://intake.test/intake/v1") as caller:
            body = report(category=..., description=NOISE)
            receipt = (await caller.post("/complaints", json=body, headers=as_(Role.CITIZEN))).json()
            assert (await suggest(caller, as_, NOISE)).json()["taken_from"] is None
    finally:
        await cautious.close()
    assert receipt["category"] is None
    assert receipt["suggested_category"]["code"] == "noise_and_fumes.noise"


def test_a_file_that_is_no_model_stops_the_start(tmp_path: Path) -> None:
    broken = tmp_path / "model.npz"
    broken.write_bytes(b"no model")
    for path in (broken, tmp_path / "absent.npz"):
        settings = RuntimeSettings(
            intake_database_url="postgresql://nobody@127.0.0.1:1/none",
            token_secret=SecretStr(SECRET),
            category_model=path,
        )
        with pytest.raises(ValueError, match="no category model"):
            build(settings, TokenVerifier(settings))


@pytest.mark.parametrize(("chosen", "taken"), [("noise_and_fumes.noise", "true"), ("street_order.parking", "false")])
async def test_a_suggestion_that_was_asked_for_before_counts_with_the_complaint_that_follows(
    client: httpx.AsyncClient, as_: As, chosen: str, taken: str
) -> None:
    await suggest(client, as_, NOISE)
    before = counted("noise_and_fumes.noise", taken)
    body = report(category=chosen, description=f" {NOISE}\n")
    refused = report(category=chosen, description=NOISE, location={"lon": 400, "lat": 0})
    assert (await client.post("/complaints", json=refused, headers=as_(Role.CITIZEN))).status_code == 422
    other = await client.post("/complaints", json=body, headers=as_(Role.CITIZEN, "who-has-not-asked"))
    assert other.json()["suggested_category"] is None
    receipt = (await client.post("/complaints", json=body, headers=as_(Role.CITIZEN))).json()
    assert (receipt["category"], receipt["suggested_category"]["code"]) == (chosen, "noise_and_fumes.noise")
    assert counted("noise_and_fumes.noise", taken) == before + 1
    again = (await client.post("/complaints", json=body, headers=as_(Role.CITIZEN))).json()
    assert again["suggested_category"] is None, "it was asked for once"

    labels = {"suggested": "noise_and_fumes.noise", "right": str(taken == "false").lower()}
    right = REGISTRY.get_sample_value("jieban_category_corrections_total", labels) or 0.0
    to = "noise_and_fumes.noise" if taken == "false" else "street_order.parking"
    moved = {"category": to, "reason": "归类有误"}
    answer = await client.post(f"/complaints/{receipt['id']}/reclassification", json=moved, headers=as_(Role.OPERATOR))
    assert answer.status_code == 200, answer.text
    assert REGISTRY.get_sample_value("jieban_category_corrections_total", labels) == right + 1
