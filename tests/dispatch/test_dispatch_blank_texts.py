"""Reasons, notes and results in which there is nothing to be seen say nothing, wherever dispatch asks for them."""

from typing import Any

import pytest

from dispatch.directory import API
from dispatch.offline import item, outcomes, sync
from dispatch.world import World
from refusals import errors_of

UNKNOWN = "01a22449-0000-7000-8000-00000000dead"
BLANKS = ["  \u3000 ", "\n\u200b"]
SOON = "2026-03-02T08:00:00Z"
CASE, PATROL = f"cases/{UNKNOWN}", f"patrols/{UNKNOWN}"
LED = {"participants": ["team-08", "team-10"], "decision": {"lead": "team-08"}, "held_at": SOON}
HANDLED = {"handling_mode": "guidance", "result": "已劝离"}
ANSWERED = HANDLED | {"answered_at": SOON}
REFUSED = {"approved": False}
BULK = {"cases": [UNKNOWN]}


@pytest.mark.parametrize(
    ("path", "role", "body", "field"),
    [
        (f"{CASE}/assign", "dispatcher", {"team": "team-08"}, "note"),
        (f"{CASE}/accept", "officer", {}, "note"),
        (f"{CASE}/start", "officer", {}, "note"),
        (f"{CASE}/resolve", "officer", HANDLED, "result"),
        (f"{CASE}/resolve", "officer", HANDLED, "note"),
        (f"{CASE}/notes", "officer", {}, "text"),
        (f"{CASE}/contributions", "officer", {}, "text"),
        (f"{CASE}/extension", "officer", {"until": SOON}, "reason"),
        (f"{CASE}/suspension", "officer", {}, "reason"),
        (f"{CASE}/resumption", "officer", {}, "reason"),
        (f"{CASE}/return", "officer", {}, "reason"),
        (f"{CASE}/extension/{UNKNOWN}/approval", "dispatcher", REFUSED, "note"),
        (f"{CASE}/supervision", "supervisor", {"deadline": SOON}, "text"),
        (f"{CASE}/supervision/{UNKNOWN}/reply", "officer", {}, "text"),
        (f"{CASE}/supervision/{UNKNOWN}/withdrawal", "supervisor", {}, "reason"),
        (f"{CASE}/transfer", "dispatcher", {"external_ref": "12345-7"}, "reason"),
        (f"{CASE}/transfer", "dispatcher", {"reason": "归供电局"}, "external_ref"),
        (f"{CASE}/transfer/answer", "dispatcher", ANSWERED, "result"),
        (f"{CASE}/transfer/recall", "dispatcher", {}, "reason"),
        (f"{CASE}/conference", "dispatcher", LED, "record"),
        (f"{CASE}/rectification", "officer", {"until": SOON}, "notice"),
        (f"{CASE}/reinspection", "officer", {"passed": True}, "note"),
        (f"{PATROL}/visits", "officer", {}, "note"),
        (f"{PATROL}/completion", "officer", {}, "note"),
        (f"{PATROL}/completion", "officer", {}, "reason"),
        (f"{PATROL}/cancellation", "dispatcher", {}, "reason"),
        (f"patrol-suggestions/{UNKNOWN}/dismissal", "dispatcher", {}, "reason"),
        (f"duties/{UNKNOWN}/requests", "officer", {"kind": "leave"}, "reason"),
        (f"duty-requests/{UNKNOWN}/decision", "dispatcher", REFUSED, "note"),
        ("rules/publication", "supervisor", {}, "note"),
        (f"parked/{2**62}/discard", "admin", {}, "reason"),
    ],
)
@pytest.mark.parametrize("blank", BLANKS)
async def test_a_blank_text_is_refused(
    world: World, path: str, role: str, body: dict[str, Any], field: str, blank: str
) -> None:
    headers = {"If-Match": '"1"'}
    answer = await world.send("POST", f"{API}/{path}", role=role, json=body | {field: blank}, headers=headers)

    assert errors_of(answer) == [(f"/{field}", "blank-text")]


@pytest.mark.parametrize(
    ("action", "role", "body", "field"),
    [
        ("assign", "dispatcher", {"team": "team-08"}, "note"),
        ("grade", "dispatcher", {"grade": "urgent"}, "note"),
        ("approval", "dispatcher", {"kind": "extension", "approved": True}, "note"),
        ("transfer", "dispatcher", {"external_ref": "12345-7"}, "reason"),
        ("note", "officer", {}, "text"),
        ("supervision", "supervisor", {"deadline": SOON}, "text"),
    ],
)
async def test_a_blank_text_for_many_is_refused(
    world: World, action: str, role: str, body: dict[str, Any], field: str
) -> None:
    sent = BULK | {"action": action, "body": body | {field: "\u3000"}}
    answer = await world.send("POST", f"{API}/cases/bulk", role=role, json=sent)

    assert errors_of(answer) == [(f"/body/{field}", "blank-text")]


@pytest.mark.parametrize(
    ("action", "body", "field"),
    [
        ("accept", {}, "note"),
        ("resolve", HANDLED, "result"),
        ("note", {}, "text"),
        ("contribution", {}, "text"),
        ("suspension", {}, "reason"),
        ("return", {}, "reason"),
        ("reply", {"order": UNKNOWN}, "text"),
    ],
)
@pytest.mark.parametrize("blank", BLANKS)
async def test_a_blank_text_of_one_action_leaves_the_rest_of_the_batch_alone(
    world: World, action: str, body: dict[str, Any], field: str, blank: str
) -> None:
    event, other = await world.a_case(), await world.a_case()

    results = await sync(world, item(event, action, body=body | {field: blank}), item(other, "accept"))

    assert outcomes(results) == ["refused", "done"]
    [error] = results[0]["problem"]["errors"]
    assert (error["pointer"], error["code"]) == (f"/body/{field}", "blank-text")
    assert (await world.row(event))["status"] == "assigned"
