"""Closing rules over REST: what is refused, which version counts, and what a verification has to show."""

from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy.ext.asyncio import AsyncEngine

from contracts.directory import CategoryChanged
from contracts.roles import Role
from ledger.closings import ASK_FIRST, Closings
from ledger.conftest import As
from ledger.test_ledger_directory import told
from ledger_service.events.directory import SUBSCRIPTION
from refusals import code_of, errors_of


@pytest_asyncio.fixture(scope="module", loop_scope="session", autouse=True)
async def told_of(engine: AsyncEngine) -> None:
    """Let intake tell of the categories of a county that has its own: all that are named here."""
    codes = ("noise", "noise.night", "noises", "street_order", "street_order.vendors")
    entries = [CategoryChanged(code=code, version=2, zh=code, en=code) for code in codes]
    await SUBSCRIPTION.apply(engine, [told(each) for each in entries])


async def test_without_rules_a_verification_closes_as_ever(closings: Closings) -> None:
    shown = await closings.client.get("/closing-rules", headers=closings.operator)
    assert (shown.json()["shipped"], shown.json()["version"], shown.headers["ETag"]) == (True, 0, '"0"')
    assert shown.json()["otherwise"]["gates"] == ["verification"]
    history = await closings.verified()
    assert await closings.types(history) == ["verified", "closed"]
    assert await closings.tasks(history) == []


@pytest.mark.parametrize(
    ("rules", "flaw"),
    [
        ([{}, {"category": "noise"}], ("/rules/1", "closing-rule-shadowed")),
        ([{"category": "noise"}, {"category": "noise.night"}], ("/rules/1", "closing-rule-shadowed")),
        (
            [{"sources": ["hotline"]}, {"sources": ["media"]}, {"category": "noise", "sources": ["media", "hotline"]}],
            ("/rules/2", "closing-rule-shadowed"),
        ),
        ([{"category": "noise"}, {"category": "parades"}], ("/rules/1/category", "unknown-category")),
        ([{"category": "noise.day"}], ("/rules/0/category", "unknown-category")),
        (
            [{"category": "safety.charging_cables"}],
            ("/rules/0/category", "unknown-category"),
        ),  # shipped, not the county's
        ([{"sources": ["hotline", "pigeon"]}], ("/rules/0/sources/1", "unknown-source")),
        ([{"gates": ["photo"]}], ("/rules/0/gates/0", "enum")),
        ([{"gates": ["verification", "verification"]}], ("/rules/0/gates", "gate-twice")),
        ([{"gates": [], "evidence": {"photos": 1}}], ("/rules/0/evidence", "evidence-without-verification")),
        ([{**ASK_FIRST, "calls": {"sampled_percent": 5}}], ("/rules/0/calls/sampled_percent", "sample-beside-gate")),
        (
            [{"calls": {"script": [{"code": "how", "zh": "如何", "en": "How", "type": "choice", "choices": ["a"]}]}}],
            ("/rules/0/calls/script/0/choices", "choices-unfitting"),
        ),
        (
            [{"calls": {"script": [{"code": "a", "zh": "一", "en": "A", "type": "text"}] * 2}}],
            ("/rules/0/calls/script/1/code", "question-twice"),
        ),
        ([{"after_bad_word": "sue"}], ("/rules/0/after_bad_word", "literal_error")),
        ([{"gate": []}], ("/rules/0/gate", "extra_forbidden")),
    ],
)
async def test_rules_that_cannot_be_meant_are_refused_with_their_place(
    closings: Closings, rules: list[dict[str, Any]], flaw: tuple[str, str]
) -> None:
    answer = await closings.client.put("/closing-rules", json={"rules": rules}, headers=closings.admin)
    assert errors_of(answer) == [flaw]


async def test_rules_side_by_side_are_no_shadows(closings: Closings) -> None:
    await closings.rules({"category": "noise", "sources": ["hotline"]}, {"category": "noise"}, {"category": "noises"})


async def test_versions_stay_and_a_stale_one_is_refused(closings: Closings, as_: As) -> None:
    first = await closings.rules(ASK_FIRST)
    body: dict[str, Any] = {"rules": [{"gates": []}]}
    stale = await closings.client.put("/closing-rules", json=body, headers=closings.admin | {"If-Match": '"0"'})
    assert stale.status_code == 412
    second = await closings.client.put("/closing-rules", json=body, headers=closings.supervisor | {"If-Match": '"1"'})
    assert (second.json()["version"], second.headers["ETag"]) == (first["version"] + 1, '"2"')
    listed = (await closings.client.get("/closing-rules/versions", headers=closings.operator)).json()["items"]
    assert [(line["version"], line["count"]) for line in listed] == [(2, 1), (1, 1)]
    old = await closings.client.get("/closing-rules/versions/1", headers=closings.operator)
    assert old.json()["rules"][0]["gates"] == ["verification", "follow_up"]
    assert code_of(await closings.client.get("/closing-rules/versions/3", headers=closings.operator)) == (
        404,
        "closing-rules-not-found",
    )
    other = as_(Role.ADMIN, tenant="110101")
    assert (await closings.client.get("/closing-rules", headers=other)).json()["version"] == 0
    assert (await closings.client.put("/closing-rules", json=body, headers=closings.operator)).status_code == 403


async def test_a_round_keeps_the_version_that_it_began_with(closings: Closings) -> None:
    history = await closings.resolved()
    await closings.rules(ASK_FIRST)
    answer = await closings.post(history, "verification", {"method": "photo"}, closings.inspector)
    assert (answer.json()["status"], answer.json()["closing_version"]) == ("closed", 0)
    later = await closings.verified()
    assert await closings.types(later) == ["verified"]
    again = await closings.post(history, "reopening", {"reason": "又来了"}, closings.operator)
    assert (again.json()["round"], again.json()["closing_version"]) == (2, 1)


async def test_the_first_rule_that_fits_decides(closings: Closings) -> None:
    await closings.rules(
        {"category": "street_order.vendors", "sources": ["hotline"], **ASK_FIRST}, {"category": "street_order"}
    )
    assert await closings.types(await closings.verified()) == ["verified", "closed"]
    assert await closings.types(await closings.verified(source="hotline")) == ["verified"]
    assert await closings.types(await closings.verified(source="hotline", category="street_order")) == [
        "verified",
        "closed",
    ]
    assert await closings.types(await closings.verified(source="hotline", category=None)) == ["verified", "closed"]


async def test_without_the_gate_every_result_is_verified_by_rule(closings: Closings) -> None:
    await closings.rules({"gates": []})
    assert await closings.types(await closings.resolved()) == ["verified", "closed"]
    await closings.rules({"gates": ["follow_up"]})
    history = await closings.resolved()
    assert await closings.types(history) == ["verified"]
    assert [task["kind"] for task in await closings.tasks(history)] == ["gate"]


async def test_a_passed_verification_shows_what_the_rules_want(closings: Closings) -> None:
    await closings.rules({"evidence": {"methods": ["on_site", "photo"], "photos": 1, "position": True}})
    history = await closings.resolved()
    bare = await closings.post(history, "verification", {"method": "call"}, closings.inspector)
    assert errors_of(bare) == [
        ("/method", "verification-method-refused"),
        ("/photos", "verification-photos-missing"),
        ("/position", "verification-position-missing"),
    ]
    address = {"method": "on_site", "photos": [str(history.id)], "position": {"address": "福来社区"}}
    assert errors_of(await closings.post(history, "verification", address, closings.inspector)) == [
        ("/position", "verification-position-missing")
    ]
    assert await closings.types(history) == []
    whole = {**address, "position": {"lon": 107.2357, "lat": 26.5807}}
    answer = await closings.post(history, "verification", whole, closings.inspector)
    assert answer.json()["status"] == "closed"
    story = (await closings.client.get(f"/complaints/{history.id}", headers=closings.operator)).json()
    said = story["timeline"][-2]["data"]
    assert (said["photos"], said["position"]) == ([str(history.id)], {"lon": 107.2357, "lat": 26.5807})


async def test_a_photo_counts_once(closings: Closings) -> None:
    await closings.rules({"evidence": {"photos": 2}})
    history = await closings.resolved()
    twice = {"method": "photo", "photos": [str(history.id)] * 2}
    answer = await closings.post(history, "verification", twice, closings.inspector)
    assert errors_of(answer) == [("/photos", "photo-twice")]
    assert await closings.types(history) == []


async def test_a_failed_verification_needs_no_evidence(closings: Closings) -> None:
    await closings.rules({"evidence": {"photos": 3}})
    history = await closings.resolved()
    answer = await closings.post(
        history, "verification", {"method": "photo", "passed": False, "note": "还在"}, closings.inspector
    )
    assert (answer.json()["status"], answer.json()["round"]) == ("assigned", 2)
